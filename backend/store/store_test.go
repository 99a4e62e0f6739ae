package store_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

var ctx = context.Background()

func mustOpen(tb testing.TB, dir string) *store.Store {
	tb.Helper()
	s, err := store.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// samples are contents of every storage form: in one piece and in chunks, each as it is and compressed.
func samples() [][]byte {
	noise := make([]byte, 3<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	text := bytes.Repeat([]byte("date,temp_max\n2012-01-01,12.8\n"), 100_000)
	return [][]byte{{}, []byte("x"), noise[:store.Small], text[:store.Small], noise[:store.Small+1], noise, text, bytes.Repeat([]byte{0}, 2<<20)}
}

func TestContentComesBack(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	for round := range 2 { // the second time from disk alone
		for _, want := range samples() {
			d, n, err := s.Put(ctx, bytes.NewReader(want))
			if err != nil || d != ref.Of(want) || n != int64(len(want)) {
				t.Fatalf("put %d bytes: %s %d %v", len(want), d, n, err)
			}
			got, err := s.ReadAll(ctx, d, 1<<30)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("round %d: %d bytes came back as %d, %v", round, len(want), len(got), err)
			}
		}
		s = mustOpen(t, dir)
	}
	if _, err := s.Open(ctx, ref.Of([]byte("never stored"))); !errs.Is(err, errs.NotFound) {
		t.Fatalf("missing object: %v", err)
	}
	if _, err := s.ReadAll(ctx, ref.Of(samples()[6]), 10); !errs.Is(err, errs.TooLarge) {
		t.Fatalf("over the limit: %v", err)
	}
}

// TestNoDamagedByteIsServed flips bits all over every file of a store.
func TestNoDamagedByteIsServed(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	want := map[ref.Digest][]byte{}
	for _, b := range samples() {
		d, _, err := s.Put(ctx, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want[d] = b
	}
	files, places := 0, 40
	if testing.Short() { // with the race detector, which slows hashing tenfold
		places = 4
	}
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if !strings.HasSuffix(path, ".pack") {
			return nil
		}
		files++
		whole, _ := os.ReadFile(path)
		os.Chmod(path, 0o644)
		for i := range places {
			at := len(whole) * i / places
			bad := bytes.Clone(whole)
			bad[at] ^= 0x10
			os.WriteFile(path, bad, 0o644)
			s := mustOpen(t, dir)
			served := 0
			for d, b := range want {
				if got, err := s.ReadAll(ctx, d, 1<<30); err == nil {
					served++
					if !bytes.Equal(got, b) {
						t.Fatalf("%s, bit %d: wrong bytes served", path, at)
					}
				}
			}
			var named []string
			s.Verify(ctx, func(i store.Info, err error) { named = append(named, i.File) })
			if served < len(want) && !strings.Contains(fmt.Sprint(named), filepath.Base(path)) {
				t.Fatalf("%s is damaged at %d and not named: %v", path, at, named)
			}
		}
		return os.WriteFile(path, whole, 0o644)
	})
	if files < 5 {
		t.Fatalf("only %d files", files)
	}
}

func TestTreesKeepFilesAndRefuseTheRest(t *testing.T) {
	src := t.TempDir()
	for name, text := range map[string]string{"a.txt": "a", "sub/b.txt": "b", "sub/deep/c.bin": strings.Repeat("c", 200_000)} {
		os.MkdirAll(filepath.Join(src, filepath.Dir(name)), 0o755)
		os.WriteFile(filepath.Join(src, name), []byte(text), 0o644)
	}
	os.Chmod(filepath.Join(src, "a.txt"), 0o755)
	s := mustOpen(t, t.TempDir())
	tree, d, err := s.PutTree(ctx, src)
	if err != nil || len(tree.Files) != 3 || !tree.Files[0].Exec {
		t.Fatalf("%+v %v", tree, err)
	}
	dst := filepath.Join(t.TempDir(), "new")
	if err := s.CheckoutTree(ctx, d, dst); err != nil {
		t.Fatal(err)
	}
	if _, again, err := s.PutTree(ctx, dst); err != nil || again != d {
		t.Fatalf("checked out tree has digest %s, want %s (%v)", again.Short(), d.Short(), err)
	}
	os.Symlink("/etc/passwd", filepath.Join(src, "link"))
	if _, _, err := s.PutTree(ctx, src); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "link") {
		t.Fatalf("a link: %v", err)
	}
	evil, _ := s.PutBytes(ctx, []byte(`{"files":[{"path":"../evil","digest":"`+ref.Of([]byte("x")).String()+`","size":1}]}`))
	if err := s.CheckoutTree(ctx, evil, dst); !errs.Is(err, errs.Invalid) {
		t.Fatalf("a path that leaves the tree: %v", err)
	}
}

func TestCutShortSourceLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	r := io.MultiReader(bytes.NewReader(make([]byte, 5<<20)), failing{})
	if _, _, err := s.Put(ctx, r); err == nil {
		t.Fatal("a source that failed was stored")
	}
	n := 0
	s.List(func(store.Info) error { n++; return nil })
	if left, _ := filepath.Glob(filepath.Join(dir, ".*tmp*")); n != 0 || len(left) != 0 {
		t.Fatalf("%d objects, temporary files %v", n, left)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, syscall.EIO }

func TestMain(m *testing.M) {
	if dir := os.Getenv("RONDO_TEST_CRASH_DIR"); dir != "" {
		storeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

func storeUntilKilled(dir string) {
	s, err := store.Open(dir)
	if err != nil {
		fmt.Println("OPEN", err)
		os.Exit(3)
	}
	fault.Hook(func(p string) {
		if p == os.Getenv("RONDO_TEST_CRASH_AT") {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	large := bytes.Repeat([]byte(os.Getenv("RONDO_TEST_CRASH_AT")+"large"), 100_000)
	contents := [][]byte{[]byte("small " + dir), large}
	for i := range 70 { // more than are left unmerged
		contents = append(contents, fmt.Appendf(nil, "%d", i))
	}
	for i, b := range contents {
		if d, _, err := s.Put(ctx, bytes.NewReader(b)); err == nil {
			fmt.Println("ACK", i, d)
		}
	}
}

func TestKilledWhileStoring(t *testing.T) {
	for _, point := range []string{"store.packed", "store.pack-kept", "store.merged", "store.removing"} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "RONDO_TEST_CRASH_DIR="+dir, "RONDO_TEST_CRASH_AT="+point)
		out, err := cmd.Output()
		if err == nil {
			t.Fatalf("%s was never reached", point)
		}
		s := mustOpen(t, dir)
		for line := range strings.Lines(string(out)) {
			d, err := ref.Parse(strings.Fields(line)[2])
			if err != nil || !s.Has(d) {
				t.Fatalf("%s: %s was acknowledged and is gone (%v)", point, line, err)
			}
		}
		if _, err := s.Verify(ctx, func(i store.Info, err error) { t.Errorf("%s: %v", point, err) }); err != nil {
			t.Fatal(err)
		}
		for i := range 200 { // what was cut off is merged with what comes
			if _, err := s.PutBytes(ctx, fmt.Appendf(nil, "after %d", i)); err != nil {
				t.Fatal(err)
			}
		}
		for line := range strings.Lines(string(out)) {
			if d, _ := ref.Parse(strings.Fields(line)[2]); !s.Has(d) {
				t.Fatalf("%s: %s is gone after a merge", point, line)
			}
		}
	}
}

// FuzzPack feeds made-up packs to Open; objects that it then serves have their digest.
func FuzzPack(f *testing.F) {
	dir := f.TempDir()
	s := mustOpen(f, dir)
	b := s.Batch()
	b.Add([]byte("one"))
	b.Add(bytes.Repeat([]byte("two"), 1000))
	if err := b.Commit(); err != nil {
		f.Fatal(err)
	}
	packs, _ := filepath.Glob(filepath.Join(dir, "packs", "*.pack"))
	if len(packs) != 1 {
		f.Fatal("no pack to begin with")
	}
	whole, _ := os.ReadFile(packs[0])
	f.Add(whole, 3, byte(0))
	f.Add(whole, len(whole)-10, byte(0xff))
	f.Fuzz(func(t *testing.T, content []byte, at int, flip byte) {
		if len(content) > 0 {
			content = bytes.Clone(content)
			content[(at%len(content)+len(content))%len(content)] ^= flip
		}
		dir := t.TempDir()
		os.MkdirAll(filepath.Join(dir, "packs"), 0o755)
		os.WriteFile(filepath.Join(dir, "packs", filepath.Base(packs[0])), content, 0o644)
		s, err := store.Open(dir)
		if err != nil {
			return
		}
		s.List(func(i store.Info) error {
			if b, err := s.ReadAll(ctx, i.Digest, 1<<20); err == nil && ref.Of(b) != i.Digest {
				t.Fatalf("served %s as %s", ref.Of(b), i.Digest)
			}
			return nil
		})
	})
}
