package folder_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/folder"
	"rondo/backend/ref"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// grow makes files in folders whose names lie close to each other and to a slash.
func grow(t *testing.T, dir string, n int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "a.b", "a-b", "a0", "ab", "é", "longer name", "longer namf", "b!", "b", "zz"}
	for range n {
		var path []string
		for range 1 + rnd.IntN(4) {
			path = append(path, parts[rnd.IntN(len(parts))])
		}
		full := filepath.Join(dir, filepath.Join(path...)+".d", fmt.Sprintf("%d", rnd.IntN(40)))
		must(t, os.MkdirAll(filepath.Dir(full), 0o755))
		must(t, os.WriteFile(full, []byte(full), 0o644))
	}
}

func walk(t *testing.T, dir string) (paths []string, stamps []folder.Stamp) {
	t.Helper()
	must(t, folder.Walk(t.Context(), dir, nil, nil, func(b *folder.Batch) error {
		defer b.Release()
		for i, name := range b.Names {
			paths, stamps = append(paths, b.Prefix+strings.Clone(name)), append(stamps, b.Stamps[i])
		}
		return nil
	}))
	return paths, stamps
}

// TestWalkIsInTheOrderOfPaths compares with the walk of the standard library.
func TestWalkIsInTheOrderOfPaths(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, 4000)
	var want []string
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			want = append(want, filepath.ToSlash(rel))
		}
		return err
	}))
	slices.Sort(want)
	got, stamps := walk(t, dir)
	if !slices.Equal(got, want) {
		t.Fatalf("%d paths are not the %d that there are, in order", len(got), len(want))
	}
	for i, p := range got {
		fi, err := os.Lstat(filepath.Join(dir, p))
		if err != nil || stamps[i] != folder.StampOf(fi) {
			t.Fatalf("%s looks like %+v", p, stamps[i])
		}
	}
}

// TestWalkEndsWithTheErrorOfItsCaller, also when much is still to come.
func TestWalkEndsWithTheErrorOfItsCaller(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, 2000)
	mine := fmt.Errorf("mine")
	err := folder.Walk(t.Context(), dir, nil, nil, func(b *folder.Batch) error { b.Release(); return mine })
	if err != mine {
		t.Errorf("%v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	err = folder.Walk(ctx, dir, nil, nil, func(b *folder.Batch) error {
		b.Release()
		if n++; n == 3 {
			stop()
		}
		return nil
	})
	if err != context.Canceled || n > 40 {
		t.Errorf("%d batches after the end: %v", n, err)
	}
}

func row(i int) folder.Row {
	return folder.Row{Digest: ref.Of(fmt.Append(nil, i)), Stamp: folder.Stamp{
		Size: int64(i) * 7, Mtime: 1_700_000_000_000_000_000 - int64(i*i), Ctime: 1_700_000_000_000_000_001 + int64(i), Inode: uint64(i * 31), Exec: i%3 == 0,
	}}
}

func path(i int) string { return fmt.Sprintf("d%03d/f%05d", i/100, i) }

// remember walks over rows 0 … n-1, of which keep says what they are.
func remember(t *testing.T, file string, n int, now func(i int) (folder.Row, bool)) {
	t.Helper()
	m := folder.Recall(file, "one")
	for i := range n {
		if r, ok := now(i); ok {
			m.Add("", path(i), r, m.Find("", path(i)))
		}
	}
	must(t, m.Save())
}

func same(i int) (folder.Row, bool) { return row(i), true }

func recalled(t *testing.T, file string, n int) (rows []folder.Row, known int) {
	t.Helper()
	m := folder.Recall(file, "one")
	defer m.Interrupt()
	rows = make([]folder.Row, n)
	for i := range n {
		prefix, name := filepath.Split(path(i))
		if k := m.Find(prefix, name); k.OK {
			rows[i] = k.Row
			known++
		}
	}
	return rows, known
}

// TestMemoryKeepsWhatItWasTold through changes, removals and additions; what stayed the
// same is not written again.
func TestMemoryKeepsWhatItWasTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.stat")
	const n = 5000
	remember(t, file, n, same)
	before, err := os.Stat(file)
	must(t, err)
	remember(t, file, n, same)
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) {
		t.Errorf("what is the same was written again")
	}
	want := func(i int) (folder.Row, bool) {
		switch {
		case i == 1234 || i == n-1:
			return row(i + 1), true
		case i >= 2000 && i < 2100 || i == n-2:
			return row(i), false
		}
		return row(i), true
	}
	remember(t, file, n, want)
	rows, _ := recalled(t, file, n+1)
	for i := range n {
		r, ok := want(i)
		if !ok {
			r = folder.Row{}
		}
		if rows[i] != r {
			t.Fatalf("row %d is %+v", i, rows[i])
		}
	}
	remember(t, file, n, func(i int) (folder.Row, bool) { r, ok := want(i); return r, ok && i < 4000 })
	if _, known := recalled(t, file, n); known != 4000-100 {
		t.Errorf("after the end was cut off %d rows are known", known)
	}
}

// TestInterruptedWalkIsRemembered: the next one knows what this one has learned, and the
// rest from before.
func TestInterruptedWalkIsRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.stat")
	const n = 3000
	remember(t, file, n, same)
	for _, until := range []int{1000, 2000} {
		m := folder.Recall(file, "one")
		for i := range until {
			m.Add("", path(i), row(i+7), m.Find("", path(i)))
		}
		m.Interrupt()
	}
	rows, known := recalled(t, file, n)
	if known != n || rows[1999] != row(1999+7) || rows[2500] != row(2500) {
		t.Fatalf("%d known, %+v, %+v", known, rows[1999], rows[2500])
	}
	remember(t, file, n, same)
	if rows, known := recalled(t, file, n); known != n || rows[5] != row(5) {
		t.Errorf("%d known in the end", known)
	}
}

// TestDamagedMemoryTellsNothingWrong: whatever byte is another, and wherever the file
// ends, what is recalled is what was said.
func TestDamagedMemoryTellsNothingWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.stat")
	const n = 1200 // more than one block
	remember(t, file, n, same)
	whole, err := os.ReadFile(file)
	must(t, err)
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 120 {
		b := slices.Clone(whole)
		if round%2 == 0 {
			b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		} else {
			b = b[:rnd.IntN(len(b))]
		}
		must(t, os.WriteFile(file, b, 0o600))
		rows, known := recalled(t, file, n)
		for i, r := range rows {
			if r != row(i) && r != (folder.Row{}) {
				t.Fatalf("row %d is %+v", i, r)
			}
		}
		if known == n && round%2 == 1 && len(b) < len(whole)-36 {
			t.Fatal("nothing was damaged")
		}
	}
}

// TestMakeEntersNoLink: a folder is made or opened, and what only looks like one is refused.
func TestMakeEntersNoLink(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	must(t, os.Symlink(outside, filepath.Join(dir, "link")))
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	f, err := os.Open(dir)
	must(t, err)
	top := folder.DirOf(f)
	defer top.Close()
	for _, name := range []string{"one", "two"} {
		sub, err := top.Make("sub")
		must(t, err)
		_, err = sub.WriteSmall(name, nil, 0o644)
		must(t, err)
		sub.Close()
		_, err = os.Stat(filepath.Join(dir, "sub", name))
		must(t, err)
	}
	for _, name := range []string{"link", "file"} {
		if sub, err := top.Make(name); err == nil {
			sub.Close()
			t.Errorf("%s was entered", name)
		}
	}
}

// TestLargeFoldersAreInTheOrderOfPaths: names that differ late, early, in length, and
// folders among them, more than are sorted by comparing.
func TestLargeFoldersAreInTheOrderOfPaths(t *testing.T) {
	dir := t.TempDir()
	rnd := rand.New(rand.NewPCG(7, 7))
	var want []string
	for i := range 1500 {
		name := []string{
			fmt.Sprintf("img%07d.bin", rnd.IntN(1e7)), fmt.Sprintf("img-of-a-cat-%d", rnd.IntN(900)), strings.Repeat("é", 1+rnd.IntN(9)) + fmt.Sprint(i),
			fmt.Sprintf("%c%c", 33+rnd.IntN(14), 48+rnd.IntN(60)), fmt.Sprintf("imgs%d/x", rnd.IntN(99)), fmt.Sprintf("imgs%d.x", rnd.IntN(99)),
		}[rnd.IntN(6)]
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
		want = append(want, name)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	if got, _ := walk(t, dir); !slices.Equal(got, want) {
		for i := range got {
			if i >= len(want) || got[i] != want[i] {
				t.Fatalf("%d of %d is %q", i, len(want), got[max(0, i-2):min(len(got), i+3)])
			}
		}
		t.Fatalf("%d files instead of %d", len(got), len(want))
	}
}
