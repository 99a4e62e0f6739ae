"""Answers dvc commands: JSON lines of {dir, args} in, {rc, out} out.

Each command runs in a process of its own that is forked off this one, which has dvc's
modules loaded and does nothing else: it is what `dvc ARGS` would be after its imports.
"""

import atexit
import gc
import importlib
import json
import os
import sys
import tempfile
import threading
import traceback

answers = os.fdopen(os.dup(1), "w")
from dvc.cli import main  # noqa: E402


def said():
    """What `dvc status --json` and `dvc data status --granular --unchanged --json` say."""
    from dvc.repo import Repo

    with Repo(".") as repo:
        answer = {"status": repo.status(), "data": repo.data_status(granular=True)}
    print(json.dumps(answer))
    return 0


def steps(args):
    """The stages and .dvc files that `dvc repro ARGS` goes through, in its order."""
    from dvc.stage import Stage

    order = []
    Stage.reproduce = lambda self, **how: order.append(self.addressing)
    rc = main(args)
    print(json.dumps({"steps": order}))
    return rc


def command(ask, out):
    """The child's life: the command in its folder, with its own streams; then its end."""
    os.chdir(ask["dir"])
    null = os.open(os.devnull, os.O_RDONLY)
    for to, of in ((0, null), (1, out), (2, out)):
        os.dup2(of, to)
    sys.argv = ["dvc", *ask["args"]]
    match ask["args"]:
        case ["SAID"]:
            return said()
        case ["STEPS", *args]:
            return steps(args)
    return main(ask["args"])


def code(end):
    """The exit status that Python gives to what sys.exit was called with."""
    return end if isinstance(end, int) else 0 if end is None else 1


def live(ask, out, told):
    """Runs in the child, and never returns; what it has imported is told at the end."""
    gc.set_threshold(50_000)
    had, rc = set(sys.modules), 1
    try:
        rc = code(command(ask, out))
    except SystemExit as e:
        rc = code(e.code)
    except BaseException:
        traceback.print_exc()
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(told, "\n".join(n for n in sys.modules if n not in had).encode())
    finally:
        os._exit(rc)


def load(names):
    """Imports what a command had to import, for those that come after it."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            pass  # made at run time: the command makes it again
    if threading.active_count() > 1:
        raise SystemExit("a module of dvc starts a thread when it is imported: fork is not safe")
    gc.collect()
    gc.freeze()


load([])
for line in sys.stdin:
    ask = json.loads(line)
    with tempfile.TemporaryFile() as out:
        hear, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            live(ask, out.fileno(), told)
        os.close(told)
        with os.fdopen(hear) as names:
            fresh = names.read().split()
        rc = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    if fresh:
        load(fresh)
    answers.write(json.dumps({"rc": rc, "out": text}) + "\n")
    answers.flush()
