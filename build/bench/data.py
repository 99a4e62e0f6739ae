"""Measures versioning of data beside what else copies and hashes files.

usage: data.py RONDO [--only PART,…] [--files N] [--gigabytes G] [--rounds R] [--in FOLDER] [--write docs/benchmarks.md]

Parts: disk (what it takes to write a GiB, and to make N files); small (N files of 4 KiB in folders of 1,000) and large (G GB in four files) beside
all peers; huge (10 GB: linked, and copied beside cp); million (a million files of 4 KiB beside cp
and tar); reflink (G GB where --in has them); append (what the next version takes when 1 % is
added to a CSV of G GB, or one row group of Parquet is written anew); cancel (how soon work on
G GB stops); stages (a pipeline of 155 of which nothing must run). Huge, million and reflink are
measured where they are named.

Every program is asked for the same and starts from the same state; figures are medians of R
rounds, by turns, once with the files in memory and, where this user may drop the system's
caches, once without. Peers that are not installed are left out and named. --cache keeps the
figures of each part, so that parts can be measured one by one. Nothing fails for being slow.
"""

import argparse
import contextlib
import json
import mmap
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import dataset_page
import peers
import stages as pipelines

SIZE = 4096


def lay_small(folder, n):
    for start in range(0, n, 1000):
        sub = folder / f"d{start // 1000:04d}"
        sub.mkdir(parents=True)
        noise = os.urandom(SIZE * min(1000, n - start))
        for i in range(min(1000, n - start)):
            (sub / f"img{start + i:07d}.bin").write_bytes(noise[i * SIZE : (i + 1) * SIZE])


def lay_large(folder, gigabytes):
    folder.mkdir(parents=True)
    for i in range(4):
        with open(folder / f"part{i}.bin", "wb") as f:
            for _ in range(int(gigabytes * 250)):
                f.write(os.urandom(1_000_000))


def lay_csv(path, gigabytes):
    with open(path, "w") as f:
        for i in range(int(gigabytes * 1000)):
            noise = os.urandom(20 * 15000).hex()
            f.write("".join(f"{i * 15000 + k},{noise[40 * k:40 * k + 24]},{k * 0.37:.4f},{noise[40 * k + 24:40 * k + 40]}\n" for k in range(15000)))


def more_csv(path):
    with open(path, "a") as f:
        left = path.stat().st_size // 100
        while left > 0:
            left -= f.write(f"{left},{os.urandom(12).hex()},{left * 0.37:.4f},{os.urandom(8).hex()}\n")


def lay_parquet(path, gigabytes, changed=-1):
    import numpy
    import pyarrow
    import pyarrow.parquet

    groups, rows = 40, int(gigabytes * 1e9 / 40 / 24)
    with pyarrow.parquet.ParquetWriter(path, pyarrow.schema([(c, pyarrow.float64()) for c in "abc"]), use_dictionary=False, compression="none") as w:
        for g in range(groups):
            noise = numpy.random.default_rng(g if g != changed else 1000)
            w.write_table(pyarrow.table({c: noise.random(rows) for c in "abc"}), row_group_size=rows)


def forget():
    """Lets the system forget the files that it has in memory. Only root may, and not everywhere."""
    try:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3")
    except OSError:
        return False
    return True


class Part:
    """The figures of one part: seconds by what was done, program, and whether the files were in memory."""

    def __init__(self, args):
        self.args = args
        self.found = {"title": "", "seconds": {}, "shares": [], "memory": {}, "without": {}, "load": [], "folder": kind(args.folder), "date": time.strftime("%Y-%m-%d")}

    def call(self, title):
        self.found["title"] = title

    def note(self, what, who, warm, seconds):
        by = self.found["seconds"].setdefault(what, {}).setdefault(who, {"warm": [], "cold": []})
        by["warm" if warm else "cold"].append(seconds)
        print(f"{self.found['title']}: {what}: {who}{'' if warm else ' (cold)'} {seconds:.2f} s", file=sys.stderr, flush=True)

    def share(self, what, who, share):
        self.found["shares"].append([what, who, share])

    def measure(self, programs, lay, steps=None):
        """Has each program do its steps with the same data, by turns."""
        with tempfile.TemporaryDirectory(dir=self.args.folder, ignore_cleanup_errors=True) as t:
            t = pathlib.Path(t) / "turns"
            t.mkdir()
            lay(t / "data")
            time.sleep(1.1)  # what was written this moment is not believed unread
            warm_up(t / "data", self.args.how[0])
            for warm in self.args.how:
                for _ in range(self.args.rounds):
                    for program in programs:
                        self.turn(program, t, warm, steps)

    def turn(self, program, t, warm, steps):
        if why := program.missing(self.args):
            self.found["without"][program.name] = why
            return
        self.found["load"].append(busy())
        data, work = t / "data", t / "work"
        work.mkdir()
        p = program(self.args, work)
        try:
            os.rename(data, p.data)
            p.take()
            for what, step in p.steps().items():
                if steps and what not in steps:
                    continue
                for _ in range(self.args.again if what in (peers.AGAIN, peers.CHANGED) else 1):
                    prepare(what, p.data)
                    if settle(warm):
                        self.note(what, p.name, warm, step())
            self.remember(p)
            os.rename(p.data, data)
            writable(data)
        finally:
            p.close()
        away(work)
        warm_up(data, warm)

    def remember(self, p):
        if held := p.memory():
            self.found["memory"].setdefault(p.name, []).append(held)

    @contextlib.contextmanager
    def at(self, name, program):
        with tempfile.TemporaryDirectory(dir=self.args.folder, ignore_cleanup_errors=True) as t:
            p = program(self.args, pathlib.Path(t))
            try:
                yield p, p.home / name
            finally:
                p.close()


def first_of(folder):
    first = min(folder.iterdir())
    return first_of(first) if first.is_dir() else first


def prepare(what, data):
    if what == peers.CHANGED:
        first = first_of(data)
        mode = first.stat().st_mode
        content = os.urandom(min(first.stat().st_size, SIZE)) + first.read_bytes()[SIZE:]
        first.unlink()  # it may be a link
        first.write_bytes(content)
        first.chmod(mode | 0o200)
        time.sleep(0.2)
    elif what == peers.CHECKOUT:
        away(data)


def away(folder):
    """Removes a folder of large files. One of many is kept to the end: ext4 passes over every inode that was
    freed in the last minutes when it looks for one, so what is created after many were removed takes several times as long."""
    if sum(len(files) for _, _, files in os.walk(folder)) < 1000:
        shutil.rmtree(folder)
        return
    top = folder
    while top.parent.name != "turns":
        top = top.parent
    os.rename(folder, top.parent / f"away-{time.monotonic_ns()}")


def busy():
    """The share of the processors that others use now."""
    look = lambda: [int(n) for n in open("/proc/stat").readline().split()[1:9]]
    before = look()
    time.sleep(2)
    spent = [b - a for a, b in zip(before, look())]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))


def settle(warm):
    os.sync()
    ready = warm or forget()
    touch_free()
    time.sleep(0.5)
    return ready


def touch_free():
    """Uses nine tenths of the free memory once. A guest gets memory that nobody used for a while slowly from its host, which
    the program that comes next would pay for, or not, as those before it left it."""
    free = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemFree"))
    with mmap.mmap(-1, free * 1024 * 9 // 10, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE):
        pass


def warm_up(data, warm):
    """Reads what the next program is to find in memory."""
    os.sync()
    if warm:
        for p in data.rglob("*.bin"):
            with open(p, "rb", buffering=0) as f:
                while f.read(1 << 20):
                    pass


def writable(data):
    for p in data.rglob("*.bin"):
        if not p.stat().st_mode & 0o200:
            p.chmod(0o644)


def kind(folder):
    line = subprocess.run(["findmnt", "-n", "-o", "FSTYPE,SOURCE,OPTIONS", "-T", folder], capture_output=True, text=True).stdout.split()
    if len(line) < 3:
        return "unknown"
    return line[0] + in_file(line[1]) + (", mounted with discard" if "discard" in line[2].split(",") else "")


def in_file(source):
    """How a file system in a file is told: one that the system keeps in memory twice is slower."""
    if not source.startswith("/dev/loop"):
        return ""
    direct = pathlib.Path(f"/sys/block/{source[5:]}/loop/dio")
    return " in a file" + (" that is read and written directly" if direct.exists() and direct.read_text().strip() == "1" else "")


def linked(program, link):
    return type(program.__name__, (program,), {"link": link, "name": f"{program.name}, {link}"})


def disk(p, args):
    """What the disk and its file system take at least, whoever writes."""
    p.call("What the disk takes")
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory(dir=args.folder) as t:
            p.note("1 GiB of zeros, written and synced", "dd", True, peers.timed("dd", "if=/dev/zero", f"of={t}/zeros", "bs=1M", "count=1024", "conv=fdatasync"))
            if args.bare:
                os.remove(f"{t}/zeros")
                os.sync()
                p.note(f"{args.files:,} files of 4 KiB, made by all processors", "bare loop", True, float(peers.ask(args.bare, f"{t}/made", str(args.files))))


def small(p, args):
    p.call(f"{args.files:,} files of 4 KiB")
    p.measure(args.peers, lambda at: lay_small(at, args.files))


def large(p, args):
    p.call(f"{args.gigabytes:g} GB in 4 files")
    p.measure(args.peers, lambda at: lay_large(at, args.gigabytes))


def huge(p, args):
    p.call(f"{args.huge:g} GB in 4 files")
    programs = [linked(peers.Rondo, "hardlink"), linked(peers.Rondo, "copy"), peers.Copy]
    steps = {peers.FIRST, peers.AGAIN, peers.CHECKOUT}
    p.measure([q for q in programs if not args.link or args.link in q.name], lambda at: lay_large(at, args.huge), steps)


def million(p, args):
    p.call(f"{args.million:,} files of 4 KiB")
    p.measure([q for q in (peers.Rondo, peers.Copy, peers.Tar) if q in args.peers], lambda at: lay_small(at, args.million))


def reflink(p, args):
    p.call(f"{args.gigabytes:g} GB in 4 files, reflinks")
    p.measure([linked(peers.Rondo, "reflink"), linked(peers.Dvc, "reflink"), peers.Copy], lambda at: lay_large(at, args.gigabytes))


def append(p, args):
    """What the second version of a file takes, as a share of the file."""
    p.call(f"the next version of a file of {args.gigabytes:g} GB")
    g = args.gigabytes
    for name, lay, change in (
        ("table.csv", lambda at: lay_csv(at, g), more_csv),
        ("table.parquet", lambda at: lay_parquet(at, g), lambda at: lay_parquet(at, g, 20)),
    ):
        what = {"table.csv": "CSV, 1 % appended", "table.parquet": "Parquet, one of 40 row groups written anew"}[name]
        for _ in range(args.rounds):
            for program in (peers.Rondo, peers.Dvc):
                one_append(p, program, name, lay, change, what)


def one_append(p, program, name, lay, change, what):
    if why := program.missing(p.args):
        p.found["without"][program.name] = why
        return
    with p.at(name, program) as (one, at):
        lay(at)
        os.sync()
        p.note(what.split(",")[0] + ", its first version", one.name, True, one("add", name))
        before = one.stored()
        change(at)
        os.sync()
        took = one("snapshot", "table") if program is peers.Rondo else one("add", "-q", name)
        p.note(what, one.name, True, took)
        p.share(what, one.name, (one.stored() - before) / at.stat().st_size)


def stages(p, args):
    pipelines.measure(p, args)


def held(folder):
    """The files below a folder, how long they are and when they were written to: whatever is done there changes it."""
    found = {}
    for at, _, files in os.walk(folder):
        for f in files:
            with contextlib.suppress(FileNotFoundError):
                one = os.stat(os.path.join(at, f))
                found[os.path.join(at, f)] = one.st_size, one.st_mtime_ns
    return found


def given_up(p, r, what, into, *verb):
    """How long it takes after Ctrl-C until the command has ended, and until nothing is written any more."""
    program = subprocess.Popen([p.args.rondo, "data", *verb], cwd=r.home, env=r.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = held(into)
    while held(into) == before:  # until it has begun to write
        if program.poll() is not None:
            raise SystemExit(f"data: {what} was over before it could be given up")
    time.sleep(0.3)
    asked = last = time.monotonic()
    program.send_signal(signal.SIGINT)
    program.wait()
    p.note(what, "command ended", True, time.monotonic() - asked)
    now = held(into)
    while time.monotonic() < last + 1:
        if now != (now := held(into)):
            last = time.monotonic()
    p.note(what, "nothing changes on the disk any more", True, last - asked)


def cancel(p, args):
    p.call(f"{args.gigabytes:g} GB given up by Ctrl-C")
    for _ in range(args.rounds):
        with p.at("data", peers.Rondo) as (r, at):
            lay_large(at, args.gigabytes)
            far = r.home.parent / "remote"
            far.mkdir()
            r("remote", "disk", str(far))
            r.take()
            given_up(p, r, "snapshot", r.home / ".rondo/objects", "snapshot", "data")
            r("snapshot", "data")
            os.sync()
            given_up(p, r, "push", far, "push")
            r("push")
            os.sync()
            other = at.parent.parent / "other"
            ask = lambda *cmd: peers.ask(args.rondo, *cmd, cwd=other, env=r.env)
            peers.ask(args.rondo, "init", other, env=r.env)
            ask("data", "remote", "disk", str(far))
            here, r.home = r.home, other
            try:
                given_up(p, r, "fetch", other / ".rondo/objects", "fetch")
                ask("data", "fetch")
                os.sync()
                given_up(p, r, "checkout, as pull does it", other / ".rondo/tmp", "pull", "data")
            finally:
                r.close()
                r.home = here


PARTS = {f.__name__: f for f in (disk, small, large, huge, million, reflink, append, cancel, stages)}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("rondo", type=os.path.abspath)
    p.add_argument("--files", type=int, default=20_000)
    p.add_argument("--million", type=int, default=1_000_000)
    p.add_argument("--gigabytes", type=float, default=1)
    p.add_argument("--huge", type=float, default=10)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--again", type=int, default=1, help="how often in a round what has not changed, or of which one file has, is versioned")
    p.add_argument("--only", default="disk,small,large,append,stages")
    p.add_argument("--with", dest="peers", default="", help="programs, such as rondo,dvc; all without it")
    p.add_argument("--link", default="", help="of huge: hardlink or copy alone")
    p.add_argument("--how", default="warm,cold", help="with the files in the system's memory, without, or both")
    p.add_argument("--in", dest="folder", default=tempfile.gettempdir())
    p.add_argument("--dvc", type=os.path.abspath, default=None)
    p.add_argument("--bare", type=os.path.abspath, default=None, help="the program of build/bench/bare")
    p.add_argument("--oxen", type=os.path.abspath, default=None, help="folder with Oxen's package")
    p.add_argument("--cache", help="folder that keeps the figures of each part")
    p.add_argument("--add", action="store_true", help="to the figures of the same part that --cache has, instead of replacing them")
    p.add_argument("--write")
    args = p.parse_args()
    args.peers = [q for q in peers.ALL if not args.peers or q.name.replace(",", "").split()[0] in args.peers.split(",")]
    args.how = [how == "warm" for how in args.how.split(",")]
    if False in args.how and not forget():
        print("data: this user may not drop the system's caches; nothing is measured without them", file=sys.stderr)
        args.how.remove(False)
    return args


def measure(name, args, kept):
    """Measures a part. What was found before something went wrong is kept all the same."""
    p = Part(args)
    try:
        PARTS[name](p, args)
    finally:
        if p.found["seconds"]:
            kept.write_text(json.dumps(dataset_page.joined(kept, p.found, args.cache, args.add)))


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("data: interrupted"))
    cache = pathlib.Path(args.cache or tempfile.mkdtemp())
    cache.mkdir(parents=True, exist_ok=True)
    for name in filter(None, args.only.split(",")):
        if name not in PARTS:
            raise SystemExit(f"data: there is no part called {name}")
        measure(name, args, cache / f"{name}.json")
    parts = {name: json.loads((cache / f"{name}.json").read_text()) for name in PARTS if (cache / f"{name}.json").exists()}
    found = dataset_page.tables(parts)
    print(dataset_page.text(found))
    if args.write:
        dataset_page.save(args.write, found)


if __name__ == "__main__":
    main()
