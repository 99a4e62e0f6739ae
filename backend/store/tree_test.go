package store_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// forest makes n files in folders, or all in one.
func forest(n int, flat bool) map[string]store.TreeFile {
	files := make(map[string]store.TreeFile, n)
	for i := range n {
		path := fmt.Sprintf("%08d.png", i)
		if !flat {
			path = fmt.Sprintf("class %d/%d/%06d.png", i%7, i%131, i)
		}
		files[path] = store.TreeFile{Path: path, Digest: ref.Of(fmt.Append(nil, i)), Size: int64(i % 5000), Exec: i%11 == 0}
	}
	return files
}

func sorted(files map[string]store.TreeFile) store.Tree {
	t := store.Tree{Files: slices.Collect(maps.Values(files))}
	slices.SortFunc(t.Files, func(a, b store.TreeFile) int { return cmp.Compare(a.Path, b.Path) })
	return t
}

func keep(t *testing.T, s *store.Store, files map[string]store.TreeFile) *store.Listing {
	t.Helper()
	d, err := s.PutTreeList(ctx, sorted(files))
	must(t, err)
	l, err := s.OpenListing(ctx, d)
	must(t, err)
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTreesOfManyFiles come back whole, tell single files, and are the same however they
// came about.
func TestTreesOfManyFiles(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	for _, n := range []int{0, 1, 1000, 1001, 1025, 30_000} {
		for _, flat := range []bool{true, false} {
			files := forest(n, flat)
			l := keep(t, s, files)
			want := sorted(files)
			got, err := l.Tree(ctx)
			must(t, err)
			if !slices.Equal(got.Files, want.Files) || l.Files != int64(n) || l.Size != want.Size() {
				t.Fatalf("%d files (flat %v): %d came back, of %d bytes", n, flat, len(got.Files), l.Size)
			}
			if d, err := store.DigestOf(want); err != nil || d != l.Digest() {
				t.Fatalf("%d files: digest %s, %v", n, d.Short(), err)
			}
			find := l.Finder()
			for i := 0; i < n; i += 1 + n/50 {
				if f, ok, err := find.Find(ctx, want.Files[i].Path); err != nil || !ok || f != want.Files[i] {
					t.Fatalf("%s is %+v, %v", want.Files[i].Path, f, err)
				}
				if _, ok, err := find.Find(ctx, want.Files[i].Path+"x"); ok || err != nil {
					t.Fatalf("%sx was found, %v", want.Files[i].Path, err)
				}
			}
		}
	}
}

// change makes some edits: contents, additions and removals.
func change(rnd *rand.Rand, files map[string]store.TreeFile, n int) map[string]store.TreeFile {
	next, paths := maps.Clone(files), slices.Sorted(maps.Keys(files))
	for i := range n {
		path := paths[rnd.IntN(len(paths))]
		f := files[path]
		switch i % 4 {
		case 0:
			delete(next, path)
		case 1:
			f.Path += ".more"
			next[f.Path] = f
		case 2:
			f.Exec = !f.Exec
			next[path] = f
		default:
			f.Digest = ref.Of([]byte(path))
			next[path] = f
		}
	}
	return next
}

// TestDifferencesOfTrees are those that comparing file by file gives, also where one tree
// is a list and the other has nodes.
func TestDifferencesOfTrees(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 900, 1005, 20_000} {
		for _, edits := range []int{0, 1, 40, 3000} {
			old := forest(n, n%2 == 0)
			now := change(rnd, old, edits)
			got := map[string]store.Difference{}
			last := ""
			must(t, store.Differences(ctx, keep(t, s, old), keep(t, s, now), func(d store.Difference) error {
				if d.Path() <= last {
					t.Fatalf("%q comes after %q", d.Path(), last)
				}
				last = d.Path()
				got[last] = d
				return nil
			}))
			all := maps.Clone(old)
			maps.Copy(all, now)
			for path := range all {
				a, had := old[path]
				b, has := now[path]
				d, differs := got[path]
				if differs != (a != b) || differs && (had != (d.From != nil) || has != (d.To != nil)) || differs && has && *d.To != b {
					t.Fatalf("%d files, %d edits: %s is told as %+v", n, edits, path, d)
				}
			}
		}
	}
}

func objects(t *testing.T, s *store.Store) (n int, bytes int64) {
	t.Helper()
	must(t, s.List(func(i store.Info) error { n++; bytes += i.Stored; return nil }))
	return n, bytes
}

// TestOneFileChangesFewNodes of a tree of many, wherever it is.
func TestOneFileChangesFewNodes(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	files := forest(100_000, true)
	keep(t, s, files)
	for _, path := range []string{"00000000.png", "00054321.png", "00099999.png"} {
		f := files[path]
		f.Digest = ref.Of([]byte("other"))
		next := maps.Clone(files)
		next[path] = f
		before, was := objects(t, s)
		keep(t, s, next)
		after, is := objects(t, s)
		if after-before > 3 || is-was > 100_000 {
			t.Errorf("changing %s makes %d objects of %d bytes", path, after-before, is-was)
		}
	}
	before, _ := objects(t, s)
	delete(files, "00050000.png")
	keep(t, s, files)
	if after, _ := objects(t, s); after-before > 6 {
		t.Errorf("removing one file makes %d objects", after-before)
	}
}

// TestEveryNodeIsNeeded: a node is kept while its tree is mentioned, with what it names.
func TestEveryNodeIsNeeded(t *testing.T) {
	s, dir := mustOpen(t, t.TempDir()), t.TempDir()
	for i := range 1500 {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), fmt.Append(nil, "content ", i), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, "large"), noise(1, 3<<20), 0o644))
	l, err := s.Take(ctx, dir, store.Scan{})
	must(t, err)
	needed, err := s.Reach(ctx, map[ref.Digest]bool{l.Digest(): true})
	must(t, err)
	must(t, s.List(func(i store.Info) error {
		if !needed.Has(i.Digest) {
			t.Errorf("object %s is not needed", i.Digest.Short())
		}
		return nil
	}))
	if n, _ := objects(t, s); needed.Len() != n || n < 1500+40 {
		t.Errorf("%d are needed of %d", needed.Len(), n)
	}
}

// evil makes a node by hand.
func evil(level byte, rows ...[]byte) []byte {
	b := append([]byte("rondo tree 2\n"), level)
	b = binary.AppendUvarint(b, uint64(len(rows)))
	return append(b, bytes.Join(rows, nil)...)
}

func fileRow(shared int, rest string, size uint64) []byte {
	b := binary.AppendUvarint(nil, uint64(shared))
	b = append(binary.AppendUvarint(b, uint64(len(rest))), rest...)
	return append(binary.AppendUvarint(b, size<<1), make([]byte, 32)...)
}

func nodeRow(path string, files, size uint64, d ref.Digest) []byte {
	b := append(binary.AppendUvarint([]byte{0}, uint64(len(path))), path...)
	b = binary.AppendUvarint(binary.AppendUvarint(b, files<<1), size<<1)
	return append(b, d[:]...)
}

// TestTreesThatLieAreRefused: nothing leaves its folder, and what a node says of those
// below it holds.
func TestTreesThatLieAreRefused(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	good := put(t, s, evil(0, fileRow(0, "a", 1), fileRow(0, "b", 2)))
	for what, b := range map[string][]byte{
		"a path out":          evil(0, fileRow(0, "../x", 1)),
		"an absolute path":    evil(0, fileRow(0, "/x", 1)),
		"no order":            evil(0, fileRow(0, "b", 1), fileRow(0, "a", 1)),
		"the same path twice": evil(0, fileRow(0, "b", 1), fileRow(1, "", 1)),
		"more in common":      evil(0, fileRow(0, "b", 1), fileRow(2, "x", 1)),
		"no rows":             evil(0),
		"bytes at the end":    append(evil(0, fileRow(0, "a", 1)), 0),
		"too few files":       evil(1, nodeRow("b", 1, 3, good)),
		"other bytes":         evil(1, nodeRow("b", 2, 4, good)),
		"another last path":   evil(1, nodeRow("c", 2, 3, good)),
		"a level left out":    evil(2, nodeRow("b", 2, 3, good)),
		"a level too high":    evil(200, nodeRow("b", 2, 3, good)),
		"a child not here":    evil(1, nodeRow("b", 2, 3, ref.Of([]byte("nowhere")))),
	} {
		d := put(t, s, b)
		_, err := s.OpenTree(ctx, d)
		if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if tree, err := s.OpenTree(ctx, put(t, s, evil(1, nodeRow("b", 2, 3, good)))); err != nil || len(tree.Files) != 2 {
		t.Errorf("the good one: %+v %v", tree, err)
	}
}

// FuzzTree: whatever an object holds, reading it as a tree ends with files in order or
// an error that has a kind.
func FuzzTree(f *testing.F) {
	f.Add(evil(0, fileRow(0, "a", 1), fileRow(0, "b", 2)))
	f.Add(evil(1, nodeRow("b", 2, 3, ref.Of(nil))))
	f.Add([]byte(`{"files":[{"path":"a","digest":"","size":1}]}`))
	s, err := store.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := s.PutBytes(ctx, b)
		must(t, err)
		tree, err := s.OpenTree(ctx, d)
		var known *errs.Error
		if err != nil && !errors.As(err, &known) {
			t.Fatalf("%v", err)
		}
		for i, f := range tree.Files {
			if f.Size < 0 || filepath.IsAbs(f.Path) || !filepath.IsLocal(f.Path) || i > 0 && tree.Files[i-1].Path >= f.Path {
				t.Fatalf("%+v", f)
			}
		}
	})
}
