package dataset_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/git"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// house is a project with datasets, on disk as in life.
type house struct {
	*dataset.Service
	ledger *ledger.Ledger
	store  *store.Store
	dir    string
	device string
	now    func() time.Time
	unused bool // nobody has used any snapshot
	log    said

	declared func() (map[string]dataset.Setting, error) // what rondo.yaml says now
}

func open(t testing.TB, dir string) *house { return openBoot(t, dir, "") }

// openBoot opens it at some start of the machine; none is known of where boot is empty.
func openBoot(t testing.TB, dir, boot string) *house { return openAs(t, dir, boot, "laptop") }

// openAs opens it on a device.
func openAs(t testing.TB, dir, boot, device string) *house {
	t.Helper()
	h := &house{dir: dir, device: dir + "-device", now: time.Now}
	if device != "laptop" {
		h.device += "-" + device
	}
	var err error
	h.ledger, err = ledger.Open(context.Background(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo/journal"), Device: device, IndexPath: filepath.Join(h.device, "index.db"),
		Nouns: []index.Noun{dataset.Index()},
	})
	must(t, err)
	h.store, err = store.Open(filepath.Join(dir, ".rondo/objects"))
	must(t, err)
	h.Service, err = dataset.Open(context.Background(), dataset.Options{
		Ledger: h.ledger, Store: h.store, Dir: dir, Device: h.device, Boot: boot, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Now: func() time.Time { return h.now() },
		Declared: func() (map[string]dataset.Setting, error) {
			if h.declared == nil {
				return nil, nil
			}
			return h.declared()
		},
		Users: func(_ context.Context, id string) ([]dataset.Use, error) {
			if h.unused {
				return nil, nil
			}
			return []dataset.Use{{Kind: "run", ID: "r1", Name: "of " + id}}, nil
		},
	})
	must(t, err)
	t.Cleanup(h.close)
	return h
}

// notes are those of checkouts that the disk need not have yet, by their place.
func notes(t testing.TB, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(dir + "-device/unsettled/*.json")
	must(t, err)
	all := map[string]string{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		all[name] = string(b)
	}
	return all
}

// said is what was logged, by whatever goroutine.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (h *house) close() {
	h.Service.Close()
	h.ledger.Close()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func project(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	must(t, os.MkdirAll(dir, 0o755))
	return dir
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func read(t testing.TB, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	must(t, err)
	return string(b)
}

func (h *house) add(t testing.TB, name, path string) {
	t.Helper()
	_, err := h.Add(context.Background(), name, path, "")
	must(t, err)
}

func (h *house) snap(t testing.TB, name string) dataset.Snapshot {
	t.Helper()
	s, err := h.Snapshot(context.Background(), name, dataset.Take{Message: "test"})
	must(t, err)
	return s
}

// files is everything below a path of the project, by name.
func files(t testing.TB, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(root, func(p string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			b, _ := os.ReadFile(p)
			rel, _ := filepath.Rel(root, p)
			fi, _ := e.Info()
			all[filepath.ToSlash(rel)] = fmt.Sprint(fi.Mode().Perm()&0o111 != 0, string(b))
		}
		return err
	}))
	return all
}

const csv1 = "location,date,temp\nSeattle,2012-01-01,12.8\nSeattle,2012-01-02,10.6\n"

func TestSnapshotPointsAndNumbers(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "data/weather.csv", csv1)
	h.add(t, "", "data/weather.csv")
	one := h.snap(t, "weather")
	if one.Number != 1 || !one.Single || one.Rows != 2 || one.Files != 1 || one.Size != int64(len(csv1)) || one.Content != ref.Of([]byte(csv1)) {
		t.Fatalf("%+v", one)
	}
	p, err := dataset.ParsePointer(read(t, dir, "data/weather.csv.snap"))
	if err != nil || p.ID != one.ID || p.Number != 1 || p.Content != one.Content {
		t.Fatalf("pointer %+v, %v", p, err)
	}
	if got := read(t, dir, "data/.gitignore"); got != "/weather.csv\n" {
		t.Fatalf(".gitignore is %q", got)
	}
	if again := h.snap(t, "weather"); again.ID != one.ID {
		t.Fatalf("the same content became %s", again.Ref())
	}
	write(t, dir, "data/weather.csv", csv1+"New York,2012-01-01,8\n")
	two := h.snap(t, "weather")
	if two.Number != 2 || two.Parent != one.ID || two.Rows != 3 {
		t.Fatalf("%+v", two)
	}
	write(t, dir, "data/weather.csv", csv1)
	if back := h.snap(t, "weather"); back.ID != one.ID {
		t.Fatalf("content that is version 1 again became %s", back.Ref())
	}
	if got := read(t, dir, "data/.gitignore"); got != "/weather.csv\n" {
		t.Fatalf(".gitignore grew: %q", got)
	}
	for name, want := range map[string]string{one.ID: one.ID, "weather@1": one.ID, "weather@v2": two.ID, "weather": two.ID} {
		if s, err := h.Find(ctx, name); err != nil || s.ID != want {
			t.Errorf("find %s: %s %v", name, s.Ref(), err)
		}
	}
	for _, digest := range []ref.Digest{one.Content, one.Tree} {
		if list, err := h.ByContent(ctx, digest.String()); err != nil || len(list) != 1 || list[0].ID != one.ID {
			t.Errorf("by content: %v %v", list, err)
		}
	}
	uses, err := h.Uses(ctx, one.ID)
	if err != nil || len(uses) != 1 {
		t.Errorf("uses: %v %v", uses, err)
	}
}

// TestCodeIsLinkedAndDataIsNotCode: a snapshot knows the commit and what of the code was
// not in it; the data and its pointer do not count, also before git ignores them.
func TestCodeIsLinkedAndDataIsNotCode(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	r, err := git.Init(dir)
	must(t, err)
	write(t, dir, ".git/config", read(t, dir, ".git/config")+"[user]\n\tname = Ann\n\temail = ann@example.com\n")
	write(t, dir, "train.py", "one\n")
	commit, err := r.Commit([]string{"train.py"}, "first", time.Now())
	must(t, err)
	write(t, dir, "data/w.csv", csv1)
	h := open(t, dir)
	h.add(t, "w", "data/w.csv")
	one, err := h.Snapshot(ctx, "w", dataset.Take{Commit: true, Message: "the first"})
	must(t, err)
	if one.Git == nil || one.Git.Commit != commit || one.Git.Branch != "main" || one.Git.Dirty {
		t.Fatalf("%+v", one.Git)
	}
	r, err = git.Open(dir)
	must(t, err)
	if d, err := r.Status(ctx); err != nil || !slices.Equal(d.Untracked, []string{}) || len(d.Changed) > 0 {
		t.Errorf("after the commit of the pointer: %+v %v", d, err)
	}
	write(t, dir, "train.py", "two\n")
	write(t, dir, "data/w.csv", csv1+"Oslo,2012-01-01,1\n")
	two := h.snap(t, "w")
	text, err := h.store.ReadAll(ctx, two.Git.Diff, 1<<20)
	if err != nil || !two.Git.Dirty || two.Git.Commit == commit || !strings.Contains(string(text), "+two") || strings.Contains(string(text), "Oslo") {
		t.Errorf("%+v %v %s", two.Git, err, text)
	}
}

func TestIndexRebuildsRowForRow(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "a.csv", csv1)
	write(t, dir, "images/1.png", "one")
	h.add(t, "a", "a.csv")
	must(t, h.Sync(ctx, map[string]dataset.Setting{"images": {Path: "images", Desc: "pictures"}, "later": {Path: "not/yet.csv"}}))
	must(t, h.Sync(ctx, map[string]dataset.Setting{"images": {Path: "images", Desc: "photos"}}))
	h.snap(t, "a")
	h.snap(t, "images")
	var before, after bytes.Buffer
	must(t, h.ledger.Dump(ctx, &before))
	h.close()
	must(t, os.Remove(filepath.Join(h.device, "index.db")))
	h = open(t, dir)
	must(t, h.ledger.Dump(ctx, &after))
	if before.String() != after.String() || before.Len() == 0 {
		t.Fatalf("before\n%s\nafter\n%s", before.String(), after.String())
	}
	if d, err := h.Get(ctx, "images"); err != nil || d.Desc != "photos" {
		t.Fatalf("%+v %v", d, err)
	}
}

func TestMistakesAreAnsweredAsSuch(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "data/a.csv", csv1)
	write(t, dir, "data/in/b.csv", csv1)
	write(t, filepath.Dir(dir), "outside.csv", "secret\n")
	must(t, os.Symlink("../outside.csv", filepath.Join(dir, "link.csv")))
	must(t, os.Symlink("..", filepath.Join(dir, "up")))
	h.add(t, "a", "data/a.csv")
	h.add(t, "in", "data/in")
	for _, c := range []struct {
		name, path string
		kind       errs.Kind
	}{
		{"x", "../outside.csv", errs.Invalid},
		{"x", "/etc/passwd", errs.Invalid},
		{"x", "", errs.Invalid},
		{"x", ".", errs.Invalid},
		{"x", ".rondo/objects", errs.Invalid},
		{"x", "link.csv", errs.Invalid},
		{"x", "up/outside.csv", errs.Invalid},
		{"x", "data/none.csv", errs.NotFound},
		{"a", "data", errs.Conflict},
		{"x", "data", errs.Conflict},
		{"x", "data/in/b.csv", errs.Conflict},
		{"a/b", "data/a.csv", errs.Invalid},
		{"a@1", "data/a.csv", errs.Invalid},
		{"x", "data/a.csv.snap", errs.Invalid},
	} {
		if _, err := h.Add(ctx, c.name, c.path, ""); !errs.Is(err, c.kind) {
			t.Errorf("add %q %q: %v, want %s", c.name, c.path, err, c.kind)
		}
	}
	if _, err := h.Snapshot(ctx, "none", dataset.Take{}); !errs.Is(err, errs.NotFound) {
		t.Errorf("snapshot of nothing: %v", err)
	}
	if _, err := h.Find(ctx, "a"); !errs.Is(err, errs.NotFound) || !strings.Contains(errs.HintOf(err), "rondo data snapshot a") {
		t.Errorf("no snapshot yet: %v", err)
	}
	if _, err := h.Find(ctx, "a@zero"); !errs.Is(err, errs.NotFound) {
		t.Errorf("find a@zero: %v", err)
	}
	must(t, os.Symlink("a.csv", filepath.Join(dir, "data/in/link")))
	if _, err := h.Snapshot(ctx, "in", dataset.Take{}); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "link") {
		t.Errorf("a link in a folder: %v", err)
	}
}

// TestCheckoutGivesBackWhatWasThere is the property: whatever the folder holds, its
// snapshot checked out over anything else is the same, byte for byte.
func TestCheckoutGivesBackWhatWasThere(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	states := []map[string]string{
		{"a.txt": "a", "deep/b.bin": strings.Repeat("b", 200_000), "empty": ""},
		{"a.txt": "changed", "deep": "a file where a folder was", "x/y/z": "new"},
		{"x": "the other way", "run.sh": "#!/bin/sh\n"},
		{"big.csv": "n\n" + strings.Repeat("123456789\n", 300_000), "ünï/ço dé.txt": "names"},
	}
	var want []map[string]string
	for i, state := range states {
		must(t, os.RemoveAll(filepath.Join(dir, "data")))
		for name, text := range state {
			write(t, dir, "data/"+name, text)
		}
		if i == 2 {
			must(t, os.Chmod(filepath.Join(dir, "data/run.sh"), 0o755))
		}
		if i == 0 {
			h.add(t, "d", "data")
		}
		if s := h.snap(t, "d"); s.Number != i+1 {
			t.Fatalf("state %d became %s", i, s.Ref())
		}
		want = append(want, files(t, filepath.Join(dir, "data")))
	}
	for round, n := range []int{1, 2, 3, 4, 2, 1, 4, 3, 1} {
		if _, err := h.Checkout(ctx, "d", n, false); err != nil {
			t.Fatalf("round %d, version %d: %v", round, n, err)
		}
		if got := files(t, filepath.Join(dir, "data")); fmt.Sprint(got) != fmt.Sprint(want[n-1]) {
			t.Fatalf("round %d: version %d came back as %.300v", round, n, got)
		}
		if st, err := h.Status(ctx, "d"); err != nil || st.State != dataset.Clean || st.Snapshot != n {
			t.Fatalf("round %d: status %+v %v", round, st, err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, ".rondo/tmp")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	if st, _ := h.Status(ctx, "d"); st.State != dataset.Missing {
		t.Errorf("status of a missing folder: %+v", st)
	}
	_, err := h.Checkout(ctx, "d", 0, false) // what the pointer names
	must(t, err)
	if got := files(t, filepath.Join(dir, "data")); fmt.Sprint(got) != fmt.Sprint(want[0]) {
		t.Error("the pointer's snapshot did not come back")
	}
}

func TestUnsavedWorkIsNotOverwritten(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "data/a.txt", "one")
	write(t, dir, "data/b.txt", "one")
	h.add(t, "d", "data")
	h.snap(t, "d")
	write(t, dir, "data/a.txt", "two")
	h.snap(t, "d")
	write(t, dir, "data/new.txt", "work")
	write(t, dir, "data/b.txt", "work")
	before := files(t, filepath.Join(dir, "data"))
	_, err := h.Checkout(ctx, "d", 1, false)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "data/b.txt, data/new.txt") || strings.Contains(err.Error(), "a.txt") {
		t.Fatalf("%v", err)
	}
	if got := files(t, filepath.Join(dir, "data")); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Fatalf("a refused checkout changed the folder: %v", got)
	}
	if st, _ := h.Status(ctx, "d"); st.State != dataset.Changed || !slices.Equal(st.Added, []string{"new.txt"}) || !slices.Equal(st.Changed, []string{"b.txt"}) || st.Count != 2 {
		t.Fatalf("%+v", st)
	}
	_, err = h.Checkout(ctx, "d", 1, true)
	must(t, err)
	if got := files(t, filepath.Join(dir, "data")); len(got) != 2 || !strings.Contains(got["a.txt"], "one") {
		t.Fatalf("%v", got)
	}
}

// TestAnEditIsNeverMissed writes the same number of bytes within one tick of the clock.
func TestAnEditIsNeverMissed(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	path := filepath.Join(dir, "data/a.txt")
	write(t, dir, "data/a.txt", "0000")
	write(t, dir, "data/old.txt", "old")
	h.add(t, "d", "data")
	moment := time.Now()
	for i := range 50 {
		must(t, os.WriteFile(path, fmt.Appendf(nil, "%04d", i), 0o644))
		must(t, os.Chtimes(path, moment, moment))
		if s := h.snap(t, "d"); s.Number != i+1 {
			t.Fatalf("edit %d was missed: %s", i, s.Ref())
		}
	}
}

// TestOnlySettledFilesAreRemembered: a file that could be changed again and look the
// same must be read again.
func TestOnlySettledFilesAreRemembered(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	write(t, dir, "a.csv", csv1)
	moment := time.Now()
	h.now = func() time.Time { return moment }
	h.add(t, "a", "a.csv")
	h.snap(t, "a")
	if h.remembers(t, "a.csv") {
		t.Error("a file that was just written is remembered")
	}
	h.now = func() time.Time { return time.Now().Add(time.Hour) }
	if st, err := h.Status(ctx, "a"); err != nil || st.State != dataset.Clean {
		t.Fatalf("%+v %v", st, err)
	}
	if !h.remembers(t, "a.csv") {
		t.Error("a file that was written long ago is not remembered")
	}
	write(t, dir, "a.csv", strings.Replace(csv1, "12.8", "12.9", 1))
	if st, _ := h.Status(ctx, "a"); st.State != dataset.Changed {
		t.Errorf("a change after that is missed: %+v", st)
	}
}

func (h *house) remembers(t *testing.T, name string) bool {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(h.device, "stat", "*.stat"))
	must(t, err)
	return len(list) == 1 && strings.Contains(read(t, "", list[0]), name)
}

// TestCheckoutRemembersWhatItWrote, so that a status right after it reads nothing, and
// yet misses no change that is made after the files are in place.
func TestCheckoutRemembersWhatItWrote(t *testing.T) {
	for _, boot := range []string{"", "one"} { // once the disk is waited for, and once it is not
		t.Run(boot, func(t *testing.T) { checkoutRemembers(t, boot) })
	}
}

func checkoutRemembers(t *testing.T, boot string) {
	ctx, dir := t.Context(), project(t)
	h := openBoot(t, dir, boot)
	write(t, dir, "data/a.txt", "one")
	write(t, dir, "data/sub/b.txt", "one")
	h.add(t, "d", "data")
	h.snap(t, "d")
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	must(t, os.RemoveAll(filepath.Join(h.device, "stat")))
	later := func() time.Time { return time.Now().Add(time.Hour) }
	h.now = later
	_, err := h.Checkout(ctx, "d", 1, false)
	must(t, err)
	if boot != "" { // nobody waits for it
		h.close()
		h = openBoot(t, dir, boot)
		h.now = later
	}
	if !h.remembers(t, "b.txt") {
		t.Error("what was checked out is not remembered")
	}
	write(t, dir, "data/a.txt", "two")
	if st, err := h.Status(ctx, "d"); err != nil || st.State != dataset.Changed || !slices.Equal(st.Changed, []string{"a.txt"}) {
		t.Errorf("%+v %v", st, err)
	}
}

// TestAnAnsweredCheckoutHasItsDatasetUntilItIsNoted: how the files look is noted after the answer, and
// what the next verb remembers must not be written over by that.
func TestAnAnsweredCheckoutHasItsDatasetUntilItIsNoted(t *testing.T) {
	dir := project(t)
	h := openBoot(t, dir, "one")
	write(t, dir, "data/a.txt", "one")
	h.add(t, "d", "data")
	h.snap(t, "d")
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	var placed, noting atomic.Bool
	var next error
	ended := make(chan struct{})
	fault.Hook(func(point string) { placed.Store(placed.Load() || point == "dataset.moved") })
	defer fault.Hook(nil)
	h.now = func() time.Time {
		if placed.Load() && noting.CompareAndSwap(false, true) {
			go func() {
				defer close(ended)
				_, next = h.Checkout(context.Background(), "d", 1, false)
			}()
			select {
			case <-ended:
				t.Error("the next verb came to its end before the files were noted")
			case <-time.After(300 * time.Millisecond): // it waits
			}
		}
		return time.Now()
	}
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	<-ended
	must(t, next)
}

func noise(n int) string {
	b := make([]byte, n)
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return string(b)
}
