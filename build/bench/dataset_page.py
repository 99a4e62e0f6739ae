"""The part of docs/benchmarks.md that data.py writes."""

import json
import pathlib
import statistics

from bench import machine

MARKS = "<!-- data -->", "<!-- /data -->"

# Seconds that a part is to stay under, by what is done and who does it.
AIMS = {
    "million": {("first snapshot", "rondo"): 20, ("nothing changed", "rondo"): 1.5, ("one file changed", "rondo"): 1.6, ("checkout", "rondo"): 25, ("difference of the two", "rondo"): 0.05},
    "huge": {("first snapshot", "rondo, hardlink"): 3.5, ("first snapshot", "rondo, copy"): 8},
    "stages": {(what, who): 0.3 for what in ("status", "repro") for who in ("rondo", "rondo, rondo.yaml")},
}
# Times that Rondo is to be faster than dvc: everywhere, and on unchanged and small files.
FASTER, MUCH = 5, 20


def joined(path, found, keep, add):
    """What was found of a part with other programs stays beside what was found now, and with add what was found before too."""
    path = pathlib.Path(path)
    if not (keep and path.exists()):
        return found
    old = json.loads(path.read_text())
    if old["title"] != found["title"]:
        return found
    for what, by in old["seconds"].items():
        for who, seconds in by.items():
            now = found["seconds"].setdefault(what, {}).setdefault(who, {"warm": [], "cold": []})
            for how in seconds:
                now[how] = (seconds[how] if add or not now[how] else []) + now[how]
    found["shares"] = found["shares"] or old["shares"]
    if add:
        for who, held in old.get("memory", {}).items():
            found["memory"].setdefault(who, []).extend(held)
    found["load"] = (old["load"] if add else []) + found["load"]
    return found


def number(seconds):
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:.1f}"


def cell(by):
    if not by:
        return "–"
    return " / ".join(number(statistics.median(by[how])) for how in ("warm", "cold") if by[how])


def verdict(part, what, by):
    """What the aim says of a row."""
    said = []
    for who in by:
        aim = AIMS.get(part, {}).get((what, who))
        if aim and by[who]["warm"]:
            took = statistics.median(by[who]["warm"])
            said.append(f"≤ {aim:g} s" + ("" if took <= aim else ": **not reached**"))
    rondo, dvc = by.get("rondo"), by.get("dvc")
    if rondo and dvc and rondo["warm"] and dvc["warm"]:
        aim = MUCH if part == "small" or what == "nothing changed" else FASTER
        times = statistics.median(dvc["warm"]) / statistics.median(rondo["warm"])
        said.append(f"≥ {aim}× dvc: **{times:.1f}×**" + ("" if times >= aim else ", **not reached**"))
    return "; ".join(said) or "–"


def table(part, found):
    whos = list(dict.fromkeys(who for by in found["seconds"].values() for who in by))
    rows = [("what", *whos, "aim"), ("---",) * (len(whos) + 2)]
    for what, by in found["seconds"].items():
        rows.append((what, *(cell(by.get(who)) for who in whos), verdict(part, what, by)))
    for what in dict.fromkeys(s[0] for s in found["shares"]):
        share = {who: f"{part:.2%}" for w, who, part in found["shares"] if w == what}
        rows.append((f"{what}: new bytes stored", *(share.get(who, "–") for who in whos), "≤ 3 %"))
    if held := found.get("memory"):
        aim = "≤ 300 MB" if part == "million" else "–"
        rows.append(("memory of its server, at most", *(f"{max(held[who]) / 1e6:.0f} MB" if who in held else "–" for who in whos), aim))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def rounds(found):
    counts = sorted({len(s) for by in found["seconds"].values() for one in by.values() for s in one.values() if s})
    if counts == [1]:
        return "measured once"
    return "medians of " + " to ".join(str(c) for c in sorted({counts[0], counts[-1]}))


def busy(found):
    """What else the machine did, as the share of its processors that was used before each turn began."""
    return f"; before the turns other programs used {statistics.median(found['load']):.0%} of the processors" if found["load"] else ""


def heading(name, found):
    left = "".join(f" Without {who}, which {why}." for who, why in found["without"].items())
    return f"**{found['title']}** ({found['folder']}; {rounds(found)}{busy(found)}; {found['date']}){':' if not left else '.' + left}"


def text(tables):
    """The page of tables by their heading."""
    said = [f"Machine: {machine()}. Seconds; where there are two, first with the files in the system's memory, then without."]
    for head, rows in tables.items():
        said += [head, rows]
    return "\n\n".join(said) + "\n"


def tables(parts):
    return {heading(name, found): table(name, found) for name, found in parts.items()}


def title(head):
    return head.split("**")[1]


def save(path, measured):
    """Puts tables into the page; what it has of other parts on the same machine stays, where it stands."""
    page = pathlib.Path(path)
    before, rest = page.read_text().split(MARKS[0])
    old, after = rest.split(MARKS[1])
    page.write_text(f"{before}{MARKS[0]}\n{text(beside(old, measured))}{MARKS[1]}{after}")


def beside(old, measured):
    now = {title(head): (head, rows) for head, rows in measured.items()}
    said = [block for block in old.strip().split("\n\n") if block]
    if not said or f"Machine: {machine()}." not in said[0]:
        return measured
    kept = {}
    for head, rows in zip(said[1::2], said[2::2]):
        head, rows = now.pop(title(head), (head, rows))
        kept[head] = rows
    return kept | dict(now.values())
