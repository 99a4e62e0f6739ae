"""Measures Rondo beside its peers, on the same work, in the same run.

usage: bench.py RONDO LOAD [--write docs/benchmarks.md] [--only NAME,…] [--dvc DVC]

RONDO is the built program, LOAD the load generator of build/bench/load. Figures are
medians of REPEATS rounds, Rondo and peer by turns. Nothing here fails for being slow.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

REPEATS = 5
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(check, what, patience=60):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            found = check()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.002)
    raise SystemExit(f"bench: waited {patience} s for {what}")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as res:
            return res.status < 500
    except urllib.error.HTTPError as e:
        return e.code < 500


def tree(pid):
    """All processes below pid, with it."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
            except OSError:
                pass
    found, queue = [], [pid]
    while queue:
        p = queue.pop()
        found.append(p)
        queue += children.get(p, [])
    return found


def cpu(pid):
    """Seconds of processor time of pid and all below it."""
    ticks = 0
    for p in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def rss(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Rondo:
    """A weather project with a trained champion, served."""

    def __init__(self, exe, work):
        self.exe, self.dir, self.device = exe, work / "weather", work / "device"
        self.env = dict(os.environ, RONDO_HOME=str(self.device), HOME=str(work), XDG_DATA_HOME=str(work / "data"))
        self.process = None
        self.run("init", "--sample", "weather", str(self.dir))

    def run(self, *args, **kw):
        out = subprocess.run([self.exe, *args], env=self.env, capture_output=True, text=True, **kw)
        if out.returncode != 0:
            raise SystemExit(f"bench: rondo {' '.join(args)}: {out.stderr.strip()}")
        return out.stdout

    def verb(self, *args):
        return self.run("--project", str(self.dir), *args)

    def demo(self):
        """Goes on with a project in which the loop has turned once."""
        self.dir = self.dir.parent / "demo"
        self.run("demo", str(self.dir))

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.exe, "serve", "--project", str(self.dir), "--port", "-1", "--serving-port", "-1"],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.info = wait_for(self.find, "Rondo's server")
        return time.monotonic() - began

    def find(self):
        for path in self.env["XDG_DATA_HOME"], self.env["RONDO_HOME"]:
            for name in pathlib.Path(path).rglob("server.json"):
                info = json.loads(name.read_text())
                if info["process"]["pid"] == self.process.pid and answers(info["url"] + "/health"):
                    return info
        return None

    def stop(self):
        self.process.terminate()
        self.process.wait()


def post(url, body, token=None):
    req = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    if token:
        req.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(req, timeout=60) as res:
        return json.loads(res.read() or b"{}")


def version(r, _):
    """`rondo version` answers before most of the program is set up; a flag makes it wait for all."""
    rows = []
    for what, args, aim in (("`rondo version`", ["version"], "≤ 10 ms"),
                            ("the same where all of the program is set up, as for every other verb", ["--json", "version"], "–")):
        took = []
        for _ in range(4 * REPEATS):
            began = time.monotonic()
            subprocess.run([r.exe, *args], check=True, capture_output=True)
            took.append(time.monotonic() - began)
        rows.append((what, f"{1000 * statistics.median(took):.1f} ms", "–", aim))
    return rows


def ready(r, _):
    r.demo()
    took = []
    for _ in range(REPEATS):
        took.append(r.start())
        r.stop()
    r.start()
    time.sleep(10)
    idle = rss(r.process.pid)
    r.stop()
    return [
        ("server ready after its start", f"{1000 * statistics.median(took):.0f} ms", "–", "≤ 150 ms"),
        ("memory of the idle server", f"{idle / 1e6:.0f} MB", "–", "≤ 80 MB"),
    ]


def window(r, _):
    """First pictures of the real window, each on a display of its own; the project has been opened before."""
    r.demo()
    paint = [sys.executable, str(HERE / "paint.py"), "30", r.exe, "open", "--project", str(r.dir), "--port", "-1", "--serving-port", "-1"]
    took = []
    for _ in range(REPEATS + 1):
        out = subprocess.run(["xvfb-run", "-a", "-s", "-screen 0 1280x820x24", "dbus-run-session", "--", *paint], env=r.env, capture_output=True, text=True)
        if out.returncode != 0:
            return [("window's first paint, Xvfb", "not measured: " + (out.stderr.strip().splitlines() or ["no word why"])[-1], "–", "≤ 1 s")]
        took.append(int(out.stdout.split()[-1]))
    return [("window's first paint, Xvfb", f"{statistics.median(took[1:]):.0f} ms (the very first {took[0]} ms)", "–", "≤ 1 s")]


def batches(base, token):
    """Metrics per second of one client that logs 1,000 at a time, each call durable."""
    api = base + "/api/2.0/mlflow"
    run = post(api + "/runs/create", {"experiment_id": "0", "start_time": 1}, token)["run"]["info"]["run_id"]
    n, began = 20, time.monotonic()
    for step in range(n):
        post(api + "/runs/log-batch", {"run_id": run, "metrics": [
            {"key": f"m{i % 10}", "value": i * 0.5, "timestamp": 1000 + i, "step": step * 100 + i // 10} for i in range(1000)]}, token)
    return n * 1000 / (time.monotonic() - began)


def log_batch(r, work):
    port = free_port()
    peer = subprocess.Popen(
        [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{work}/mlflow.db", "--artifacts-destination", str(work / "artifacts"),
         "--port", str(port), "--workers", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"), "mlflow server", 120)
        r.start()
        ours, theirs = [], []
        for _ in range(REPEATS):
            ours.append(batches(r.info["url"], r.info["token"]))
            theirs.append(batches(f"http://127.0.0.1:{port}", None))
        r.stop()
    finally:
        end(peer)
    a, b = statistics.median(ours), statistics.median(theirs)
    return [("`log_batch` of 1,000 metrics, durable", f"{a:,.0f} metrics/s", f"{b:,.0f} metrics/s (`mlflow server`, SQLite)", f"≥ 10×: **{a / b:.1f}×**")]


def end(process):
    for p in reversed(tree(process.pid)):
        try:
            os.kill(p, 15)
        except OSError:
            pass
    process.wait()


TRAIN = """
import sys, mlflow.sklearn, pandas as pd
from sklearn.linear_model import LogisticRegression
d = pd.read_csv(sys.argv[1])
x = d[["temp_max", "temp_min", "wind", "day"]].astype(float)
m = LogisticRegression(max_iter=500).fit(x, d["wet"])
mlflow.sklearn.save_model(m, sys.argv[2], input_example=x.head(2))
"""


def measure(load, url, body, pid, token):
    args = [load, "-url", url, "-body", str(body), "-clients", "1", "-requests", "1000"]
    if token:
        args += ["-token", token]
    before = cpu(pid)
    out = json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)
    out["cpu_us"] = 1e6 * (cpu(pid) - before) / out["requests"]
    return out


def predict(r, work, load):
    r.start()
    r.verb("trust", "--yes")
    r.verb("repro")
    wait_for(lambda: "ready" in r.verb("endpoint", "list"), "the endpoint")
    model = work / "peer-model"
    train = next(r.dir.glob("work/train.csv"))
    subprocess.run([sys.executable, "-c", TRAIN, str(train), str(model)], check=True, capture_output=True, cwd=work)
    port = free_port()
    peer = subprocess.Popen([sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), "-p", str(port), "--env-manager", "local", "--workers", "1"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=work,
                            env=dict(os.environ, PATH=str(pathlib.Path(sys.executable).parent) + ":" + os.environ["PATH"]))
    row = {"temp_max": 12.2, "temp_min": 5.6, "wind": 4.3, "day": 40}
    (work / "oip.json").write_text(json.dumps({"inputs": [
        {"name": k, "datatype": "INT64" if k == "day" else "FP64", "shape": [1], "data": [v]} for k, v in row.items()]}))
    (work / "mlflow.json").write_text(json.dumps({"dataframe_split": {"columns": list(row), "data": [[float(v) for v in row.values()]]}}))
    ours, theirs = [], []
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/ping"), "mlflow models serve", 120)
        serving, token = r.info["serving_url"], r.info["token"]
        for _ in range(REPEATS):
            ours.append(measure(load, serving + "/v2/models/weather/infer", work / "oip.json", r.process.pid, token))
            theirs.append(measure(load, f"http://127.0.0.1:{port}/invocations", work / "mlflow.json", peer.pid, None))
    finally:
        end(peer)
        r.stop()
    rows = []
    for key, what in ("p50_us", "p50"), ("p99_us", "p99"), ("cpu_us", "CPU per request"):
        a, b = (statistics.median(one[key] for one in side) for side in (ours, theirs))
        rows.append((f"one prediction, JSON, capture on: {what}", f"{a:,.0f} µs", f"{b:,.0f} µs (`mlflow models serve`)", f"≥ 10×: **{b / max(a, 0.1):.0f}×**"))
    return rows


def files(kind, dir):
    dir.mkdir(parents=True)
    if kind == "1 GB in 4 files":
        for i in range(4):
            with open(dir / f"part-{i}.bin", "wb") as f:
                for _ in range(250):
                    f.write(os.urandom(1 << 20))
    else:
        for i in range(20_000):
            sub = dir / f"{i // 1000:02d}"
            sub.mkdir(exist_ok=True)
            (sub / f"{i}.json").write_text(json.dumps({"id": i, "text": "word " * (i % 50)}))


def snapshot(r, work, dvc):
    rows = []
    for kind in "1 GB in 4 files", "20,000 small files":
        source = work / "source"
        files(kind, source)
        ours, theirs = [], []
        for n in range(3 if "GB" in kind else REPEATS):
            ours.append(snapshot_rondo(r, source, n, work))
            if dvc:
                theirs.append(snapshot_dvc(dvc, source, n, work))
        shutil.rmtree(source)
        a = statistics.median(ours)
        if dvc:
            b = statistics.median(theirs)
            rows.append((f"snapshot of {kind}", f"{a:.2f} s", f"{b:.2f} s (`dvc add`)", f"≥ 3×: **{b / a:.1f}×**"))
        else:
            rows.append((f"snapshot of {kind}", f"{a:.2f} s", "dvc is not installed", "≥ 3×"))
    return rows


def snapshot_rondo(r, source, n, work):
    project = work / f"snap-{n}"
    project.mkdir()
    subprocess.run(["cp", "-r", str(source), str(project / "data")], check=True)
    os.sync()
    r.run("init", str(project))
    r.run("--project", str(project), "data", "list")  # starts the server
    began = time.monotonic()
    r.run("data", "add", "data", cwd=project)
    took = time.monotonic() - began
    r.run("--project", str(project), "stop")
    shutil.rmtree(project)
    return took


def snapshot_dvc(dvc, source, n, work):
    project = work / f"dvc-{n}"
    project.mkdir()
    env = dict(os.environ, DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=str(work / f"dvc-site-{n}"))
    subprocess.run(["cp", "-r", str(source), str(project / "data")], check=True)
    subprocess.run([dvc, "init", "--no-scm", "-q"], cwd=project, env=env, check=True)
    os.sync()
    began = time.monotonic()
    subprocess.run([dvc, "add", "-q", "data"], cwd=project, env=env, check=True)
    took = time.monotonic() - began
    shutil.rmtree(project)
    return took


def kept(page, name):
    """The part of the page that another script writes, between its marks."""
    marks = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = page.read_text() if page.exists() else ""
    return text.split(marks[0])[1].split(marks[1])[0] if marks[0] in text else "\n"


def machine():
    model = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.processor())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("rondo")
    ap.add_argument("load")
    ap.add_argument("--write")
    ap.add_argument("--only", default="")
    ap.add_argument("--dvc")
    a = ap.parse_args()
    only = set(filter(None, a.only.split(",")))
    rows = []
    for name, measured in [
        ("version", lambda r, w: version(r, w)), ("ready", lambda r, w: ready(r, w)), ("window", lambda r, w: window(r, w)),
        ("log_batch", lambda r, w: log_batch(r, w)), ("predict", lambda r, w: predict(r, w, a.load)), ("snapshot", lambda r, w: snapshot(r, w, a.dvc)),
    ]:
        if only and name not in only:
            continue
        with tempfile.TemporaryDirectory(prefix="rondo-bench-") as tmp:
            for row in measured(Rondo(os.path.abspath(a.rondo), pathlib.Path(tmp)), pathlib.Path(tmp)):
                print("| " + " | ".join(row) + " |", flush=True)
                rows.append(row)
    if a.write:
        table = "\n".join("| " + " | ".join(r) + " |" for r in [("what", "Rondo", "peer", "aim"), ("---",) * 4, *rows])
        text = pathlib.Path(HERE / "benchmarks.md.in").read_text()
        page = pathlib.Path(a.write)
        for name in ("data", "growth"):
            text = text.replace("{" + name + "}", kept(page, name))
        text = text.replace("{machine}", machine()).replace("{date}", time.strftime("%Y-%m-%d")).replace("{table}", table)
        pathlib.Path(a.write).write_text(text)


if __name__ == "__main__":
    main()
