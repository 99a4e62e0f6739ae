package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// sent is one thing that goes to a remote, as Rondo is asked for it and as dvc is.
type sent struct {
	do   func(p *dvc.Project) error
	args []string
}

func (a *afar) manySent() []sent {
	ctx := a.t.Context()
	imports := func(in dvc.Import) func(*dvc.Project) error {
		in.ToRemote = true
		return func(p *dvc.Project) error { _, err := p.Import(ctx, in); return err }
	}
	adds := func(in dvc.Send) func(*dvc.Project) error {
		return func(p *dvc.Project) error { _, err := p.Send(ctx, in); return err }
	}
	u := a.url
	return []sent{
		{imports(dvc.Import{From: u + "/in.csv"}), []string{"import-url", u + "/in.csv"}},
		{imports(dvc.Import{From: u + "/ind", Out: "sub", Remote: "second"}), []string{"import-url", u + "/ind", "sub", "-r", "second"}},
		{imports(dvc.Import{From: "remote://far/dir", Out: "r"}), []string{"import-url", "remote://far/dir", "r"}},
		{imports(dvc.Import{From: "own.txt", Out: "own2.txt"}), []string{"import-url", "own.txt", "own2.txt"}},
		{imports(dvc.Import{From: u + "/nope"}), []string{"import-url", u + "/nope"}},
		{imports(dvc.Import{From: u + "/in.csv", Out: "x", Remote: "nope"}), []string{"import-url", u + "/in.csv", "x", "-r", "nope"}},
		{imports(dvc.Import{From: u + "/in.csv", Out: "own.txt"}), []string{"import-url", u + "/in.csv", "own.txt"}},
		{imports(dvc.Import{From: u + "/in.csv", Out: "x", NoExec: true}), []string{"import-url", u + "/in.csv", "x", "--no-exec"}},
		{adds(dvc.Send{From: u + "/k.csv", Out: "a.csv"}), []string{"add", u + "/k.csv", "-o", "a.csv"}},
		{adds(dvc.Send{From: u + "/dir", Remote: "second"}), []string{"add", u + "/dir", "-r", "second"}},
		{adds(dvc.Send{From: "own.txt"}), []string{"add", "own.txt"}},
		{adds(dvc.Send{From: "own.txt", Out: "copy.txt"}), []string{"add", "own.txt", "-o", "copy.txt"}},
		{adds(dvc.Send{From: "some"}), []string{"add", "some"}},
		{adds(dvc.Send{From: u + "/k.csv", Out: "own.txt"}), []string{"add", u + "/k.csv", "-o", "own.txt"}},
		{adds(dvc.Send{From: u + "/nope"}), []string{"add", u + "/nope"}},
		{adds(dvc.Send{From: "none.txt"}), []string{"add", "none.txt"}},
	}
}

// TestWhatGoesToARemoteIsDVCs imports and adds with --to-remote beside dvc: the same .dvc files, .gitignore
// and objects there, nothing of the data here, and then the same comes back.
func TestWhatGoesToARemoteIsDVCs(t *testing.T) {
	for name, start := range farKinds(t) {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			a.write("1")
			main, twin := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "p")
			for _, dir := range []string{main, twin} {
				a.begin(dir)
			}
			for _, one := range a.manySent() {
				before := tellAll(t, main)
				said, ok := a.d.try(twin, append(one.args, "-q", "--to-remote")...)
				err := one.do(open(t, main))
				if ok != (err == nil) {
					t.Errorf("%v: %v, dvc %v %s", one.args, err, ok, said)
				}
				if err != nil && (errs.HintOf(err) == "" || tellAll(t, main) != before) {
					t.Errorf("%v: %v (%s) left %s", one.args, err, errs.HintOf(err), tellAll(t, main))
				}
				if got, want := told(t, main), told(t, twin); got != want {
					t.Fatalf("%v: Rondo has made\n%s\nand dvc\n%s", one.args, got, want)
				}
				for _, store := range []string{"store/first", "store/second"} {
					if got, want := objectsAt(t, main, store), objectsAt(t, twin, store); got != want {
						t.Errorf("%v: in %s has Rondo\n%s\nand dvc\n%s", one.args, store, got, want)
					}
				}
			}
			outs := []string{"in.csv", "sub/ind", "r", "own2.txt", "a.csv", "dir", "copy.txt"}
			second := []string{"sub/ind.dvc", "dir.dvc"}
			a.d.must(twin, append([]string{"pull", "-q", "-r", "second"}, second...)...)
			a.d.must(twin, "pull", "-q")
			if _, err := open(t, main).Fetch(t.Context(), dvc.Exchange{Remote: "second", Selection: dvc.Selection{Targets: second}}); err != nil {
				t.Fatal(err)
			}
			if _, err := pullAll(t, main); err != nil {
				t.Fatal(err)
			}
			if got, want := contents(t, main, outs), contents(t, twin, outs); got != want {
				t.Errorf("Rondo has brought back\n%s\nand dvc\n%s", got, want)
			}
		})
	}
}

// begin makes a project with the place as one of its remotes, and two folders beside it.
func (a *afar) begin(dir string) {
	t := a.t
	t.Helper()
	for _, name := range []string{"some/a", "sub", "../store/first", "../store/second"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "own.txt", "own\n")
	put(t, dir, "some/a/b", "b\n")
	put(t, dir, "sub/here", "h\n")
	gitDo(t, dir, "init", "-q", ".")
	a.d.must(dir, "init", "-q")
	put(t, dir, ".dvc/config", "[core]\n    remote = first\n['remote \"first\"']\n    url = ../../store/first\n['remote \"second\"']\n    url = ../../store/second\n"+a.settings())
}

// objectsAt is what a remote beside a project holds, but for what dvc leaves of its way there.
func objectsAt(t *testing.T, dir, store string) string {
	var keep []string
	for _, name := range filesBelow(t, filepath.Join(filepath.Dir(dir), store)) {
		if !strings.HasSuffix(name, ".tmp") {
			keep = append(keep, name)
		}
	}
	return joined(keep)
}

// TestWhatIsCutOffOnItsWayToARemote leaves no .dvc file, and said again all of it arrives.
func TestWhatIsCutOffOnItsWayToARemote(t *testing.T) {
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n    remote = store\n['remote \"store\"']\n    url = ../store\n", "ind/a": "1\n", "ind/b": "2\n"})
	if err := os.WriteFile(filepath.Join(dir, "store"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	in := dvc.Send{From: "ind", Out: "there"}
	if _, err := open(t, dir).Send(t.Context(), in); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a file in the place of the remote: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "there.dvc")); err == nil {
		t.Error("its .dvc file is there")
	}
	lose(t, dir, "store")
	if _, err := open(t, dir).Send(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if left := filesBelow(t, filepath.Join(dir, ".dvc/cache")); len(left) > 0 {
		t.Errorf("the cache holds %v", left)
	}
	if _, err := pullAll(t, dir); err != nil || textsBelow(t, filepath.Join(dir, "there")) != textsBelow(t, filepath.Join(dir, "ind")) {
		t.Errorf("%v, %s", err, textsBelow(t, filepath.Join(dir, "there")))
	}
}
