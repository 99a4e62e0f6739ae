package fsck_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fsck"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/run/points"
	"rondo/backend/store"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample is a project with packed and whole, plain and compressed objects, a folder
// and a table under version control, and two versions of each.
func sample(t *testing.T) (dir string) {
	t.Helper()
	ctx := t.Context()
	dir = filepath.Join(t.TempDir(), "project")
	must(t, os.MkdirAll(filepath.Join(dir, "images"), 0o755))
	_, err := project.Init(dir, "sample")
	must(t, err)
	l, err := ledger.Open(ctx, ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo/journal"), Device: "laptop", IndexPath: indexPath(dir), Nouns: []index.Noun{dataset.Index()},
	})
	must(t, err)
	defer l.Close()
	s, err := store.Open(filepath.Join(dir, ".rondo/objects"))
	must(t, err)
	d, err := dataset.Open(ctx, dataset.Options{Ledger: l, Store: s, Dir: dir, Device: filepath.Dir(indexPath(dir))})
	must(t, err)
	defer d.Close()
	noise := make([]byte, 100_000)
	seed := uint32(1)
	for i := range noise {
		seed = seed*1664525 + 1013904223
		noise[i] = byte(seed >> 24)
	}
	for round := range 2 {
		must(t, os.WriteFile(filepath.Join(dir, "w.csv"), []byte("a,b\n"+strings.Repeat("1,2\n", round+2)), 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "images/small"), []byte{byte(round)}, 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "images/noise"), append(noise, byte(round)), 0o644))
		must(t, os.WriteFile(filepath.Join(dir, "images/text"), bytes.Repeat([]byte("text "), 20_000+round), 0o644))
		for name, path := range map[string]string{"w": "w.csv", "images": "images"} {
			if round == 0 {
				_, err := d.Add(ctx, name, path, "")
				must(t, err)
			}
			_, err := d.Snapshot(ctx, name, dataset.Take{})
			must(t, err)
		}
	}
	return dir
}

func indexPath(dir string) string { return filepath.Join(dir+"-device", "index.db") }

// check runs offline, and with the index where withIndex says so.
func check(t *testing.T, dir string, withIndex bool) fsck.Report {
	t.Helper()
	opts := fsck.Options{}
	if withIndex {
		x, err := index.Open(t.Context(), indexPath(dir), dataset.Index())
		must(t, err)
		defer x.Close()
		opts.Nouns = []index.Noun{dataset.Index()}
		opts.Dump = func(ctx context.Context, w io.Writer) error { return x.Dump(ctx, w) }
	}
	r, err := fsck.Check(t.Context(), dir, opts)
	must(t, err)
	return r
}

func TestIntactProject(t *testing.T) {
	dir := sample(t)
	r := check(t, dir, true)
	if !r.OK || r.Records < 6 || r.Objects < 10 || r.References < 10 || r.Pointers != 2 || !r.Index {
		t.Fatalf("%+v", r)
	}
	if _, err := fsck.Check(t.Context(), t.TempDir(), fsck.Options{}); !errs.Is(err, errs.NotFound) {
		t.Fatalf("a folder that is no project: %v", err)
	}
}

// TestEveryFlippedBitIsNamed damages every file of the project in many places. Only
// where the damage changes nothing that anybody reads may it pass.
func TestEveryFlippedBitIsNamed(t *testing.T) {
	dir := sample(t)
	n := 0
	must(t, filepath.WalkDir(filepath.Join(dir, ".rondo"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "format") || strings.HasSuffix(path, ".gitignore") {
			return err
		}
		whole, err := os.ReadFile(path)
		must(t, err)
		must(t, os.Chmod(path, 0o644))
		rel, _ := filepath.Rel(dir, path)
		for i := range 12 {
			at := len(whole) * i / 12
			bad := bytes.Clone(whole)
			bad[at] ^= 0x04
			must(t, os.WriteFile(path, bad, 0o644))
			n++
			r := check(t, dir, false)
			if !named(r, filepath.ToSlash(rel), int64(at)) && !harmless(t, path, whole, bad) {
				t.Errorf("%s is damaged at %d and not named: %+v", rel, at, r.Problems)
			}
		}
		return os.WriteFile(path, whole, 0o644)
	}))
	if n < 100 {
		t.Fatalf("only %d places were damaged", n)
	}
	if r := check(t, dir, true); !r.OK {
		t.Fatalf("put back, it is still %+v", r.Problems)
	}
}

// named reports whether a problem names the file, and a range that holds the byte
// where it gives one.
func named(r fsck.Report, file string, at int64) bool {
	for _, p := range r.Problems {
		if p.File == file && (p.Length == 0 || at >= p.Offset && at < p.Offset+p.Length) {
			return true
		}
	}
	return false
}

// harmless reports that a compressed object still gives every byte of its content: a
// bit of a Zstandard header can be one that decoders pass over.
func harmless(t *testing.T, path string, whole, bad []byte) bool {
	t.Helper()
	if !strings.HasSuffix(path, ".zst") {
		return false
	}
	z, err := zstd.NewReader(nil)
	must(t, err)
	defer z.Close()
	want, err := z.DecodeAll(whole, nil)
	must(t, err)
	got, err := z.DecodeAll(bad, nil)
	return err == nil && bytes.Equal(want, got)
}

func TestMetricPointsAreRead(t *testing.T) {
	dir := sample(t)
	path := filepath.Join(dir, ".rondo/runs/r1/metrics/laptop.points")
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	log, err := points.Open(path, 0)
	must(t, err)
	for i := range 3 {
		must(t, log.Append([]points.Point{{Key: "loss", Step: int64(i), Value: 0.5}}, true, func(int64, int64) {}))
	}
	must(t, log.Close())
	if r := check(t, dir, false); !r.OK || r.Files != 1 {
		t.Fatalf("%+v", r)
	}
	whole, err := os.ReadFile(path)
	must(t, err)
	for _, at := range []int{0, 20, len(whole) / 2} {
		bad := bytes.Clone(whole)
		bad[at] ^= 1
		must(t, os.WriteFile(path, bad, 0o644))
		if r := check(t, dir, false); !named(r, ".rondo/runs/r1/metrics/laptop.points", int64(at)) {
			t.Errorf("byte %d: %+v", at, r.Problems)
		}
	}
}

// TestLostCodeOfARunIsNamed: the note of a run's code stands on objects too.
func TestLostCodeOfARunIsNamed(t *testing.T) {
	dir := sample(t)
	s, err := store.Open(filepath.Join(dir, ".rondo/objects"))
	must(t, err)
	lost := ref.Of([]byte("lost"))
	list, err := s.PutBytes(t.Context(), []byte(`{"files":[{"path":"train.py","mode":"file","digest":"`+lost.String()+`"}],"deleted":[]}`))
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(dir, ".rondo/runs/r1"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, ".rondo/runs/r1/code.json"), []byte(`{"commit":"c","object":"`+list.String()+`"}`), 0o644))
	r := check(t, dir, false)
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].What, "runs/r1/code.json needs it for train.py") {
		t.Fatalf("%+v", r.Problems)
	}
}

func TestLostFilesAreNamed(t *testing.T) {
	for _, lost := range []string{".rondo/objects/packs", ".rondo/objects"} {
		dir := sample(t)
		must(t, os.RemoveAll(filepath.Join(dir, lost)))
		r := check(t, dir, false)
		if r.OK || r.Count < 2 || r.Problems[0].Kind != fsck.KindReference || r.Problems[0].Hint == "" {
			t.Fatalf("without %s: %+v", lost, r)
		}
	}
	dir := sample(t)
	must(t, os.WriteFile(filepath.Join(dir, "w.csv.snap"), []byte("rondo snapshot 1\n<<<<<<< HEAD\n"), 0o644))
	r := check(t, dir, false)
	if len(r.Problems) != 1 || r.Problems[0].File != "w.csv.snap" || !strings.Contains(r.Problems[0].Hint, "merge") {
		t.Fatalf("%+v", r)
	}
}

func TestAnotherIndexIsNoticed(t *testing.T) {
	dir := sample(t)
	x, err := index.Open(t.Context(), indexPath(dir), dataset.Index())
	must(t, err)
	must(t, x.Update(t.Context(), func(tx *index.Tx) error {
		_, err := tx.Exec("UPDATE dataset_sets SET description='made up'")
		return err
	}))
	must(t, x.Close())
	r := check(t, dir, true)
	if len(r.Problems) != 1 || r.Problems[0].Kind != fsck.KindIndex || !strings.Contains(r.Problems[0].What, "made up") {
		t.Fatalf("%+v", r)
	}
}

// TestChangesNothing checks a folder that nobody may write to, and compares it after.
func TestChangesNothing(t *testing.T) {
	dir := sample(t)
	left := filepath.Join(dir, ".rondo/objects/.object.tmp123")
	must(t, os.WriteFile(left, []byte("a write that is going on"), 0o600))
	before := listing(t, dir)
	if r := check(t, dir, false); !r.OK {
		t.Fatalf("%+v", r)
	}
	if after := listing(t, dir); after != before {
		t.Fatalf("before\n%s\nafter\n%s", before, after)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, walk error) error {
		must(t, walk)
		fi, err := d.Info()
		must(t, err)
		b.WriteString(path + fi.ModTime().String() + fi.Mode().String() + "\n")
		return nil
	}))
	return b.String()
}
