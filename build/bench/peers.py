"""The programs that build/bench/data.py measures, each asked for the same in its own words.

A program has a home, the place of the data in it, and steps by the name of what is done.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time


def ask(*cmd, cwd=None, env=None):
    done = subprocess.run(list(map(str, cmd)), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"data: {' '.join(map(str, cmd))}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def timed(*cmd, cwd=None, env=None):
    began = time.monotonic()
    ask(*cmd, cwd=cwd, env=env)
    return time.monotonic() - began


FIRST, AGAIN, CHANGED, DIFF, CHECKOUT, VERIFY = "first snapshot", "nothing changed", "one file changed", "difference of the two", "checkout", "verify"


class Program:
    """What all have in common. steps() are done in their order; what a step wants before it is prepared unmeasured."""

    name, link = "", ""

    def __init__(self, args, work):
        self.args, self.home = args, work / "home"
        self.home.mkdir()
        self.env = dict(os.environ, HOME=str(work), XDG_DATA_HOME=str(work / "share"))
        self.data = self.home / "data"
        self.begin()

    def begin(self):
        pass

    def take(self):
        """What comes before the first snapshot, when the data lies in its place."""

    def memory(self):
        """Bytes that a process which stays has held at most; 0 where there is none."""
        return 0

    def close(self):
        pass

    @classmethod
    def missing(cls, args):
        return None if shutil.which(cls.name.replace(",", "").split()[0]) else "is not installed"


class Rondo(Program):
    """A project with its server running, as a person has it."""

    name = "rondo"

    @classmethod
    def missing(cls, args):
        return None

    def begin(self):
        ask(self.args.rondo, "init", self.home, env=self.env)
        if self.link:
            with open(self.home / "rondo.yaml", "a") as f:
                f.write(f"\ndata:\n  link: {self.link}\n")

    def __call__(self, *args):
        return timed(self.args.rondo, "data", *args, cwd=self.home, env=self.env)

    def take(self):
        self("add", "data", "--no-snapshot")

    def steps(self):
        snapshot = lambda: self("snapshot", "data")
        return {
            FIRST: snapshot, AGAIN: snapshot, CHANGED: snapshot, DIFF: lambda: self("diff", "data", "1", "2"),
            CHECKOUT: lambda: self("checkout", "data"), VERIFY: lambda: self("verify", "data"),
        }

    def memory(self):
        pid = ask("pgrep", "-f", f"serve --project {self.home}").split()[0]
        return 1024 * int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])

    def close(self):
        subprocess.run([self.args.rondo, "stop", "--project", str(self.home)], env=self.env, capture_output=True)

    def stored(self):
        return stored(self.home / ".rondo/objects")


class Dvc(Program):
    name = "dvc"

    @classmethod
    def missing(cls, args):
        return None if args.dvc else "is not installed"

    def begin(self):
        self.env.update(DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=str(self.home / "site"))
        self("init", "-q", "--no-scm")
        if self.link:
            self("config", "cache.type", self.link)

    def __call__(self, *args):
        return timed(self.args.dvc, *args, cwd=self.home, env=self.env)

    def steps(self):
        add = lambda: self("add", "-q", "data")
        return {FIRST: add, AGAIN: add, CHANGED: add, CHECKOUT: lambda: self("checkout", "-q")}

    def stored(self):
        return stored(self.home / ".dvc/cache")


class Git(Program):
    name = "git add"

    def begin(self):
        ask("git", "init", "-q", cwd=self.home)

    def steps(self):
        add = lambda: timed("git", "add", "data", cwd=self.home)
        return {FIRST: add, AGAIN: add, CHANGED: add, CHECKOUT: lambda: timed("git", "checkout-index", "-q", "-a", cwd=self.home)}


class Restic(Program):
    name = "restic"

    def begin(self):
        self.env.update(RESTIC_PASSWORD="bench", RESTIC_REPOSITORY=str(self.home / "restic"))
        ask("restic", "init", "-q", env=self.env)

    def steps(self):
        backup = lambda: timed("restic", "backup", "-q", self.data, env=self.env)
        return {FIRST: backup, AGAIN: backup, CHANGED: backup, CHECKOUT: lambda: timed("restic", "restore", "-q", "latest", "--target", "/", env=self.env)}


class Oxen(Program):
    """Oxen as the library of its package; the time is its own, without Python's start."""

    name = "oxen"

    @classmethod
    def missing(cls, args):
        return None if args.oxen and pathlib.Path(args.oxen).is_dir() else "cannot be installed here"

    def begin(self):
        self.env.update(PYTHONPATH=str(self.args.oxen))
        self("init")

    def __call__(self, verb):
        script = pathlib.Path(__file__).with_name("oxen_peer.py")
        return json.loads(ask(sys.executable, "-W", "ignore", script, verb, self.home, env=self.env).splitlines()[-1])

    def steps(self):
        commit = lambda: self("commit")
        return {FIRST: commit, AGAIN: commit, CHANGED: commit, CHECKOUT: lambda: self("restore")}


class Copy(Program):
    name = "cp -r, sync"

    def steps(self):
        copy = 'cp -r "$0" "$1" && sync -f "$1"'
        return {
            FIRST: lambda: timed("sh", "-c", copy, self.data, self.home / "copy"),
            CHECKOUT: lambda: timed("sh", "-c", copy, self.home / "copy", self.data),
        }


class Tar(Program):
    name = "tar, sync"

    def steps(self):
        return {
            FIRST: lambda: timed("sh", "-c", 'tar cf "$1" -C "$0" data && sync -f "$1"', self.home, self.home / "all.tar"),
            CHECKOUT: lambda: timed("sh", "-c", 'tar xf "$1" -C "$0" && sync -f "$1"', self.home, self.home / "all.tar"),
        }


ALL = Rondo, Dvc, Oxen, Restic, Git, Copy, Tar


def stored(folder):
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
