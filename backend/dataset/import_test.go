package dataset_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	rondo "rondo/backend/project"
)

// web is a server whose file can change, and whose connection may break.
type web struct {
	*httptest.Server
	text   atomic.Pointer[string]
	breaks atomic.Bool
	ranges atomic.Int32
	asked  atomic.Int32
}

func serveWeb(t *testing.T) *web {
	t.Helper()
	w := &web{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		text := *w.text.Load()
		switch r.URL.Path {
		case "/loop":
			http.Redirect(rw, r, "/loop", http.StatusFound)
			return
		case "/moved.csv":
			http.Redirect(rw, r, "/trips.csv", http.StatusFound)
			return
		case "/secret":
			http.Error(rw, "no", http.StatusForbidden)
			return
		case "/none":
			http.NotFound(rw, r)
			return
		}
		if r.Header.Get("Range") != "" {
			w.ranges.Add(1)
		}
		rw.Header().Set("ETag", fmt.Sprintf(`"%d-%c"`, len(text), text[0]))
		if w.breaks.CompareAndSwap(true, false) {
			rw.Header().Set("Content-Length", fmt.Sprint(len(text)))
			rw.Write([]byte(text[:len(text)/2]))
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(rw, r, "", time.Time{}, strings.NewReader(text))
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *web) set(text string) { w.text.Store(&text) }

func TestDataFromTheWebKnowsItsOrigin(t *testing.T) {
	ctx := t.Context()
	h, w := open(t, project2(t)), serveWeb(t)
	w.set(csv1 + strings.Repeat("7,8\n", 100_000))
	w.breaks.Store(true)
	in := dataset.Import{From: w.URL + "/moved.csv", Update: dataset.Update{Inside: true}}
	if _, err := h.Import(ctx, in); !errs.Is(err, errs.Unavailable) {
		t.Fatalf("a connection that breaks: %v", err)
	}
	if list, _ := h.List(ctx); len(list) != 0 {
		t.Errorf("half a file is a dataset: %+v", list)
	}
	x, err := h.Import(ctx, in)
	if err != nil || !x.New || x.Resumed == 0 || w.ranges.Load() != 1 || x.Snapshot.Dataset != "moved" {
		t.Fatalf("it goes on: %+v %v, %d ranges", x, err, w.ranges.Load())
	}
	if read(t, h.dir, "data/moved.csv") != *w.text.Load() {
		t.Error("it is not what the server has")
	}
	o := x.Snapshot.Origin
	if o == nil || o.URL != in.From || o.ETag == "" || o.At.IsZero() {
		t.Errorf("%+v", o)
	}
	if same, err := h.Update(ctx, "moved", dataset.Update{}); err != nil || same.New || same.Snapshot.ID != x.Snapshot.ID {
		t.Errorf("nothing has changed: %+v %v", same, err)
	}
	w.set("x,y\n1,2\n")
	write(t, h.dir, "data/moved.csv", "my work")
	if _, err := h.Update(ctx, "moved", dataset.Update{}); !errs.Is(err, errs.Conflict) || read(t, h.dir, "data/moved.csv") != "my work" {
		t.Errorf("work is overwritten: %v", err)
	}
	y, err := h.Update(ctx, "moved", dataset.Update{Force: true})
	if err != nil || !y.New || y.Snapshot.Number != 2 || y.Snapshot.Origin == nil || read(t, h.dir, "data/moved.csv") != "x,y\n1,2\n" {
		t.Errorf("%+v %v", y, err)
	}
}

// TestWhatTheWebMayNotDo: reach inside, run in circles, be endless, or leave something.
// TestAnImportThatWasCutOffAtItsEndIsSaidAgain: the file and the dataset are there, and no snapshot.
func TestAnImportThatWasCutOffAtItsEndIsSaidAgain(t *testing.T) {
	for what, is := range map[string]struct {
		there string
		taken bool
	}{"before the file": {"", true}, "after the file": {csv1, true}, "a person's own": {"mine", false}} {
		h, w := open(t, project2(t)), serveWeb(t)
		w.set(csv1)
		must(t, h.Sync(t.Context(), map[string]dataset.Setting{"trips": {Path: "data/trips.csv"}}))
		if is.there != "" {
			write(t, h.dir, "data/trips.csv", is.there)
		}
		x, err := h.Import(t.Context(), dataset.Import{From: w.URL + "/trips.csv", Update: dataset.Update{Inside: true}})
		if is.taken && (err != nil || x.Snapshot.Origin == nil || read(t, h.dir, "data/trips.csv") != csv1) {
			t.Errorf("%s: %+v %v", what, x, err)
		}
		if !is.taken && (!errs.Is(err, errs.Conflict) || read(t, h.dir, "data/trips.csv") != is.there) {
			t.Errorf("%s: %+v %v", what, x, err)
		}
		if left, _ := filepath.Glob(filepath.Join(h.dir, ".rondo/tmp/import-*")); is.taken && len(left) > 0 {
			t.Errorf("%s: left behind: %q", what, left)
		}
	}
}

func TestWhatTheWebMayNotDo(t *testing.T) {
	ctx := t.Context()
	h, w := open(t, project2(t)), serveWeb(t)
	w.set(strings.Repeat("a,b\n", 50_000))
	inside := dataset.Update{Inside: true}
	for from, want := range map[string]struct {
		in   dataset.Update
		kind errs.Kind
	}{
		w.URL + "/a.csv":       {dataset.Update{}, errs.Denied},
		"http://localhost:1/x": {dataset.Update{}, errs.Denied},
		w.URL + "/loop":        {inside, errs.Invalid}, w.URL + "/secret": {inside, errs.Denied}, w.URL + "/none": {inside, errs.NotFound},
		w.URL + "/b.csv":           {dataset.Update{Inside: true, MaxBytes: 1000}, errs.TooLarge},
		"ftp://host/x":             {inside, errs.Invalid},
		"http://me:secret@host/x":  {inside, errs.Invalid},
		"relative.csv":             {inside, errs.Invalid},
		"http://127.0.0.1:1/x.csv": {inside, errs.Unavailable},
	} {
		_, err := h.Import(ctx, dataset.Import{From: from, Update: want.in})
		if !errs.Is(err, want.kind) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v, want %s", from, err, want.kind)
		}
	}
	if _, err := h.Import(ctx, dataset.Import{From: w.URL + "/a.csv", Path: "../out", Update: inside}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a path that leads out: %v", err)
	}
	if list, _ := h.List(ctx); len(list) != 0 {
		t.Errorf("%+v", list)
	}
	if got := files(t, filepath.Join(h.dir, "data")); len(got) != 0 {
		t.Errorf("it has left %v", got)
	}
}

// project2 is a project with a marker, as `rondo init` makes it.
func project2(t *testing.T) string {
	t.Helper()
	p, err := rondo.Init(filepath.Join(t.TempDir(), "project"), "")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(p.Dir, "data"), 0o755))
	return p.Dir
}

func TestDataFromAnotherProject(t *testing.T) {
	ctx := t.Context()
	a, b := open(t, project2(t)), open(t, project2(t))
	write(t, a.dir, "data/x/big.bin", noise(3<<20))
	write(t, a.dir, "data/x/a.csv", csv1)
	a.add(t, "x", "data/x")
	one := a.snap(t, "x")
	x, err := b.Import(ctx, dataset.Import{From: a.dir, Snapshot: "x@1", Name: "mine"})
	if err != nil || x.Snapshot.Tree != one.Tree || read(t, b.dir, "data/x/a.csv") != csv1 {
		t.Fatalf("%+v %v", x, err)
	}
	if o := x.Snapshot.Origin; o == nil || o.Snapshot != one.ID || o.Dataset != "x" || len(o.Project) != 32 {
		t.Errorf("%+v", o)
	}
	if same, err := b.Update(ctx, "mine", dataset.Update{}); err != nil || same.New {
		t.Errorf("%+v %v", same, err)
	}
	write(t, a.dir, "data/x/a.csv", csv1+"8,8\n")
	a.snap(t, "x")
	if fresh, err := b.Update(ctx, "mine", dataset.Update{}); err != nil || !fresh.New || fresh.Snapshot.Number != 2 || read(t, b.dir, "data/x/a.csv") != csv1+"8,8\n" {
		t.Errorf("%+v %v", fresh, err)
	}
	for what, in := range map[string]dataset.Import{
		"which snapshot": {From: a.dir}, "no such snapshot": {From: a.dir, Snapshot: "x@9", Name: "n", Path: "n"}, "the name is taken": {From: a.dir, Snapshot: "x", Name: "mine", Path: "n"},
		"no project": {From: t.TempDir(), Snapshot: "x"}, "the place is taken": {From: a.dir, Snapshot: "x", Name: "n"},
	} {
		if _, err := b.Import(ctx, in); err == nil || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := a.Update(ctx, "x", dataset.Update{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("what was not imported: %v", err)
	}
}

// TestAFileFromAnotherProjectHasItsNameHere: it is clean, asked anew, and no new snapshot.
func TestAFileFromAnotherProjectHasItsNameHere(t *testing.T) {
	ctx := t.Context()
	a, b := open(t, project2(t)), open(t, project2(t))
	write(t, a.dir, "data/a.csv", csv1)
	a.add(t, "a", "data/a.csv")
	a.snap(t, "a")
	got, err := b.Import(ctx, dataset.Import{From: a.dir, Snapshot: "a@1", Name: "mine", Path: "data/mine.csv"})
	if err != nil || got.Snapshot.Rows == 0 {
		t.Fatalf("%+v %v", got, err)
	}
	if st, err := b.Status(ctx, "mine"); err != nil || st.State != dataset.Clean {
		t.Errorf("%+v %v", st, err)
	}
	if again := b.snap(t, "mine"); again.Number != 1 {
		t.Errorf("the same content is %s", again.Ref())
	}
	write(t, a.dir, "data/a.csv", csv1+"8,8\n")
	a.snap(t, "a")
	if fresh, err := b.Update(ctx, "mine", dataset.Update{}); err != nil || !fresh.New || read(t, b.dir, "data/mine.csv") != csv1+"8,8\n" {
		t.Errorf("%+v %v", fresh, err)
	}
}

// TestASnapshotOfAnotherProjectIsTheOneThatWasNamed: by a tag, and never one that was forgotten.
func TestASnapshotOfAnotherProjectIsTheOneThatWasNamed(t *testing.T) {
	ctx := t.Context()
	a, b := open(t, project2(t)), open(t, project2(t))
	write(t, a.dir, "data/a.csv", csv1)
	a.add(t, "a", "data/a.csv")
	one := a.snap(t, "a")
	for i := range 3 {
		write(t, a.dir, "data/a.csv", csv1+fmt.Sprintf("%d,8\n", i))
		a.snap(t, "a")
	}
	_, err := a.SetTag(ctx, "a", 3, "golden")
	must(t, err)
	_, err = a.SetTag(ctx, "a", 1, "golden") // it moved
	must(t, err)
	got, err := b.Import(ctx, dataset.Import{From: a.dir, Snapshot: "a@golden", Name: "g", Path: "data/g.csv"})
	if err != nil || got.Snapshot.Tree != one.Tree || got.Snapshot.Origin.Number != 1 {
		t.Errorf("%+v %v", got.Snapshot, err)
	}
	must(t, os.WriteFile(filepath.Join(a.dir, "rondo.yaml"), []byte("rondo: 1\ndatasets: {a: {path: data/a.csv}}\n"), 0o644))
	a.forget(t, "a")
	for _, none := range []string{"a@2", "a@silver", "a@9", "b"} {
		if _, err := b.Import(ctx, dataset.Import{From: a.dir, Snapshot: none, Name: "n", Path: "data/n.csv"}); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), none) {
			t.Errorf("%s: %v", none, err)
		}
	}
}

// forget applies the rule that keeps the newest snapshot, and tagged ones.
func (h *house) forget(t *testing.T, name string) {
	t.Helper()
	must(t, h.Sync(t.Context(), map[string]dataset.Setting{name: {Path: "data/" + name + ".csv", Keep: &dataset.Keep{Last: 1, Tagged: true}}}))
	got, err := h.Retain(t.Context(), dataset.Retain{})
	if err != nil || len(got) != 1 || len(got[0].Forgot) == 0 {
		t.Fatalf("%+v %v", got, err)
	}
}

// TestAnImportOfWhatIsThereInPart names what is lacking there, and works once it came.
func TestAnImportOfWhatIsThereInPart(t *testing.T) {
	ctx := t.Context()
	remote := pushedImages(t, filepath.Join(t.TempDir(), "remote"))
	a, b := open(t, project2(t)), open(t, project2(t))
	must(t, a.SetRemote(far.Remote{Name: "disk", Address: remote}))
	a.pull(t, 1, "val", "list.csv")
	in := dataset.Import{From: a.dir, Snapshot: "images", Path: "images"}
	_, err := b.Import(ctx, in)
	if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "has only a part of images@1: 601 of its files (train/cats-too/big.bin") || !strings.Contains(errs.HintOf(err), "data fetch images@1 --project "+a.dir) {
		t.Fatalf("%v; %s", err, errs.HintOf(err))
	}
	_, err = a.Fetch(ctx, dataset.Exchange{})
	must(t, err)
	if got, err := b.Import(ctx, in); err != nil || got.Snapshot.Files != 604 || got.Snapshot.InPart() {
		t.Errorf("%+v %v", got, err)
	}
	must(t, a.Close())
}
