"""Runs dvc commands in one long-lived process: JSON lines of {dir, args} in, {rc, out} out."""

import json
import logging
import os
import sys
import tempfile

answers = os.fdopen(os.dup(1), "w")
from dvc.cli import main  # noqa: E402
from dvc.repo import Repo  # noqa: E402


def said(folder):
    """What `dvc status --json` and `dvc data status --granular --json` say."""
    with Repo(folder) as repo:
        return {"status": repo.status(), "data": repo.data_status(granular=True)}


for line in sys.stdin:
    ask = json.loads(line)
    os.chdir(ask["dir"])
    with tempfile.TemporaryFile() as out:
        sys.stdout.flush()
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        try:
            if ask["args"] == ["SAID"]:
                answer = said(ask["dir"])
                rc = 0
                os.write(1, json.dumps(answer).encode())
            else:
                rc = main(ask["args"])
        except SystemExit as e:
            rc = e.code
        sys.stdout.flush()
        sys.stderr.flush()
        for name in ("dvc", "dvc_objects", "dvc_data"):
            for h in logging.getLogger(name).handlers:
                h.flush()
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    answers.write(json.dumps({"rc": rc, "out": text}) + "\n")
    answers.flush()
