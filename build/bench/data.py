"""Measures versioning of data beside what else copies and hashes files.

usage: data.py RONDO [--files N] [--gigabytes G] [--rounds R] [--only PART,…] [--in FOLDER] [--dvc DVC]

Parts: disk, small (N files of 4 KiB in folders of 1,000), large (G GB in four files), linked
(the same with hard links, and with reflinks where FOLDER has them), append (what the next
version takes when 1 % is added to a CSV of G GB, or one row group of Parquet is written anew).
Peers that are not installed are left out. Every program is asked for the same and starts
from the same state; figures are medians of R rounds, by turns. The disk's own speed is
measured beside them, because most of these are bound by it. Nothing fails for being slow.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SIZE = 4096


def lay_small(folder, n):
    for start in range(0, n, 1000):
        sub = folder / f"d{start // 1000:04d}"
        sub.mkdir(parents=True)
        for i in range(start, min(n, start + 1000)):
            (sub / f"img{i:07d}.bin").write_bytes(os.urandom(SIZE))


def lay_large(folder, gigabytes):
    folder.mkdir(parents=True)
    for i in range(4):
        with open(folder / f"part{i}.bin", "wb") as f:
            for _ in range(int(gigabytes * 250)):
                f.write(os.urandom(1_000_000))


def timed(*cmd, cwd=None, env=None):
    began = time.monotonic()
    done = subprocess.run(cmd, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"data.py: {' '.join(map(str, cmd))}: {done.stderr[-2000:]}")
    return time.monotonic() - began


def stored(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def lay_csv(path, gigabytes):
    with open(path, "w") as f:
        for i in range(int(gigabytes * 1000)):
            f.write("".join(f"{i * 15000 + k},{os.urandom(12).hex()},{k * 0.37:.4f},{os.urandom(8).hex()}\n" for k in range(15000)))


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


class Rondo:
    """A project with its server running, as a person has it."""

    def __init__(self, program, folder):
        self.program, self.dir = program, folder
        self.env = dict(os.environ, HOME=str(folder.parent / "home"), XDG_DATA_HOME=str(folder.parent / "share"))
        timed(program, "init", str(folder), env=self.env)

    def __call__(self, *args):
        return timed(self.program, *args, cwd=self.dir, env=self.env)

    def close(self):
        subprocess.run([self.program, "stop", "--project", str(self.dir)], env=self.env, capture_output=True)


class Bench:
    def __init__(self, args):
        self.args, self.rows, self.shares = args, {}, []

    def note(self, what, who, seconds):
        self.rows.setdefault(what, {}).setdefault(who, []).append(seconds)
        print(f"{what}: {who} {seconds:.2f} s", file=sys.stderr, flush=True)

    def rondo(self, work, data, what):
        r = Rondo(self.args.rondo, work / "project")
        try:
            os.rename(data, r.dir / "data")
            r("data", "add", "data", "--no-snapshot")
            os.sync()
            self.note(f"{what}: first snapshot", "rondo", r("data", "snapshot", "data"))
            self.note(f"{what}: nothing changed", "rondo", r("data", "snapshot", "data"))
            next(p for p in sorted((r.dir / "data").rglob("*.bin"))).write_bytes(b"changed")
            time.sleep(0.2)
            self.note(f"{what}: one file changed", "rondo", r("data", "snapshot", "data"))
            self.note(f"{what}: diff of the two", "rondo", r("data", "diff", "data"))
            shutil.rmtree(r.dir / "data")
            os.sync()
            self.note(f"{what}: checkout", "rondo", r("data", "checkout", "data@2"))
            self.note(f"{what}: verify", "rondo", r("data", "verify", "data@2"))
            os.rename(r.dir / "data", data)
        finally:
            r.close()

    def dvc(self, work, data, what):
        dvc = self.args.dvc
        env = dict(os.environ, DVC_NO_ANALYTICS="1")
        home = work / "dvc"
        home.mkdir()
        timed("git", "init", "-q", cwd=home)
        timed(dvc, "init", "-q", cwd=home, env=env)
        os.rename(data, home / "data")
        os.sync()
        self.note(f"{what}: first snapshot", "dvc add", timed(dvc, "add", "-q", "data", cwd=home, env=env))
        self.note(f"{what}: nothing changed", "dvc add", timed(dvc, "add", "-q", "data", cwd=home, env=env))
        next(p for p in sorted((home / "data").rglob("*.bin"))).write_bytes(b"changed")
        self.note(f"{what}: one file changed", "dvc add", timed(dvc, "add", "-q", "data", cwd=home, env=env))
        shutil.rmtree(home / "data")
        os.sync()
        self.note(f"{what}: checkout", "dvc checkout", timed(dvc, "checkout", "-q", cwd=home, env=env))
        os.rename(home / "data", data)

    def others(self, work, data, what):
        git = work / "git"
        git.mkdir()
        timed("git", "init", "-q", cwd=git)
        os.rename(data, git / "data")
        os.sync()
        self.note(f"{what}: first snapshot", "git add", timed("git", "add", "data", cwd=git))
        self.note(f"{what}: nothing changed", "git add", timed("git", "add", "data", cwd=git))
        os.rename(git / "data", data)
        os.sync()
        self.note(f"{what}: first snapshot", "cp -r, sync", timed("sh", "-c", 'cp -r "$0" "$1" && sync -f "$1"', str(data), str(work / "copy")))
        self.note(f"{what}: first snapshot", "tar, sync", timed("sh", "-c", 'tar cf "$1" -C "$0" . && sync -f "$1"', str(data), str(work / "all.tar")))
        if shutil.which("restic"):
            env = dict(os.environ, RESTIC_PASSWORD="bench", RESTIC_REPOSITORY=str(work / "restic"))
            timed("restic", "init", "-q", env=env)
            self.note(f"{what}: first snapshot", "restic", timed("restic", "backup", "-q", str(data), env=env))
            self.note(f"{what}: nothing changed", "restic", timed("restic", "backup", "-q", str(data), env=env))
            self.note(f"{what}: checkout", "restic", timed("restic", "restore", "-q", "latest", "--target", str(work / "restored"), env=env))

    def part(self, what, lay):
        for _ in range(self.args.rounds):
            for who in (self.rondo, self.dvc, self.others):
                if who == self.dvc and not self.args.dvc:
                    continue
                with tempfile.TemporaryDirectory(dir=self.args.folder, ignore_cleanup_errors=True) as t:
                    work = pathlib.Path(t)
                    lay(work / "data")
                    who(work, work / "data", what)

    def disk(self):
        for _ in range(self.args.rounds):
            with tempfile.NamedTemporaryFile(dir=self.args.folder) as f:
                self.note("1 GiB of zeros", "dd, fdatasync", timed("dd", "if=/dev/zero", f"of={f.name}", "bs=1M", "count=1024", "conv=fdatasync"))

    def page(self):
        kind = subprocess.run(["stat", "-f", "-c", "%T", self.args.folder], capture_output=True, text=True).stdout.strip()
        print(f"File system: {kind}; {os.cpu_count()} cores; medians of {self.args.rounds}.\n\n| what | program | seconds |\n| --- | --- | --- |")
        for what, whos in self.rows.items():
            for who, seconds in whos.items():
                print(f"| {what} | {who} | {statistics.median(seconds):.2f} |")
        for what, who, share in self.shares:
            print(f"| {what}: new bytes | {who} | {share:.2%} |")

    def linked(self, work, data, how, dvc):
        r = Rondo(self.args.rondo, work / "project")
        what = f"{self.args.gigabytes:g} GB in 4 files, {how}"
        try:
            with open(r.dir / "rondo.yaml", "a") as f:
                f.write(f"\ndata:\n  link: {how}\n")
            os.rename(data, r.dir / "data")
            r("data", "add", "data", "--no-snapshot")
            os.sync()
            try:
                self.note(f"{what}: first snapshot", "rondo", r("data", "snapshot", "data"))
            except SystemExit as e:
                if how != "reflink":
                    raise
                print(f"no reflinks in {self.args.folder}: {e}", file=sys.stderr)
                os.rename(r.dir / "data", data)
                return
            shutil.rmtree(r.dir / "data")
            self.note(f"{what}: checkout", "rondo", r("data", "checkout", "data@1"))
        finally:
            r.close()
        if not dvc:
            return
        home = work / "dvc"
        home.mkdir()
        env = dict(os.environ, DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=str(work / "site"))
        timed(dvc, "init", "-q", "--no-scm", cwd=home, env=env)
        timed(dvc, "config", "cache.type", how, cwd=home, env=env)
        os.rename(r.dir / "data", home / "data")
        os.sync()
        self.note(f"{what}: first snapshot", "dvc add", timed(dvc, "add", "-q", "data", cwd=home, env=env))
        shutil.rmtree(home / "data")
        self.note(f"{what}: checkout", "dvc checkout", timed(dvc, "checkout", "-q", cwd=home, env=env))

    def append(self, work, name, lay, change, dvc):
        """What the second version of a file takes, as a share of the file."""
        r = Rondo(self.args.rondo, work / "project")
        home = work / "dvc"
        env = dict(os.environ, DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=str(work / "site"))
        try:
            lay(r.dir / name)
            r("data", "add", name)
            if dvc:
                home.mkdir()
                timed(dvc, "init", "-q", "--no-scm", cwd=home, env=env)
                shutil.copy(r.dir / name, home / name)
                timed(dvc, "add", "-q", name, cwd=home, env=env)
            before = stored(r.dir / ".rondo/objects")
            change(r.dir / name)
            size = (r.dir / name).stat().st_size
            self.note(f"{name}: the next version", "rondo", r("data", "snapshot", name.split(".")[0]))
            self.shares.append((name, "rondo", (stored(r.dir / ".rondo/objects") - before) / size))
            if dvc:
                before = stored(home / ".dvc/cache")
                os.remove(home / name)
                shutil.copy(r.dir / name, home / name)
                self.note(f"{name}: the next version", "dvc add", timed(dvc, "add", "-q", name, cwd=home, env=env))
                self.shares.append((name, "dvc add", (stored(home / ".dvc/cache") - before) / size))
        finally:
            r.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("rondo", type=os.path.abspath)
    p.add_argument("--files", type=int, default=100_000)
    p.add_argument("--gigabytes", type=float, default=1)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--only", default="disk,small,large,linked,append")
    p.add_argument("--in", dest="folder", default=tempfile.gettempdir())
    p.add_argument("--dvc", type=os.path.abspath, default=None)
    args = p.parse_args()
    b = Bench(args)
    for part in args.only.split(","):
        if part == "disk":
            b.disk()
        elif part == "small":
            b.part(f"{args.files:,} files of 4 KiB", lambda at: lay_small(at, args.files))
        elif part == "large":
            b.part(f"{args.gigabytes:g} GB in 4 files", lambda at: lay_large(at, args.gigabytes))
        elif part == "linked":
            for how in ("hardlink", "reflink") * args.rounds:
                with tempfile.TemporaryDirectory(dir=args.folder, ignore_cleanup_errors=True) as t:
                    work = pathlib.Path(t)
                    lay_large(work / "data", args.gigabytes)
                    time.sleep(0.2)  # what was written this moment is copied
                    b.linked(work, work / "data", how, args.dvc)
        elif part == "append":
            with tempfile.TemporaryDirectory(dir=args.folder) as t:
                b.append(pathlib.Path(t), "table.csv", lambda at: lay_csv(at, args.gigabytes), more_csv, args.dvc)
            with tempfile.TemporaryDirectory(dir=args.folder) as t:
                g = args.gigabytes
                b.append(pathlib.Path(t), "table.parquet", lambda at: lay_parquet(at, g), lambda at: lay_parquet(at, g, 20), args.dvc)
        else:
            raise SystemExit(f"data.py: there is no part called {part}")
    b.page()


if __name__ == "__main__":
    main()
