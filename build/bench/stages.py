"""The part of data.py that asks a pipeline of 155 stages of which nothing must run."""

import peers

STAGES = 155


def lay(folder, name):
    """Chains of five stages, each with a dep, a param and an out, written into a file of the project."""
    (folder / "params.yaml").write_text("".join(f"p{i}: {i}\n" for i in range(STAGES)))
    (folder / "source.txt").write_text("begin\n")
    (folder / "made").mkdir()
    lines = ["stages:"]
    for i in range(STAGES):
        dep = f"made/s{i - 1}.txt" if i % 5 else "source.txt"
        lines += [f"  s{i}:", f"    cmd: cp {dep} made/s{i}.txt", f"    deps: [{dep}]", f"    params: [p{i}]", f"    outs: [made/s{i}.txt]"]
    with open(folder / name, "a") as f:
        f.write("\n" + "\n".join(lines) + "\n")


class Pipeline(peers.Rondo):
    """A project whose stages stand in rondo.yaml, and have run."""

    name, file = "rondo, rondo.yaml", "rondo.yaml"

    def begin(self):
        super().begin()
        lay(self.home, self.file)
        self.ask("trust", "--yes")
        self.ask("repro")

    def ask(self, *args):
        return peers.timed(self.args.rondo, *args, cwd=self.home, env=self.env)

    def steps(self):
        return {"status": lambda: self.ask("status"), "repro": lambda: self.ask("repro")}


class OfDvc(Pipeline):
    """A DVC project, whose dvc.lock and cache Rondo has written. DVC is asked in the same folder."""

    name, file = "rondo", "dvc.yaml"

    def begin(self):
        self.env.update(DVC_NO_ANALYTICS="1", DVC_SITE_CACHE_DIR=str(self.home / "site"), HOME=str(self.home.parent))
        if self.args.dvc:
            peers.ask("git", "init", "-q", cwd=self.home)
            peers.ask(self.args.dvc, "init", "-q", cwd=self.home, env=self.env)
        else:
            (self.home / ".dvc").mkdir()
            (self.home / ".dvc/config").write_text("[core]\n    no_scm = true\n")
        super().begin()

    def dvc(self, *args):
        """Asks dvc, which must find nothing to do."""
        began_with = (self.home / "dvc.lock").read_bytes()
        took = peers.timed(self.args.dvc, *args, cwd=self.home, env=self.env)
        if (self.home / "dvc.lock").read_bytes() != began_with:
            raise SystemExit("data: dvc found something to do")
        return took


def measure(p, args):
    p.call(f"a pipeline of {STAGES} stages of which nothing must run")
    if not args.dvc:
        p.found["without"]["dvc"] = "is not installed"
    for program in (OfDvc, Pipeline):
        with p.at("project", program) as (one, _):
            for _ in range(args.rounds):
                for what, step in one.steps().items():
                    p.note(what, one.name, True, step())
                    if program is OfDvc and args.dvc:
                        p.note(what, "dvc", True, one.dvc(what))
