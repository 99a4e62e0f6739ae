"""Says what dvc says of the project in DIR, before and after it has written its files itself.

python check.py DIR prints {status, changed, after}: changed are the files of its own that
`dvc commit` and `dvc add` wrote otherwise than they were.
"""

import json
import os
import sys

from dvc.repo import Repo


def own():
    found = {}
    for d, dirs, names in os.walk("."):
        dirs[:] = [x for x in dirs if x != ".dvc"]
        for n in names:
            if n == "dvc.lock" or n.endswith(".dvc"):
                with open(os.path.join(d, n), newline="") as f:
                    found[os.path.join(d, n)] = f.read()
    return found


os.chdir(sys.argv[1])
before = own()
repo = Repo()
status = repo.status()
repo.commit(force=True)
repo.add([p[:-4] for p in before if p.endswith(".dvc")])
after = repo.status()
repo.close()
now = own()
print("ANSWER" + json.dumps({"status": status, "after": after, "changed": sorted(p for p in now if now[p] != before.get(p))}))
