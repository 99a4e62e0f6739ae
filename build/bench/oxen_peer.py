"""Asks Oxen for one thing and prints the seconds that it took: oxen_peer.py VERB FOLDER."""

import json
import os
import sys
import time

import oxen
from oxen.user import config_user

verb, folder = sys.argv[1:]
os.chdir(folder)
repo = oxen.Repo(".")
if verb == "init":
    config_user("bench", "bench@example.org")
    repo.init()
began = time.monotonic()
if verb == "commit":
    repo.add("data")
    try:
        repo.commit("data")
    except ValueError as e:  # which is how it says that nothing changed
        if "No changes" not in str(e):
            raise
elif verb == "restore":
    repo.restore("data")
print(json.dumps(time.monotonic() - began))
