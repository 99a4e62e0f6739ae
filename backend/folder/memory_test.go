package folder_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/folder"
	"rondo/backend/ref"
)

const runsOnLinux = runtime.GOOS == "linux" // where the names in folders are remembered

// look is what a file held, as far as its path and stamp tell.
func look(path string, s folder.Stamp) ref.Digest { return ref.Of(fmt.Append(nil, path, s)) }

// world is a folder that is walked with a memory again and again, and changed in between.
type world struct {
	t     *testing.T
	dir   string
	file  string
	rnd   *rand.Rand
	clock time.Time
	trees map[ref.Digest]map[string]ref.Digest // what was noted, by its label
	same  int                                  // files that the memory had as they were
	asked int
}

func newWorld(t *testing.T, seed uint64) *world {
	return &world{
		t: t, dir: t.TempDir(), file: filepath.Join(t.TempDir(), "m.stat"), rnd: rand.New(rand.NewPCG(seed, 5)),
		clock: time.Unix(1_600_000_000, 0), trees: map[ref.Digest]map[string]ref.Digest{},
	}
}

// touch gives a file or folder a time that it never had.
func (w *world) touch(full string) {
	w.clock = w.clock.Add(time.Second)
	must(w.t, os.Chtimes(full, w.clock, w.clock))
}

func (w *world) write(path, text string) {
	full := filepath.Join(w.dir, path)
	for at := full; at != w.dir; { // what else is in the way goes
		at = filepath.Dir(at)
		if fi, err := os.Lstat(at); err == nil && !fi.IsDir() {
			must(w.t, os.Remove(at))
		}
	}
	_, err := os.Stat(filepath.Dir(full))
	must(w.t, os.MkdirAll(filepath.Dir(full), 0o755))
	fi, e := os.Lstat(full)
	if e == nil && fi.IsDir() {
		must(w.t, os.RemoveAll(full))
	}
	must(w.t, os.WriteFile(full, []byte(text), 0o644))
	w.touch(full)
	for at := filepath.Dir(full); err != nil || e != nil || fi.IsDir(); at = filepath.Dir(at) {
		if w.touch(at); at == w.dir {
			break
		}
	}
}

func (w *world) remove(path string) {
	full := filepath.Join(w.dir, path)
	must(w.t, os.RemoveAll(full))
	w.touch(filepath.Dir(full))
}

// walk looks at all with the memory, sees that nothing it says is wrong, and notes it. It
// gives up after so many batches.
func (w *world) walk(until int) {
	t := w.t
	t.Helper()
	m := folder.Recall(w.file, "one")
	told, stop := w.trees[m.Label()], errors.New("stop")
	noted, paths := map[string]ref.Digest{}, []string{}
	w.same, w.asked = 0, 0
	err := folder.Walk(t.Context(), w.dir, m, nil, func(b *folder.Batch) error {
		defer b.Release()
		if until--; until < 0 {
			return stop
		}
		if b.Begins && !b.Same {
			m.Enter(b.Prefix, b.Look, b.Count)
		}
		for i, name := range b.Names {
			path, k := strings.Clone(b.Prefix+name), b.Known[i]
			d := look(path, b.Stamps[i])
			if k.OK && k.Digest != look(path, k.Stamp) || b.Same && k.Stamp != b.Stamps[i] {
				t.Errorf("%s is known as %+v", path, k)
			}
			if b.Same && told != nil && told[path] != d {
				t.Errorf("%s is the same, and its tree has it otherwise", path)
			}
			if w.asked++; b.Same {
				w.same++
			} else {
				m.Note(b.Prefix, name, folder.Row{Stamp: b.Stamps[i], Digest: d}, true)
			}
			if w.rnd.IntN(50) == 0 {
				m.Cut()
			}
			noted[path] = d
			paths = append(paths, path)
		}
		if b.Same {
			m.Keep(b)
		}
		return nil
	})
	if errors.Is(err, stop) {
		m.Interrupt()
		return
	}
	must(t, err)
	if want := listed(t, w.dir); !slices.Equal(paths, want) {
		t.Fatalf("%d paths instead of %d: %q instead of %q", len(paths), len(want), unlike(paths, want), unlike(want, paths))
	}
	label := ref.Of(fmt.Append(nil, noted))
	w.trees[label] = noted
	m.SetLabel(label)
	must(t, m.Save())
}

func unlike(a, b []string) []string {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return a[max(0, i-1):min(len(a), i+2)]
		}
	}
	return nil
}

func listed(t *testing.T, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			paths = append(paths, filepath.ToSlash(rel))
		}
		return err
	}))
	slices.Sort(paths)
	return paths
}

func (w *world) path() string {
	parts := []string{"a", "a.b", "a-b", "a0", "é", "b!", "b", "zz"}
	var path []string
	for range 1 + w.rnd.IntN(3) {
		path = append(path, parts[w.rnd.IntN(len(parts))])
	}
	return strings.Join(append(path, fmt.Sprint("f", w.rnd.IntN(30))), "/")
}

// change does one thing that a person may do.
func (w *world) change() {
	all := listed(w.t, w.dir)
	switch one := all[w.rnd.IntN(len(all))]; w.rnd.IntN(7) {
	case 0, 1, 2:
		w.write(one, fmt.Sprint(w.clock)) // in place
	case 3:
		w.write(w.path(), "new")
	case 4:
		w.remove(one)
	case 5:
		w.remove(filepath.Dir(one) + "/")
		w.write("keep/me", "")
	case 6:
		to := w.path()
		w.write(to, "")
		must(w.t, os.Rename(filepath.Join(w.dir, one), filepath.Join(w.dir, to)))
		w.touch(filepath.Dir(filepath.Join(w.dir, one)))
		w.touch(filepath.Dir(filepath.Join(w.dir, to)))
	}
}

// harm damages one of the memory's files, or takes it away.
func (w *world) harm() {
	list, _ := filepath.Glob(w.file + "*")
	if len(list) == 0 {
		return
	}
	name := list[w.rnd.IntN(len(list))]
	b, err := os.ReadFile(name)
	must(w.t, err)
	switch n := w.rnd.IntN(4); {
	case n == 0 || len(b) == 0:
		must(w.t, os.Remove(name))
		return
	case n == 1:
		b = b[:w.rnd.IntN(len(b))]
	default:
		b[w.rnd.IntN(len(b))] ^= 1 << w.rnd.IntN(8)
	}
	must(w.t, os.WriteFile(name, b, 0o600))
}

// TestMemoryIsNeverWrong: whatever is changed in a folder, damaged in what is remembered of
// it, or given up in between, a walk with the memory finds what one without it finds.
func TestMemoryIsNeverWrong(t *testing.T) {
	for seed := range uint64(3) {
		w := newWorld(t, seed)
		for range 400 {
			w.write(w.path(), "old")
		}
		w.write("keep/me", "")
		w.walk(1 << 20)
		spared := 0
		for round := range 40 {
			for range w.rnd.IntN(3) {
				w.change()
			}
			if w.rnd.IntN(4) == 0 {
				w.harm()
			}
			if w.rnd.IntN(6) == 0 {
				w.walk(w.rnd.IntN(30))
			}
			if w.walk(1 << 20); t.Failed() {
				t.Fatalf("seed %d, round %d", seed, round)
			}
			spared += w.same
		}
		w.walk(1 << 20)
		w.walk(1 << 20)
		if runsOnLinux && (w.same != w.asked || spared == 0) {
			t.Errorf("seed %d: of %d files that are as they were %d are known to be", seed, w.asked, w.same)
		}
	}
}

// TestLittleIsWrittenOfALittleChange, and all anew once much has changed.
func TestLittleIsWrittenOfALittleChange(t *testing.T) {
	w := newWorld(t, 1)
	for i := range 40 {
		for k := range 50 {
			w.write(fmt.Sprintf("d%02d/f%02d", i, k), "old")
		}
	}
	w.walk(1 << 20)
	base, err := os.Stat(w.file)
	must(t, err)
	grew, joined := false, false
	for i := range 40 {
		w.write(fmt.Sprintf("d%02d/f07", i), "changed")
		w.walk(1 << 20)
		now, err := os.Stat(w.file)
		must(t, err)
		beside, err := os.Stat(w.file + ".more")
		if err == nil && os.SameFile(base, now) {
			if grew = true; beside.Size()*8 > now.Size()+4096 {
				t.Errorf("%d bytes beside %d", beside.Size(), now.Size())
			}
		} else if !os.SameFile(base, now) {
			joined, base = true, now
		}
	}
	if runsOnLinux && (!grew || !joined) {
		t.Errorf("written beside the base: %v; with it: %v", grew, joined)
	}
	if w.walk(1 << 20); runsOnLinux && w.same != w.asked {
		t.Errorf("of %d files %d are known", w.asked, w.same)
	}
}

// TestWhatAddsToAnotherMemoryIsLeft: a file that was beside an older base says nothing.
func TestWhatAddsToAnotherMemoryIsLeft(t *testing.T) {
	w := newWorld(t, 1)
	for k := range 3000 {
		w.write(fmt.Sprintf("d%02d/f%02d", k/100, k%100), "old")
	}
	w.walk(1 << 20)
	w.write("d00/f00", "changed")
	w.walk(1 << 20)
	old, err := os.ReadFile(w.file + ".more")
	if !runsOnLinux && errors.Is(err, fs.ErrNotExist) {
		t.Skip("only Linux says which file systems tell of a folder whether its names are the same; elsewhere folders are always read")
	}
	must(t, err)
	must(t, os.Remove(w.file))
	w.write("d00/f00", "changed again")
	w.walk(1 << 20)
	must(t, os.WriteFile(w.file+".more", old, 0o600))
	if w.walk(1 << 20); w.same != w.asked {
		t.Errorf("of %d files %d are known", w.asked, w.same)
	}
}

// FuzzMemory: whatever is in a memory that is whole, the walk finds what is there.
func FuzzMemory(f *testing.F) {
	f.Add([]byte("\x01\x00\x80\x01\x00\x00\x00\x02\x01\x01a\x01a\x00\x01a\x00"), []byte("\x00\x04sub/\x01\x01b\x01b\x00\x01b\x00"))
	f.Add([]byte("\x01\x03../\x00\x00\x00\x00\x01\x01\x01a\x01a\x00\x01a\x00"), []byte(""))
	f.Add([]byte("\x00\x00\x01\x04../a\x04../a\x00\x04../a\x02\x00\x00\x0012345678901234567890123456789012"), []byte("\x01"))
	f.Add([]byte("\x01\x7fsub/"), []byte("\x00\x00\x01\x7fa")) // texts longer than what is there
	f.Fuzz(func(t *testing.T, one, two []byte) {
		dir, file := t.TempDir(), filepath.Join(t.TempDir(), "m.stat")
		must(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
		for _, name := range []string{"a", "c", "sub/b"} {
			must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
		}
		must(t, os.WriteFile(file, memoryFile(one, two), 0o600))
		var paths []string
		m := folder.Recall(file, "one")
		must(t, folder.Walk(t.Context(), dir, m, nil, func(b *folder.Batch) error {
			defer b.Release()
			for _, name := range b.Names {
				paths = append(paths, b.Prefix+strings.Clone(name))
			}
			return nil
		}))
		if !slices.Equal(paths, []string{"a", "c", "sub/b"}) {
			t.Errorf("%q", paths)
		}
		m.Find("z", "")
		must(t, m.Save())
	})
}

// memoryFile makes one of blocks, as docs/formats/snapshots.md says.
func memoryFile(blocks ...[]byte) []byte {
	all := append([]byte("rondo stat 4\n"), make([]byte, 64)...)
	start := sha256.Sum256([]byte("one"))
	all = append(all, start[:]...)
	sum := sha256.Sum256(all)
	all = append(all, sum[:]...)
	for _, b := range blocks {
		sum := sha256.Sum256(b)
		all = append(append(binary.BigEndian.AppendUint32(all, uint32(len(b))), sum[:]...), b...)
	}
	return all
}
