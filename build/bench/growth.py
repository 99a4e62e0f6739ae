"""Measures Rondo beside `mlflow server` as a store of runs grows.

usage: growth.py RONDO FILL WRITES [--only PART,…] [--servers NAME,…] [--runs N] [--peer-runs N] [--write docs/benchmarks.md]

RONDO is the built program, FILL and WRITES are built from build/bench/fill and
build/bench/writes. The peer is the mlflow of this interpreter, with SQLite and, where
initdb, postgres and psycopg2 are at hand, with PostgreSQL. What a server took is kept as
soon as it is known, and the page is written after each: who interrupts loses one server.
--servers measures some of "Rondo,SQLite,PostgreSQL" anew. Nothing here fails for being slow.
"""

import argparse
import importlib.util
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench import ROOT, machine, rss
from calm import rounds
from servers import Mlflow, Rondo, run_id
from table import Kept, render, save

WRITES = [(what, clients) for what in ("metric", "batch") for clients in (1, 8, 32)] + [("run", 1)]
LONG_RUN = run_id(0xfffffff)
PORTION = 2_500  # runs of a team that are filled at a time
EXPERIMENTS = [str(700_000_000_000_000_000 + i) for i in range(50)]  # that build/bench/fill makes
SENDING = """import sys, time; from mlflow import MlflowClient; client = MlflowClient(); client.get_run(sys.argv[1])
began = time.monotonic(); client.log_artifact(sys.argv[1], sys.argv[2], "by-client"); print(time.monotonic() - began)"""
FETCHING = """import sys, time, os; from mlflow.artifacts import download_artifacts
began = time.monotonic(); at = download_artifacts(run_id=sys.argv[1], artifact_path="gb.bin", dst_path=sys.argv[2])
os.fsync(os.open(at, os.O_RDONLY)); print(time.monotonic() - began)"""
TOKEN = re.compile(rb'"next_page_token": ?"([^"]*)"')


def say(text):
    print(f"{time.strftime('%H:%M:%S')} growth: {text}", file=sys.stderr, flush=True)


def timed(work, *args):
    began = time.monotonic()
    out = work(*args)
    return time.monotonic() - began, out


class Bench:
    def __init__(self, a, work):
        self.a, self.work = a, work
        names = [k for k in (a.servers or "Rondo,SQLite,PostgreSQL").split(",") if k]
        self.ours, self.kinds = "Rondo" in names, [k for k in names if k != "Rondo"]
        if "PostgreSQL" in self.kinds and not (importlib.util.find_spec("psycopg2") and shutil.which("initdb") and shutil.which("postgres")):
            say("PostgreSQL is not measured: it wants initdb, postgres and psycopg2")
            self.kinds.remove("PostgreSQL")

    def place(self, name):
        d = self.work / name
        d.mkdir()
        return d

    def rondo(self, name, *shape):
        return Rondo(self.a.rondo, self.a.fill, self.place(name), *shape)

    def measured(self, of, measure, **limits):
        """The median of some rounds, and how much others took of the machine at most."""
        found, others = rounds(of.pids(), measure, **limits)
        return statistics.median(found), others

    def writing(self, of, what, clients, experiment="0"):
        args = [self.a.writes, "-url", of.server.url, "-what", what, "-clients", str(clients), "-time", "800ms", "-experiment", experiment]
        if of.server.token:
            args += ["-token", of.server.token]
        key, failed = "per_second" if what == "batch" else "p50_us", []

        def once():
            out = json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)
            if out["failed"]:
                if isinstance(of, Rondo):
                    raise SystemExit(f"growth: {of.server.name}: {what}: {out['why']}")
                failed.append(out["failed"] / (out["failed"] + out["calls"]))
                say(f"{of.server.name}: {what}, {clients} clients: {out['failed']} of {out['failed'] + out['calls']} calls failed: {out['why'][:300]}")
            return out.get(key, math.inf)
        value, others = self.measured(of, once)
        return value, others, max(failed, default=0)

    def all_writes(self, of):
        found = {"others": 0}
        for what, clients in WRITES:
            value, others, failed = self.writing(of, what, clients)
            found |= {f"{what} {clients}": value, f"{what} {clients} failed": failed, "others": max(others, found["others"])}
            say(f"{of.server.name}: {what}, {clients} clients: {value:,.0f} (others {others:.0%})")
        return found

    def writes(self, kept):
        """Durable writes with 1, 8 and 32 clients; the peer with one and with four workers."""
        if self.ours:
            r = self.rondo("writes")
            r.start()
            kept["Rondo"] = self.all_writes(r)
            r.stop()
        for kind in self.kinds:
            p = Mlflow(self.place("writes-" + kind), kind)
            for workers in 1, 4:
                p.start(workers)
                kept[p.server.name] = self.all_writes(p)
                p.stop()
            p.close()

    def searching(self, server, experiments, limit, n):
        took = []
        for k in range(n):
            k %= 50
            body = {"experiment_ids": experiments, "max_results": limit, "order_by": [f"metrics.m{(k + 7) % 50} DESC"],
                    "filter": f"metrics.m{k} > {k}.4 AND params.p0 = 'value {k % 10}'"}
            seconds, out = timed(server.ask, "POST", "/api/2.0/mlflow/runs/search", body)
            took.append(seconds)
            assert out.count(b'"info"') == limit or min(self.a.runs, self.a.peer_runs) < 20 * limit, (server.name, out.count(b'"info"'))
        return sorted(took)

    def searches(self, of, experiments, n, enough):
        """Rounds of n searches each; the percentiles of the middle round."""
        found = {"others": 0}
        for limit in 100, 1000:
            all_rounds, others = rounds(of.pids(), lambda: self.searching(of.server, experiments, limit, n), enough=enough)
            took = sorted(all_rounds, key=lambda t: t[len(t) // 2])[len(all_rounds) // 2]
            found |= {str(limit): {"p50": took[len(took) // 2], "p95": took[len(took) * 95 // 100]}, "others": max(others, found["others"])}
            say(f"{of.server.name}: {limit} answered: {took[len(took) // 2]:.4f} s, p95 {took[len(took) * 95 // 100]:.4f} s (others {others:.0%})")
        return found

    def history(self, of, run, most=math.inf):
        """Seconds for all pages, and how many points that were; after most seconds the rest is reckoned by what was read.

        Pages are not parsed, which would take more than Rondo's answer.
        """
        token, n, want, began = "", 0, self.a.points, time.monotonic()
        while token is not None and time.monotonic() - began < most:
            out = of.server.ask("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=loss&max_results=25000" + (f"&page_token={token}" if token else ""))
            n += out.count(b'"key"')
            found = TOKEN.search(out, max(0, len(out) - 1000))
            token = found[1].decode() if found else None
        assert n == want or token, (of.server.name, n)
        return (time.monotonic() - began) * want / n, n

    def growth(self, kept):
        """A store of many runs: searches, a long history, the start, memory."""
        if self.ours:
            r = self.rondo("growth", "-runs", str(self.a.runs), "-long", str(self.a.points))
            kept["Rondo"] = self.grown(r)
            shutil.rmtree(r.dir.parent)  # which takes a minute
        for kind in self.kinds:
            kept[kind] = self.peer_grown(kind)

    def grown(self, r):
        say(f"{self.a.runs:,} runs are in the index after {r.load:.1f} s")

        def start():
            took = r.start()
            r.stop()
            return took
        start_time, others = self.measured(r, start)
        r.start()
        first, _ = timed(self.searching, r.server, EXPERIMENTS[:10], 100, 1)
        found = self.searches(r, EXPERIMENTS[:10], 40, 15)
        history, more = self.measured(r, lambda: self.history(r, LONG_RUN)[0], n=3)
        found |= {"runs": self.a.runs, "load": r.load, "start": start_time, "first": first, "history": history,
                  "index": sum(f.stat().st_size for f in r.home.rglob("index.db*")), "memory": rss(r.process.pid), "others": max(found["others"], others, more)}
        say(f"history {history:.2f} s, start {start_time:.3f} s, memory {found['memory'] / 1e6:.0f} MB")
        r.stop()
        return found

    def peer_grown(self, kind):
        p, runs = Mlflow(self.place("growth-" + kind), kind), self.a.peer_runs
        p.start(1)  # makes the tables
        p.stop()
        seconds, _ = timed(p.fill, runs, 50, 10, 5, self.a.points)
        say(f"{kind}: filled in {seconds:.0f} s")
        p.start(1)
        found = {"runs": runs, **self.searches(p, ["0"], 3, 15)}
        once, others = rounds(p.pids(), lambda: self.history(p, run_id(runs), 60), n=1)
        found["history"], found["read"] = once[0]
        found |= {"points": self.a.points, "others": max(found["others"], others)}
        say(f"{kind}: history {found['history']:.1f} s")
        p.stop()
        p.close()
        return found

    def flat(self, kept):
        """What a write costs as the store grows, to an experiment that has a tenth of all runs."""
        for n in (1_000, 10_000, 100_000):
            if self.ours and n <= self.a.runs:
                r = self.rondo(f"flat-{n}", "-runs", str(n))
                r.start()
                found = {what: self.writing(r, what, 1, EXPERIMENTS[0]) for what in ("metric", "run", "batch")}
                others = max(o for _, o, _ in found.values())
                kept[str(n)] = {"metric": found["metric"][0], "run": found["run"][0], "batch": 1e6 / found["batch"][0], "others": others}
                say(f"with {n:,} runs: {kept[str(n)]}")
                r.stop()
                shutil.rmtree(r.dir.parent)

    def artifacts(self, kept):
        """A gigabyte up and down, beside `cp` of it with a sync."""
        r = self.rondo("artifacts")
        r.start()
        run = json.loads(r.server.ask("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0", "start_time": 1}))["run"]["info"]["run_id"]
        source, copy, back = self.work / "gb", self.work / "gb.copy", self.work / "gb.back"
        with open(source, "wb") as f:
            for _ in range(1000):
                f.write(os.urandom(1_000_000))
        url = f"{r.info['url']}/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/gb.bin"
        head = "Authorization: Bearer " + r.info["token"]
        ways = {"cp": f"cp {source} {copy} && sync {copy}", "up": f"curl -sf -H '{head}' -T {source} '{url}'",
                "down": f"curl -sf -H '{head}' -o {back} '{url}' && sync {back}"}

        def turn():
            took = {}
            for way, command in ways.items():
                for old in [copy] * (way == "cp") + [back] * (way == "down"):
                    old.unlink(missing_ok=True)
                os.sync()
                took[way], _ = timed(lambda: subprocess.run(["sh", "-c", command], check=True))
            took["client up"] = self.by_client(r, run, SENDING, source)
            took["client"] = self.fetched(r, run, self.work / "by-client")
            say("artifacts: " + ", ".join(f"{way} {t:.2f} s" for way, t in took.items()))
            return took
        turns, others = rounds(r.pids(), turn, n=5, enough=90, patience=120)
        subprocess.run(["cmp", str(source), str(back)], check=True)
        r.stop()
        kept["Rondo"] = {way: statistics.median(t[way] for t in turns) for way in turns[0]} | {"others": others}

    def fetched(self, r, run, to):
        """Seconds that MLflow's own client takes to fetch the same, with a sync of what it wrote."""
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir()
        os.sync()
        took = self.by_client(r, run, FETCHING, to)
        subprocess.run(["cmp", str(self.work / "gb"), str(to / "gb.bin")], check=True)
        return took

    def by_client(self, r, run, script, place):
        """Seconds that a script says it took with MLflow's own client."""
        env = dict(os.environ, MLFLOW_TRACKING_URI=r.info["url"], MLFLOW_TRACKING_TOKEN=r.info["token"], PYTHONWARNINGS="ignore", TQDM_DISABLE="1")
        out = subprocess.run([sys.executable, "-c", script, run, str(place)], env=env, check=True, capture_output=True, text=True).stdout
        return float(out.split()[-1])

    def stress(self, kept):
        """The shape of a real team, as far as this machine bears it."""
        a = self.a
        whole, r = 0, self.rondo("stress")
        for first in range(0, a.stress_runs, PORTION):  # so that what the index writes at once stays small
            n = min(PORTION, a.stress_runs - first)
            took, _ = timed(r.fill, "-experiments", "50", "-first", str(first), "-runs", str(n), "-metrics", "1500", "-steps", str(a.stress_steps), "-params", "150", "-tags", "50")
            whole += took
            say(f"stress: {first + n:,} runs filled and loaded in {whole:.0f} s")
        start = r.start()
        took = []
        for k in range(0, 60, 3):
            body = {"experiment_ids": EXPERIMENTS, "max_results": 20, "order_by": [f"metrics.m{k % 6 * 200 + 1}"],
                    "filter": f"metrics.m{k % 6 * 200} > {k % 6 * 200}.5 AND params.p1 = 'value 1'"}
            took.append(timed(r.server.ask, "POST", "/api/2.0/mlflow/runs/search", body)[0])
        took.sort()
        kept["Rondo"] = {"runs": a.stress_runs, "steps": a.stress_steps, "whole": whole, "load": r.load, "start": start, "p50": took[len(took) // 2], "most": took[-1],
                         "index": sum(f.stat().st_size for f in r.home.rglob("index.db*")), "memory": rss(r.process.pid)}
        r.stop()
        shutil.rmtree(r.dir.parent)


PARTS = "writes", "growth", "flat", "artifacts", "stress"


def main():
    ap = argparse.ArgumentParser()
    for name in "rondo", "fill", "writes":
        ap.add_argument(name, type=os.path.abspath)
    ap.add_argument("--only", default="")
    ap.add_argument("--servers", default="")
    ap.add_argument("--runs", type=int, default=100_000)
    ap.add_argument("--peer-runs", type=int, default=20_000)
    ap.add_argument("--points", type=int, default=1_000_000)
    ap.add_argument("--stress-runs", type=int, default=1_500)
    ap.add_argument("--stress-steps", type=int, default=20)
    ap.add_argument("--cache", help="folder that keeps what was measured of each part and server")
    ap.add_argument("--write")
    a = ap.parse_args()
    cache = pathlib.Path(a.cache or tempfile.mkdtemp())
    cache.mkdir(parents=True, exist_ok=True)
    parts = {name: Kept(cache / (name + ".json"), lambda: a.write and save(a.write, machine(), parts)) for name in PARTS}
    for part in filter(None, (a.only or ",".join(PARTS)).split(",")):
        with tempfile.TemporaryDirectory(prefix="rondo-growth-", ignore_cleanup_errors=True) as tmp:
            seconds, _ = timed(getattr(Bench(a, pathlib.Path(tmp)), part), parts[part])
        say(f"{part} took {seconds:.0f} s")
    print(render(parts))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "build" / "bench"))
    main()
