"""Makes DVC projects with the real dvc, changes them at random, and says what dvc says.

python generate.py DIR COUNT SEED prints a JSON list of {dir, status, error}.
"""

import json
import os
import random
import shutil
import sys

from dvc.repo import Repo
from dvc_data.hashfile.hash import file_md5

PARAMS = {
    "params.yaml": "lr: 0.1\nsplit: {ratio: 2e-1, seed: 42}\nmodels: [linear, tree]\nflag: yes\nopts: {deep: true, rate: 1e-5, name: a b}\n",
    "conf.json": '{"lr": 1, "deep": {"a": [1, 2.0, null], "b": "x"}, "big": 1e20}',
    "conf.toml": 'lr = 0.5\n[deep]\na = [1, 2]\nb = "x"\n[deep.more]\nc = true\n',
    "conf.py": 'LR = 0.25\nNAMES = ("a", "b")\nclass Train:\n    depth: int = 3\n    def __init__(self):\n        self.rate = -1e-3\nX = {"k": [1, None, True]}\n',
}

PIPELINE = """
vars:
- conf.json:deep
- extra: {ext: txt}
stages:
  copy:
    cmd: cp data/raw.csv copied.${extra.ext}
    deps: [data/raw.csv]
    params: [lr, split.ratio]
    outs: [copied.txt]
  folder:
    cmd:
    - mkdir -p out/sub
    - cp copied.txt out/sub/é.txt
    - cp copied.txt out/b.txt
    deps: [copied.txt]
    params:
    - conf.json: [lr, deep.a]
    - conf.toml:
    - conf.py: [LR, Train.depth, Train.rate, X.k, NAMES]
    outs:
    - out: {persist: false, desc: a folder}
  score:
    cmd: echo '{"acc":0.5}' > metrics.json; echo 'x,y' > plot.csv
    deps: [out, copied.txt]
    metrics:
    - metrics.json: {cache: false}
    plots:
    - plot.csv: {cache: false, x: x, y: y}
  each:
    foreach: ${models}
    do:
      cmd: echo ${item} ${split.seed} > model-${item}.txt
      params: [split]
      outs: ["model-${item}.txt"]
  named:
    foreach: {uk: {n: 1}, us: {n: 2.50}}
    do:
      cmd: echo ${key} ${item.n} > ${key}.out
      outs:
      - ${key}.out: {cache: false}
  grid:
    matrix:
      m: ${models}
      f: [{a: 1}, {a: 2}]
    cmd: echo ${item.m} ${item.f.a} ${key} ${deep.b} ${deep.a[1]} > grid-${key}.txt
    outs: ["grid-${key}.txt"]
  options:
    cmd: echo ${opts} > options.txt
    params: [opts, flag]
    outs: [options.txt]
  inner:
    wdir: sub
    vars: [local.yaml]
    cmd: cat in.txt > made.txt && echo ${local} >> made.txt
    deps: [in.txt, ../copied.txt]
    params: [{local.yaml: [local]}]
    outs: [made.txt]
  frozen:
    cmd: cp copied.txt frozen.txt
    deps: [copied.txt]
    outs: [frozen.txt]
    frozen: true
  always:
    cmd: echo a > always.txt
    outs: [always.txt]
    always_changed: true
"""

NESTED = """
stages:
  nested:
    cmd: cat ../data/raw.csv | head -1 > head.txt
    deps: [../data/raw.csv]
    outs: [head.txt]
"""


def write(path, text):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", newline="") as f:
        f.write(text)


def make(rnd):
    for name, text in PARAMS.items():
        write(name, text)
    write("dvc.yaml", PIPELINE.replace("frozen: true", "frozen: false"))
    write("nested/dvc.yaml", NESTED)
    write("data/raw.csv", "id,v\r\n1,2\r\n" * rnd.randint(1, 5))
    write("sub/in.txt", "in\n")
    write("sub/local.yaml", "local: x\n")
    write("added.bin", "\x00\r\n" * 9)
    write("images/a.txt", "a\n")
    write("images/x/b.txt", "b\r\n")
    write(".dvcignore", "*.tmp\n/sub/skip/\n!keep.tmp\n")
    repo = Repo.init(no_scm=True)
    repo.add(["added.bin", "images", "sub/in.txt"])
    repo.reproduce(all_pipelines=True)
    repo.close()
    write("dvc.yaml", PIPELINE)


def choose(rnd, *more):
    return rnd.choice(["data/raw.csv", "added.bin", "images/a.txt", "images/x/b.txt", "sub/in.txt", "copied.txt",
                       "out/b.txt", "out/sub/é.txt", "metrics.json", "plot.csv", "uk.out", "model-tree.txt", "sub/made.txt",
                       "frozen.txt", "nested/head.txt", *more])


def gone(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.chmod(path, 0o644)
        os.remove(path)


def replace(path, old, new):
    if os.path.exists(path):
        with open(path, newline="") as f:
            text = f.read()
        write(path, text.replace(old, new))


def legacy(rnd):
    for name in ["added.bin", "sub/in.txt"]:
        if os.path.exists(name):
            md5 = file_md5(name, name="md5-dos2unix")
            write(name + ".dvc", f"outs:\n- md5: {md5}\n  size: 3\n  path: {os.path.basename(name)}\n")
            to = os.path.join(".dvc/cache", md5[:2], md5[2:])
            if rnd.random() < 0.7:
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(name, to)


def cached():
    return sorted(os.path.join(d, f) for d, _, fs in os.walk(".dvc/cache/files") for f in fs)


def change(rnd):
    kind = rnd.randrange(15)
    if kind == 0:
        path = choose(rnd)
        gone(path)
        write(path, f"changed {rnd.random()}\n")
    elif kind == 1:
        gone(choose(rnd, "out", "images", "params.yaml", "conf.json", "conf.toml", "sub/local.yaml"))
    elif kind == 2 and cached():
        gone(rnd.choice(cached()))
    elif kind == 3 and cached():
        path = rnd.choice(cached())
        os.chmod(path, 0o644)
        write(path, "damaged")
        if rnd.random() < 0.5:
            os.chmod(path, 0o444)
    elif kind == 4:
        replace("params.yaml", *rnd.choice([("0.1", "0.10"), ("lr: 0.1\n", ""), ("2e-1", "0.3"), ("yes", "true"), ("42", "42.0"),
                                            ("a b", "a'b"), ("linear", "forest")]))
    elif kind == 5:
        replace("conf.json", *rnd.choice([('"lr": 1', '"lr": 1.0'), ("2.0", "3"), ('"lr": 1, ', ""), ("null", "false")]))
    elif kind == 6:
        replace("conf.toml", *rnd.choice([("0.5", "0.6"), ("[1, 2]", "[1, 3]"), ("c = true", "c = true\nd = 1"), ('b = "x"\n', "")]))
    elif kind == 7:
        replace("conf.py", *rnd.choice([("0.25", "1/4"), ("= 3", "= 4"), ("-1e-3", "-0.001"), ("None", "0"), ('("a", "b")', '["a", "b"]')]))
    elif kind == 8:
        replace("dvc.yaml", *rnd.choice([("cmd: cp data", "cmd: cp  data"), ("deps: [copied.txt]", "deps: [copied.txt, added.bin]"),
                                         ("outs: [options.txt]", "outs: [options.txt, none.txt]"), ("frozen: true", "frozen: false"),
                                         ("params: [lr, split.ratio]", "params: [lr, split.ratio, split.seed]"), ("ext: txt", "ext: csv")]))
    elif kind == 9:
        write("dvc.yaml", PIPELINE + "  fresh:\n    cmd: cat copied.txt > fresh.txt\n    deps: [copied.txt, nothing.txt]\n    params: [lr, none]\n    outs: [fresh.txt]\n")
        if rnd.random() < 0.5:
            write("fresh.txt", "here\n")
    elif kind == 10:
        gone(rnd.choice(["dvc.lock", "nested/dvc.lock"]))
    elif kind == 11:
        write(".dvcignore", rnd.choice(["*.txt\n", "/images/x\n", "b.*\n", "x/\n!x/b.txt\n", "**/sub\n", "out/**\n", "\\!a\nimages/?.txt\n", "[a-c].txt\n", "*\n!*.csv\n"]))
    elif kind == 12:
        write(rnd.choice(["images/new.txt", "out/new.tmp", "out/keep.tmp", "images/x/y/z.txt"]), "new\n")
    elif kind == 13:
        legacy(rnd)
    elif kind == 14:
        repo = Repo()
        try:
            repo.reproduce(all_pipelines=True)
        except Exception:  # a pipeline that was broken by what came before
            pass
        repo.close()


def status():
    repo = Repo()
    try:
        return {"status": repo.status(), "error": ""}
    except Exception as e:
        return {"status": {}, "error": str(e)}
    finally:
        repo.close()


def main():
    base, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    first = os.path.join(base, "first")
    os.makedirs(first)
    os.chdir(first)
    make(random.Random(seed))
    results = []
    for i in range(count):
        rnd = random.Random(seed * 1000 + i)
        at = os.path.join(base, str(i))
        shutil.copytree(first, at, symlinks=True)
        shutil.rmtree(os.path.join(at, ".dvc", "tmp"), ignore_errors=True)
        os.chdir(at)
        for _ in range(rnd.randrange(4)):
            change(rnd)
        # dvc looks at a copy: it removes what is damaged from the cache while it looks
        twin = at + "-twin"
        shutil.copytree(at, twin, symlinks=True)
        os.chdir(twin)
        results.append({"dir": at, **status()})
    json.dump(results, sys.stdout)


main()
