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
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bench import ROOT, cpu, machine, rss
from servers import Mlflow, Rondo, run_id
from table import Kept, render, save

ROUNDS, ENOUGH = 5, 5  # of a measurement, unless they have taken as many seconds
WRITES = [(what, clients) for what in ("metric", "batch") for clients in (1, 8, 32)] + [("run", 1)]
LONG_RUN = run_id(0xfffffff)


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

    def writing(self, server, what, clients):
        """The median of five rounds, or of as many as five seconds have room for."""
        args = [self.a.writes, "-url", server.url, "-what", what, "-clients", str(clients), "-time", "800ms"]
        if server.token:
            args += ["-token", server.token]
        key, found, began = "per_second" if what == "batch" else "p50_us", [], time.monotonic()
        while not found or len(found) < ROUNDS and time.monotonic() - began < ENOUGH:
            found.append(json.loads(subprocess.run(args, check=True, capture_output=True, text=True).stdout)[key])
        return statistics.median(found)

    def all_writes(self, server):
        found = {}
        for what, clients in WRITES:
            found[f"{what} {clients}"] = self.writing(server, what, clients)
            say(f"{server.name}: {what}, {clients} clients: {found[f'{what} {clients}']:,.0f}")
        return found

    def writes(self, kept):
        """Durable writes with 1, 8 and 32 clients; the peer with one and with four workers."""
        if self.ours:
            r = self.rondo("writes")
            r.start()
            kept["Rondo"] = self.all_writes(r.server)
            r.stop()
        for kind in self.kinds:
            p = Mlflow(self.place("writes-" + kind), kind)
            for workers in 1, 4:
                p.start(workers)
                kept[p.server.name] = self.all_writes(p.server)
                p.stop()
            p.close()

    def searching(self, server, experiments, limit, n=40, most=600):
        """n searches, or as many as there is time for."""
        took, began = [], time.monotonic()
        for k in range(n):
            k %= 50
            body = {"experiment_ids": experiments, "max_results": limit, "order_by": [f"metrics.m{(k + 7) % 50} DESC"],
                    "filter": f"metrics.m{k} > {k}.4 AND params.p0 = 'value {k % 10}'"}
            seconds, out = timed(server.ask, "POST", "/api/2.0/mlflow/runs/search", body)
            took.append(seconds)
            assert out.count(b'"info"') == limit or min(self.a.runs, self.a.peer_runs) < 20 * limit, (server.name, out.count(b'"info"'))
            if time.monotonic() - began > most:
                break
        return sorted(took)

    def searches(self, server, experiments, n, most=600):
        took = {limit: self.searching(server, experiments, limit, n, most) for limit in (100, 1000)}
        say(f"{server.name}: searches of 100 and 1,000: {took[100][len(took[100]) // 2]:.4f} s, {took[1000][len(took[1000]) // 2]:.4f} s")
        return {str(k): {"p50": t[len(t) // 2], "p95": t[len(t) * 95 // 100]} for k, t in took.items()}

    def history(self, server, run, want):
        token, n = "", 0
        while True:
            out = json.loads(server.ask("GET", f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key=loss&max_results=25000" + (f"&page_token={token}" if token else "")))
            n += len(out["metrics"])
            token = out.get("next_page_token", "")
            if not token:
                break
        assert n == want, (server.name, n)

    def growth(self, kept):
        """A store of many runs: searches, a long history, the start, memory."""
        if self.ours:
            kept["Rondo"] = self.grown(self.rondo("growth", "-runs", str(self.a.runs), "-long", str(self.a.points)))
        for kind in self.kinds:
            kept[kind] = self.peer_grown(kind)

    def grown(self, r):
        say(f"{self.a.runs:,} runs are in the index after {r.load:.1f} s")
        starts, experiments = [], [str(700_000_000_000_000_000 + i) for i in range(10)]
        for _ in range(ROUNDS):
            starts.append(r.start())
            r.stop()
        r.start()
        first, _ = timed(self.searching, r.server, experiments, 100, 1)
        found = {"runs": self.a.runs, "load": r.load, "start": statistics.median(starts), "first": first, **self.searches(r.server, experiments, 40)}
        before = cpu(r.process.pid)
        found["history"] = statistics.median(timed(self.history, r.server, LONG_RUN, self.a.points)[0] for _ in range(ROUNDS))
        found["history_cpu"] = (cpu(r.process.pid) - before) / ROUNDS
        found |= {"index": sum(f.stat().st_size for f in r.home.rglob("index.db*")), "memory": rss(r.process.pid)}
        say(f"history {found['history']:.2f} s, start {found['start']:.3f} s, memory {found['memory'] / 1e6:.0f} MB")
        r.stop()
        shutil.rmtree(r.dir.parent)
        return found

    def peer_grown(self, kind):
        p, runs = Mlflow(self.place("growth-" + kind), kind), self.a.peer_runs
        p.start(1)  # makes the tables
        p.stop()
        seconds, _ = timed(p.fill, runs, 50, 10, 5, self.a.points)
        say(f"{kind}: filled in {seconds:.0f} s")
        p.start(1)
        found = {"runs": runs, **self.searches(p.server, ["0"], 5, 20)}
        found["history"], _ = timed(self.history, p.server, run_id(runs), self.a.points)
        say(f"{kind}: history {found['history']:.1f} s")
        p.stop()
        p.close()
        return found

    def flat(self, kept):
        """What a write costs as the store grows."""
        for n in (1_000, 10_000, 100_000):
            if self.ours and n <= self.a.runs:
                r = self.rondo(f"flat-{n}", "-runs", str(n))
                r.start()
                kept[str(n)] = {what: self.writing(r.server, what, 1) for what in ("metric", "run")} | {"batch": 1e6 / self.writing(r.server, "batch", 1)}
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
        took = {way: [] for way in ways}
        for _ in range(3):
            for way, command in ways.items():
                for old in [copy] * (way == "cp") + [back] * (way == "down"):
                    old.unlink(missing_ok=True)
                os.sync()
                took[way].append(timed(lambda: subprocess.run(["sh", "-c", command], check=True))[0])
            say("artifacts: " + ", ".join(f"{way} {t[-1]:.2f} s" for way, t in took.items()))
        subprocess.run(["cmp", str(source), str(back)], check=True)
        r.stop()
        kept["Rondo"] = {way: statistics.median(t) for way, t in took.items()}

    def stress(self, kept):
        """The shape of a real team, as far as this machine bears it."""
        a = self.a
        whole, r = timed(self.rondo, "stress", "-experiments", "50", "-runs", str(a.stress_runs), "-metrics", "1500", "-steps", "20", "-params", "150", "-tags", "50")
        say(f"stress: filled and loaded in {whole:.0f} s")
        start = r.start()
        experiments, took = [str(700_000_000_000_000_000 + i) for i in range(50)], []
        for k in range(0, 60, 3):
            body = {"experiment_ids": experiments, "max_results": 20, "order_by": [f"metrics.m{k % 6 * 200 + 1}"],
                    "filter": f"metrics.m{k % 6 * 200} > {k % 6 * 200}.5 AND params.p1 = 'value 1'"}
            took.append(timed(r.server.ask, "POST", "/api/2.0/mlflow/runs/search", body)[0])
        took.sort()
        kept["Rondo"] = {"runs": a.stress_runs, "whole": whole, "load": r.load, "start": start, "p50": took[len(took) // 2], "most": took[-1],
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
