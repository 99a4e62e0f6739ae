"""Keeps what growth.py has measured, and makes its table of docs/benchmarks.md of that."""

import json
import pathlib
import time

MARKS = "<!-- growth -->", "<!-- /growth -->"


class Kept(dict):
    """What was measured of a part, by server; a file holds it too, with the day of each."""

    def __init__(self, path, changed):
        self.path, self.changed = path, changed
        super().__init__(json.loads(path.read_text()) if path.exists() else {})

    def __setitem__(self, server, found):
        super().__setitem__(server, {**found, "day": time.strftime("%Y-%m-%d")})
        self.path.write_text(json.dumps(self, indent=1))
        self.changed()


def save(path, machine, parts):
    """Puts the table into the page; what else stands there stays."""
    days = sorted({one["day"] for kept in parts.values() for one in kept.values()})
    others = max(one.get("others", 0) for kept in parts.values() for one in kept.values())
    head = f"Machine: {machine}. Date: {' and '.join(dict.fromkeys((days[0], days[-1])))}. Other programs took up to {others:.0%} of the processors meanwhile."
    before, rest = pathlib.Path(path).read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    pathlib.Path(path).write_text(f"{before}{MARKS[0]}\n{head}\n\n{render(parts)}\n{MARKS[1]}{after}")


def render(parts):
    rows = [("what", "Rondo", "`mlflow server`", "aim"), ("---",) * 4]
    for name, make in ("writes", writes), ("growth", growth), ("flat", flat), ("artifacts", artifacts), ("stress", stress):
        if parts[name]:
            rows += make(parts[name])
    return "\n".join("| " + " | ".join(r) + " |" for r in rows)


def ms(seconds):
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def factor(times, aim):
    """How often ours fits into the peer's, and whether that is what we aim at."""
    if not times:
        return f"≥ {aim}×"
    return f"≥ {aim}×: **{times:.1f}×**" + (", **missed**" if times < aim else "")


def limit(value, aim, unit):
    return f"≤ {aim} {unit}" + (": **missed**" if value > aim else "")


def best(kept, key, choose):
    """Of each kind of peer the better number of workers, as kind: (value, server)."""
    found = {}
    for server, one in kept.items():
        kind = server.split(",")[0]
        if server != "Rondo" and key in one:
            found[kind] = choose([*([found[kind]] if kind in found else []), (one[key], server)])
    return found


def writes(kept):
    ours = kept.get("Rondo")
    for what, verb in ("metric", "log_metric"), ("batch", "log_batch"), ("run", "create_run"):
        for clients in (1, 8, 32) if what != "run" else (1,):
            key, many = f"{what} {clients}", f"{clients} client{'s' * (clients > 1)}"
            theirs = best(kept, key, max if what == "batch" else min)
            if what == "batch":
                show, title, aim = lambda v: f"{1000 * v:,.0f} metrics/s", f"`{verb}` of 1,000, {many}", 20
                times = ours and theirs and ours[key] / max(v for v, _ in theirs.values())
            else:
                show, title, aim = lambda v: ms(v / 1e6), f"`{verb}`, {many}: p50", 10
                times = ours and theirs and min(v for v, _ in theirs.values()) / ours[key]
            yield title, show(ours[key]) if ours else "not measured", " · ".join(f"{show(v)} ({s}{failed(kept[s], key)})" for v, s in theirs.values()) or "not measured", factor(times, aim)


def failed(one, key):
    share = one.get(key + " failed", 0)
    return f", {share:.0%} of its calls failed" if share else ""


def growth(kept):
    ours = kept.get("Rondo")
    theirs = {k: v for k, v in kept.items() if k != "Rondo"}
    if not ours:
        return
    for many in "100", "1000":
        p50, p95 = ours[many]["p50"], ours[many]["p95"]
        yield (f"search of {ours['runs']:,} runs × 50 metrics, {int(many):,} answered: p50", ms(p50),
               " · ".join(f"{ms(v[many]['p50'])} ({k} with {v['runs']:,} runs)" for k, v in theirs.items()) or "not measured",
               factor(theirs and min(v[many]["p50"] for v in theirs.values()) / p50, 30))
        yield "the same: p95", ms(p95), " · ".join(f"{ms(v[many]['p95'])} ({k})" for k, v in theirs.items()) or "–", limit(p95 * 1000, 50, "ms")
    yield "the very first search, which reads the columns", ms(ours["first"]), "–", "–"
    yield ("whole history of 1,000,000 points", ms(ours["history"]),
           " · ".join(f"{ms(v['history'])} ({k}{reckoned(v)})" for k, v in theirs.items()) or "not measured",
           factor(theirs and min(v["history"] for v in theirs.values()) / ours["history"], 20))
    yield f"server ready, {ours['runs']:,} runs and one of 1,000,000 points", ms(ours["start"]), "–", limit(ours["start"] * 1000, 150, "ms")
    yield "its memory after all these", f"{ours['memory'] / 1e6:.0f} MB", "–", limit(ours["memory"] / 1e6, 300, "MB")
    yield f"taking {ours['runs']:,} runs into a new index of {ours['index'] / 1e6:,.0f} MB", ms(ours["load"]), "–", "–"


def reckoned(one):
    return f", reckoned by its first {one['read']:,}" if one["read"] < one["points"] else ""


def flat(kept):
    sizes = sorted(kept, key=int)
    for what, name in ("metric", "log_metric"), ("batch", "log_batch of 1,000"), ("run", "create_run"):
        took = [kept[n][what] for n in sizes]
        grew = took[-1] / took[0]
        yield (f"`{name}` at " + ", ".join(f"{int(n):,}" for n in sizes) + " runs: " + ("mean" if what == "batch" else "p50"), " · ".join(ms(v / 1e6) for v in took), "–",
               f"flat: **{grew:.2f}×**" + (", **missed**" if grew > 1.25 else ""))


def artifacts(kept):
    took = kept["Rondo"]
    for way, name in (("client up", "upload of an artifact of 1 GB by MLflow's own client"), ("up", "the same by `curl`"),
                      ("client", "download of an artifact of 1 GB by MLflow's own client"), ("down", "the same by `curl`")):
        share = 100 * took["cp"] / took[way]
        yield name, ms(took[way]), f"{ms(took['cp'])} (`cp` and `sync`)", f"≥ 80 % of its speed: **{share:.0f} %**" + (", **missed**" if share < 80 else "")


def stress(kept):
    s = kept["Rondo"]
    shape = f"50 experiments, {s['runs']:,} runs × 1,500 metrics × {s['steps']} steps × 150 params × 50 tags"
    yield f"{shape}: written and taken into an index of {s['index'] / 1e6:,.0f} MB", f"{ms(s['whole'])}, of it {ms(s['load'])} for the index", "–", "loads"
    yield "the same: server ready", ms(s["start"]), "–", "opens"
    yield "the same: search by metric and param, 20 answered: p50, and the slowest", f"{ms(s['p50'])}, {ms(s['most'])}", "–", "answers"
    yield "the same: memory", f"{s['memory'] / 1e6:.0f} MB", "–", "–"
