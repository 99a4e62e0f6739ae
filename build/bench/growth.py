"""Measures Rondo beside `mlflow server` as a store of runs grows.

usage: growth.py RONDO FILL WRITES [--only NAME,…] [--runs N] [--peer-runs N] [--write docs/benchmarks.md]

RONDO is the built program, FILL and WRITES are built from build/bench/fill and
build/bench/writes. The peer is the mlflow of this interpreter, with SQLite and, where
initdb, postgres and psycopg2 are at hand, with PostgreSQL. Nothing here fails for being slow.
"""

import argparse
import http.client
import importlib.util
import json
import os
import pathlib
import pwd
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from bench import ROOT, answers, end, free_port, machine, rss, tree, wait_for

ROUNDS = 5
MARKS = "<!-- growth -->", "<!-- /growth -->"


class Server:
    """A server of MLflow's protocol."""

    def __init__(self, name, url, token=None):
        self.name, self.url, self.token = name, url, token
        self.conn = http.client.HTTPConnection(url.split("//")[1], timeout=600)

    def ask(self, method, path, body=None):
        head = {"Content-Type": "application/json"}
        if self.token:
            head["Authorization"] = "Bearer " + self.token
        self.conn.request(method, path, None if body is None else json.dumps(body), head)
        res = self.conn.getresponse()
        out = res.read()
        if res.status != 200:
            raise SystemExit(f"growth: {self.name}: {path}: {res.status} {out[:300]}")
        return out


class Rondo:
    """A project of its own, filled as files."""

    def __init__(self, exe, fill, work, *shape):
        self.exe, self.dir, self.home = exe, work / "project", work / "home"
        self.env = dict(os.environ, RONDO_HOME=str(self.home), HOME=str(work), XDG_DATA_HOME=str(work / "data"))
        subprocess.run([exe, "init", str(self.dir)], env=self.env, check=True, capture_output=True)
        self.process, self.load = None, 0
        self.start()
        self.stop()
        if shape:
            subprocess.run([fill, "-project", str(self.dir), "-device", (self.home / "device").read_text().strip(), *shape], check=True)
            self.load = self.start(600)
            self.stop()

    def start(self, patience=60):
        began = time.monotonic()
        self.process = subprocess.Popen([self.exe, "serve", "--project", str(self.dir), "--port", "-1", "--serving-port", "-1"],
                                        env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def there():
            for f in self.home.glob("*/server.json"):
                self.info = json.loads(f.read_text() or "{}")
                return self.info.get("process", {}).get("pid") == self.process.pid
        wait_for(there, "the server", patience)
        took = time.monotonic() - began
        self.server = Server("Rondo", self.info["url"], self.info["token"])
        return took

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Mlflow:
    """mlflow server with a database."""

    def __init__(self, work, kind, workers):
        self.work, self.kind, self.workers, self.pg = work, kind, workers, None
        self.env = dict(os.environ, PYTHONWARNINGS="ignore")
        if kind == "SQLite":
            self.uri = f"sqlite:///{work}/mlflow.db"
        else:
            self.open_postgres()

    def open_postgres(self):
        as_user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        data, self.port = self.work / "pg", free_port()
        data.mkdir()
        if as_user:
            for d in [data, *self.work.parents, self.work]:
                if d == data:
                    os.chown(d, pwd.getpwnam("nobody").pw_uid, -1)
                elif str(d).startswith(tempfile.gettempdir() + "/"):
                    d.chmod(0o755)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **as_user}
        subprocess.run(["initdb", "-A", "trust", "-U", "mlflow", "-D", str(data)], check=True, **quiet)
        self.pg = subprocess.Popen(["postgres", "-D", str(data), "-p", str(self.port), "-k", str(data), "-c", "listen_addresses=127.0.0.1"], **quiet)
        wait_for(lambda: subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "mlflow", "postgres", "-qc", "create database mlflow"],
                                        capture_output=True).returncode == 0, "postgres")
        self.uri = f"postgresql+psycopg2://mlflow@127.0.0.1:{self.port}/mlflow"

    def start(self):
        port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.uri, "--artifacts-destination", str(self.work / "artifacts"),
             "--port", str(port), "--workers", str(self.workers)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.work, env=self.env)
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"), "mlflow server", 240)
        self.server = Server(f"mlflow, {self.kind}, {self.workers} workers", f"http://127.0.0.1:{port}")

    def stop(self):
        end(self.process)

    def close(self):
        if self.pg:
            self.pg.terminate()
            self.pg.wait()

    def fill(self, runs, metrics, params, tags, long):
        """Writes runs straight into the tables; logging them would take hours."""
        if self.kind == "SQLite":
            db = sqlite3.connect(self.work / "mlflow.db")
            put = lambda table, columns, rows: db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * (columns.count(',') + 1))})", rows)
        else:
            import psycopg2
            from psycopg2.extras import execute_values
            db = psycopg2.connect(self.uri.replace("+psycopg2", ""))
            cursor = db.cursor()
            put = lambda table, columns, rows: execute_values(cursor, f"INSERT INTO {table} ({columns}) VALUES %s", rows, page_size=5000)
        no = False if self.pg else 0
        now = int(time.time() * 1000)
        put("runs", "run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,end_time,source_version,lifecycle_stage,artifact_uri,experiment_id",
            ((run_id(i), f"run {i}", "LOCAL", "", "", "ann", "FINISHED", now + i * 1000, now + i * 1000 + 900, "", "active", f"mlflow-artifacts:/0/{run_id(i)}/artifacts", 0)
             for i in range(runs + 1)))
        random.seed(1)
        for table in "metrics", "latest_metrics":
            random.seed(1)
            put(table, "key,value,timestamp,step,is_nan,run_uuid", ((f"m{k}", k + random.random(), now, 0, no, run_id(i)) for i in range(runs) for k in range(metrics)))
        put("params", "key,value,run_uuid", ((f"p{k}", f"value {i // 10 % (10 * (k + 1))}", run_id(i)) for i in range(runs) for k in range(params)))
        put("tags", "key,value,run_uuid", ((f"t{k}", f"value {i // 10 % (10 * (k + 1))}", run_id(i)) for i in range(runs) for k in range(tags)))
        put("metrics", "key,value,timestamp,step,is_nan,run_uuid", (("loss", random.random(), now + i, i, no, run_id(runs)) for i in range(long)))
        put("latest_metrics", "key,value,timestamp,step,is_nan,run_uuid", [("loss", 0.5, now + long, long - 1, no, run_id(runs))])
        db.commit()
        if self.pg:
            db.autocommit = True
            cursor.execute("ANALYZE")
        else:
            db.execute("ANALYZE")
        db.close()


def run_id(i):
    return f"{(i * 0x9e3779b97f4a7c15 + 1) % 2**64:032x}"


def ms(seconds):
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def cells(by, more=""):
    return " · ".join(f"{ms(v)} ({k}{more})" for k, v in by.items()) or "not measured"


def against(ours, theirs, aim):
    """The peer's cell and how often ours fits into it, the better of the peers counting."""
    times = [t / ours for t in theirs.values()]
    return f"≥ {aim}×: **{min(times):.1f}×**" if times else f"≥ {aim}×"


class Bench:
    def __init__(self, a, work):
        self.a, self.work, self.rows, self.notes = a, work, [], []
        self.kinds = [k for k in a.peers.split(",") if k]
        if "PostgreSQL" in self.kinds and not (importlib.util.find_spec("psycopg2") and shutil.which("initdb") and shutil.which("postgres")):
            print("growth: PostgreSQL is not measured: it wants initdb, postgres and psycopg2", file=sys.stderr)
            self.kinds.remove("PostgreSQL")

    def row(self, *cells):
        self.rows.append(cells)
        print("| " + " | ".join(cells) + " |", flush=True)

    def place(self, name):
        d = self.work / name
        d.mkdir()
        return d

    def writing(self, server, what, clients, seconds=2):
        args = [self.a.writes, "-url", server.url, "-what", what, "-clients", str(clients), "-time", f"{seconds}s"]
        if server.token:
            args += ["-token", server.token]
        return json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)

    def writes(self):
        """Durable writes with 1, 8 and 32 clients; the peer with one and with four workers, the better counting."""
        r = Rondo(self.a.rondo, self.a.fill, self.place("writes"))
        r.start()
        peers = [Mlflow(self.place(f"writes-{k}-{w}"), k, w) for k in self.kinds for w in (1, 4)]
        found = {}
        for p in [r, *peers]:
            if p is not r:
                p.start()
            print(f"growth: writes to {p.server.name}", file=sys.stderr, flush=True)
            for what, clients in (("metric", 1), ("metric", 8), ("metric", 32), ("batch", 1), ("batch", 8), ("batch", 32), ("run", 1)):
                out = [self.writing(p.server, what, clients, 1) for _ in range(ROUNDS)]
                key = "per_second" if what == "batch" else "p50_us"
                found.setdefault((what, clients), {})[p.server.name] = statistics.median(o[key] for o in out)
            if p is not r:
                p.stop()
                p.close()
        r.stop()
        for (what, clients), by in found.items():
            ours, best = by.pop("Rondo"), {}
            for name, v in by.items():
                kind = name.split(", ")[1]
                best[kind] = (max if what == "batch" else min)(best.get(kind, v), v)
            many = f"{clients} client{'s' * (clients > 1)}"
            if what == "batch":
                texts = [f"{1000 * v:,.0f} metrics/s ({k})" for k, v in best.items()]
                self.row(f"`log_batch` of 1,000, {many}", f"{1000 * ours:,.0f} metrics/s", " · ".join(texts) or "not measured", f"≥ 20×: **{ours / max(best.values()):.1f}×**" if best else "≥ 20×")
            else:
                verb = "log_metric" if what == "metric" else "create_run"
                self.row(f"`{verb}`, {many}: p50", ms(ours / 1e6), cells({k: v / 1e6 for k, v in best.items()}), against(ours, best, 10))

    def searching(self, server, experiments, limit, n=40):
        took = []
        for k in range(n):
            k %= 50
            body = {"experiment_ids": experiments, "max_results": limit, "order_by": [f"metrics.m{(k + 7) % 50} DESC"],
                    "filter": f"metrics.m{k} > {k}.5 AND params.p0 = 'value {k % 10}'"}
            began = time.monotonic()
            out = server.ask("POST", "/api/2.0/mlflow/runs/search", body)
            took.append(time.monotonic() - began)
            assert out.count(b'"info"') == limit, (server.name, out.count(b'"info"'))
        took.sort()
        return took[n // 2], took[n * 95 // 100]

    def history(self, server, run, want):
        began, token, n = time.monotonic(), "", 0
        while True:
            out = json.loads(server.ask("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=loss&max_results=25000" + (f"&page_token={token}" if token else "")))
            n += len(out["metrics"])
            token = out.get("next_page_token", "")
            if not token:
                break
        assert n == want, (server.name, n)
        return time.monotonic() - began

    def growth(self):
        """A store of many runs: searches, a long history, the start, memory."""
        a, experiments = self.a, [str(700_000_000_000_000_000 + i) for i in range(10)]
        r = Rondo(a.rondo, a.fill, self.place("growth"), "-runs", str(a.runs), "-long", "1000000")
        starts = []
        for _ in range(ROUNDS):
            starts.append(r.start())
            r.stop()
        r.start()
        began = time.monotonic()
        self.searching(r.server, experiments, 100, 1)
        first = time.monotonic() - began
        ours = {limit: self.searching(r.server, experiments, limit) for limit in (100, 1000)}
        lines = [self.history(r.server, f"{(0xfffffff * 0x9e3779b97f4a7c15 + 1) % 2**64:032x}", 1_000_000) for _ in range(ROUNDS)]
        size, memory = sum(f.stat().st_size for f in r.home.rglob("index.db*")), rss(r.process.pid)
        r.stop()
        theirs, long = {}, {}
        for kind in self.kinds:
            p = Mlflow(self.place("growth-" + kind), kind, 4)
            p.start()
            p.stop()
            p.fill(a.peer_runs, 50, 10, 5, 1_000_000)
            p.start()
            theirs[kind] = {limit: self.searching(p.server, ["0"], limit, 5) for limit in (100, 1000)}
            long[kind] = self.history(p.server, run_id(a.peer_runs), 1_000_000)
            p.stop()
            p.close()
        peer = f" with {a.peer_runs:,} runs"
        for limit, (p50, p95) in ours.items():
            by = {k: v[limit][0] for k, v in theirs.items()}
            self.row(f"search of {a.runs:,} runs × 50 metrics, {limit:,} answered: p50", ms(p50), cells(by, peer), against(p50, by, 30))
            self.row(f"the same: p95 (the very first {ms(first)})" if limit == 100 else "the same: p95", ms(p95), "–", "≤ 50 ms")
        line = statistics.median(lines)
        self.row("whole history of 1,000,000 points", ms(line), cells(long), against(line, long, 20))
        self.row(f"server ready, {a.runs:,} runs", ms(statistics.median(starts)), "–", "≤ 150 ms")
        self.row("its memory after all these", f"{memory / 1e6:.0f} MB", "–", "≤ 300 MB")
        self.row(f"taking {a.runs:,} runs into a new index of {size / 1e6:,.0f} MB", ms(r.load), "–", "–")

    def flat(self):
        """What a write costs as the store grows."""
        found = {}
        sizes = [n for n in (1_000, 10_000, 100_000) if n <= self.a.runs]
        for n in sizes:
            r = Rondo(self.a.rondo, self.a.fill, self.place(f"flat-{n}"), "-runs", str(n))
            r.start()
            for what in "metric", "batch", "run":
                found.setdefault(what, []).append(statistics.median(self.writing(r.server, what, 1, 1)["p50_us"] for _ in range(ROUNDS)))
            r.stop()
            shutil.rmtree(r.dir.parent)
        for what, name in ("metric", "log_metric"), ("batch", "log_batch of 1,000"), ("run", "create_run"):
            self.row(f"`{name}` at " + ", ".join(f"{n:,}" for n in sizes) + " runs: p50", " · ".join(ms(v / 1e6) for v in found[what]), "–",
                     f"flat: **{found[what][-1] / found[what][0]:.2f}×**")

    def artifacts(self):
        """A gigabyte up and down, beside `cp` of it with a sync."""
        r = Rondo(self.a.rondo, self.a.fill, self.place("artifacts"))
        r.start()
        run = json.loads(r.server.ask("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1}))["run"]["info"]["run_id"]
        source, copy, back = self.work / "gb", self.work / "gb.copy", self.work / "gb.back"
        with open(source, "wb") as f:
            for _ in range(1000):
                f.write(os.urandom(1_000_000))
        url = f"{r.info['url']}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/gb.bin"
        head = ["-H", "Authorization: Bearer " + r.info["token"]]
        took = {"cp": [], "up": [], "down": []}
        for _ in range(3):
            os.sync()
            took["cp"].append(timed(["sh", "-c", f"cp {source} {copy} && sync {copy}"]))
            os.sync()
            took["up"].append(timed(["curl", "-sf", *head, "-T", str(source), url]))
            os.sync()
            took["down"].append(timed(["sh", "-c", f"curl -sf -H '{head[1]}' -o {back} '{url}' && sync {back}"]))
        subprocess.run(["cmp", str(source), str(back)], check=True)
        r.stop()
        plain = statistics.median(took["cp"])
        for way, name in ("up", "upload"), ("down", "download"):
            t = statistics.median(took[way])
            self.row(f"{name} of an artifact of 1 GB", ms(t), f"{ms(plain)} (`cp` and `sync`)", f"≥ 80 % of its speed: **{100 * plain / t:.0f} %**")

    def stress(self):
        """The shape of a real team, as far as this machine bears it."""
        a = self.a
        began = time.monotonic()
        r = Rondo(a.rondo, a.fill, self.place("stress"), "-experiments", "50", "-runs", str(a.stress_runs), "-metrics", "1500", "-steps", "20", "-params", "150", "-tags", "50")
        whole = time.monotonic() - began
        start = r.start()
        ask = lambda body: r.server.ask("POST", "/api/2.0/mlflow/runs/search", body)
        experiments, took = [str(700_000_000_000_000_000 + i) for i in range(50)], []
        for k in range(0, 60, 3):
            began = time.monotonic()
            ask({"experiment_ids": experiments, "max_results": 20, "filter": f"metrics.m{k % 6 * 200} > {k % 6 * 200}.5 AND params.p1 = 'value 1'", "order_by": [f"metrics.m{k % 6 * 200 + 1}"]})
            took.append(time.monotonic() - began)
        size, memory = sum(f.stat().st_size for f in r.home.rglob("index.db*")), rss(r.process.pid)
        r.stop()
        took.sort()
        shape = f"50 experiments, {a.stress_runs:,} runs × 1,500 metrics × 20 steps × 150 params × 50 tags"
        self.row(f"{shape}: written and taken into an index of {size / 1e6:,.0f} MB", f"{ms(whole)}, of it {ms(r.load)} for the index", "–", "loads")
        self.row("the same: server ready", ms(start), "–", "opens")
        self.row("the same: search by metric and param, 20 answered: p50, and the first of a metric", f"{ms(took[len(took) // 2])}, {ms(took[-1])}", "–", "answers")
        self.row("the same: memory", f"{memory / 1e6:.0f} MB", "–", "–")
        shutil.rmtree(r.dir.parent)


def timed(command):
    began = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - began


PARTS = "writes", "growth", "flat", "artifacts", "stress"


def save(path, rows):
    """Puts the rows into the page, each part on its own so that one can be measured anew."""
    table = "\n".join("| " + " | ".join(r) + " |" for r in [("what", "Rondo", "`mlflow server`", "aim"), ("---",) * 4, *rows])
    text = pathlib.Path(path).read_text()
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    pathlib.Path(path).write_text(f"{before}{MARKS[0]}\nMachine: {machine()}. Date: {time.strftime('%Y-%m-%d')}.\n\n{table}\n{MARKS[1]}{after}")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("rondo")
    ap.add_argument("fill")
    ap.add_argument("writes")
    ap.add_argument("--only", default="")
    ap.add_argument("--runs", type=int, default=100_000)
    ap.add_argument("--peer-runs", type=int, default=20_000)
    ap.add_argument("--stress-runs", type=int, default=1_500)
    ap.add_argument("--peers", default="SQLite,PostgreSQL")
    ap.add_argument("--cache", help="folder that keeps the rows of each part, so that parts can be measured one by one")
    ap.add_argument("--write")
    a = ap.parse_args()
    a.rondo, a.fill, a.writes = map(os.path.abspath, (a.rondo, a.fill, a.writes))
    cache = pathlib.Path(a.cache or tempfile.mkdtemp())
    cache.mkdir(parents=True, exist_ok=True)
    for part in filter(None, (a.only or ",".join(PARTS)).split(",")):
        with tempfile.TemporaryDirectory(prefix="rondo-growth-", ignore_cleanup_errors=True) as tmp:
            b = Bench(a, pathlib.Path(tmp))
            getattr(b, part)()
            (cache / (part + ".json")).write_text(json.dumps(b.rows))
    if a.write:
        save(a.write, [row for part in PARTS if (cache / (part + ".json")).exists() for row in json.loads((cache / (part + ".json")).read_text())])


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "build" / "bench"))
    main()
