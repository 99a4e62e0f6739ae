package dataset_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// sectored is a project with a remote whose disk cannot read some parts of one pack.
type sectored struct {
	*house
	remote  string
	objects map[string]store.Info // by what they are: a file's name, or "tree"
}

const letters = "abcdef"

func withSectors(t *testing.T) *sectored {
	t.Helper()
	h := &sectored{remote: filepath.Join(t.TempDir(), "remote"), objects: map[string]store.Info{}}
	h.house = withRemote(t, h.remote)
	for _, name := range strings.Split(letters, "") {
		write(t, h.dir, "data/"+name+".bin", name+noise(30_000))
	}
	h.add(t, "d", "data")
	snap := h.snap(t, "d")
	h.push(t)
	note := func(name string, d ref.Digest) {
		info, err := h.store.Stat(d)
		must(t, err)
		h.objects[name] = info
	}
	for _, name := range strings.Split(letters, "") {
		note(name, ref.Of([]byte(read(t, h.dir, "data/"+name+".bin"))))
	}
	note("tree", snap.Tree)
	t.Cleanup(func() { fault.Spoil(nil) })
	return h
}

// lose lets a byte in the middle of an object be on a bad sector.
func (h *sectored) lose(name string) {
	at := h.objects[name]
	middle := at.Offset + at.Stored/2
	h.spoil(at.File, fault.Sector{From: middle, To: middle + 1})
}

// spoil lets a part of a pack be unreadable for as long as it has its name, or another.
func (h *sectored) spoil(file string, bad fault.Sector) {
	base := filepath.Join(h.dir, ".rondo/objects", file)
	fault.Spoil(func(path string) fault.Sector {
		if strings.HasPrefix(path, base) {
			return bad
		}
		return fault.Sector{}
	})
}

// sound reads all again, after a start.
func (h *sectored) sound(t *testing.T) {
	t.Helper()
	h.close()
	h.house = open(t, h.dir)
	if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || !v.OK {
		t.Errorf("after that: %+v %v", v, err)
	}
	if v, err := h.Verify(t.Context(), "d", 0); err != nil || !v.OK {
		t.Errorf("the snapshot: %+v %v", v, err)
	}
}

// TestAnObjectOnABadSectorIsNamedAndHealed from a remote, from another copy, and by whoever
// still has the data; all others are read.
func TestAnObjectOnABadSectorIsNamedAndHealed(t *testing.T) {
	for _, from := range []string{"remote", "copy", "files"} {
		for _, lost := range []string{"c", "tree"} {
			t.Run(from+" "+lost, func(t *testing.T) {
				h := withSectors(t)
				in := dataset.Repair{}
				if from == "copy" {
					in.From = filepath.Join(t.TempDir(), "copy")
					must(t, os.CopyFS(in.From, os.DirFS(h.dir)))
				}
				h.lose(lost)
				v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
				if err != nil || v.OK || len(v.Problems) != 1 || v.Objects < len(letters)+1 {
					t.Fatalf("%+v %v", v, err)
				}
				p := v.Problems[0]
				if !strings.Contains(p.Message, "the disk cannot read") || !strings.Contains(p.Hint, "replace") || p.File != filepath.ToSlash(h.objects[lost].File) {
					t.Errorf("it is told as %+v", p)
				}
				if len(p.Needs) != 1 || lost == "c" && !slices.Equal(p.Needs[0].Paths, []string{"c.bin"}) {
					t.Errorf("it is needed by %+v", p.Needs)
				}
				if from == "files" {
					must(t, os.Chtimes(filepath.Join(h.dir, "data/c.bin"), time.Unix(1, 0), time.Unix(1, 0)))
					_, err := h.Snapshot(t.Context(), "d", dataset.Take{})
					must(t, err)
				} else if r, err := h.Repair(t.Context(), in); err != nil || !r.OK || r.Damaged != 1 || len(r.Healed) != 1 || len(r.Aside) > 0 {
					t.Fatalf("%+v %v", r, err)
				}
				h.sound(t)
			})
		}
	}
}

// TestABadSectorThatNobodyHealsKeepsNoOtherFromBeing: the pack goes on without what could be
// healed, and is kept as it was.
func TestABadSectorThatNobodyHealsKeepsNoOtherFromBeing(t *testing.T) {
	h := withSectors(t)
	h.remoteLoses(t, "c")
	flip(t, filepath.Join(h.dir, ".rondo/objects", h.objects["e"].File), int(h.objects["e"].Offset))
	h.lose("c")
	before := read(t, h.dir, ".rondo/objects/"+h.objects["c"].File)
	r, err := h.Repair(t.Context(), dataset.Repair{})
	if err != nil || r.OK || len(r.Healed) != 1 || r.Healed[0].Digest != h.objects["e"].Digest || len(r.Left) != 1 || len(r.Aside) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	if p := r.Left[0]; !strings.Contains(p.Message, "the disk cannot read") || len(p.Needs) != 1 {
		t.Errorf("what is left is told as %+v", p)
	}
	if read(t, h.dir, ".rondo/objects/"+r.Aside[0]) != before {
		t.Error("the pack is not kept as it was")
	}
	for _, name := range strings.Split(letters, "") {
		_, err := h.store.ReadAll(t.Context(), h.objects[name].Digest, 1<<20)
		if (name == "c") != errs.Is(err, errs.Corrupt) || name != "c" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
	if err != nil || len(v.Problems) != 1 || len(v.Problems[0].Needs) != 1 {
		t.Errorf("after that: %+v %v", v, err)
	}
}

// remoteLoses damages an object on the remote.
func (h *sectored) remoteLoses(t *testing.T, name string) {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(h.remote, "objects/packs/*.pack"))
	must(t, err)
	content := read(t, h.dir, "data/"+name+".bin")
	for _, p := range packs {
		if at := strings.Index(read(t, "", p), content); at >= 0 {
			flip(t, p, at)
			return
		}
	}
	t.Fatal("the remote does not have it")
}

// TestAPackWhoseEndsCannotBeRead is used without its first line, and without its index set
// aside once all of it came from elsewhere.
func TestAPackWhoseEndsCannotBeRead(t *testing.T) {
	for _, end := range []string{"first line", "index"} {
		t.Run(end, func(t *testing.T) {
			h := withSectors(t)
			file := h.objects["c"].File
			fi, err := os.Stat(filepath.Join(h.dir, ".rondo/objects", file))
			must(t, err)
			bad, aside := fault.Sector{From: 0, To: 12}, 0
			if end == "index" {
				bad, aside = fault.Sector{From: fi.Size() - 80, To: fi.Size() - 79}, 1
			}
			h.spoil(file, bad)
			h.close()
			h.house = open(t, h.dir)
			v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
			if err != nil || v.OK != (aside == 0) {
				t.Fatalf("%+v %v", v, err)
			}
			r, err := h.Repair(t.Context(), dataset.Repair{})
			if err != nil || !r.OK || len(r.Aside) != aside {
				t.Fatalf("%+v %v", r, err)
			}
			h.sound(t)
		})
	}
}

// TestABadSectorIsNotTheObjectsFault for who only reads it.
func TestABadSectorIsNotTheObjectsFault(t *testing.T) {
	h := withSectors(t)
	h.lose("c")
	_, err := h.store.ReadAll(t.Context(), h.objects["c"].Digest, 1<<20)
	var at *fs.PathError
	if !errs.Is(err, errs.Unavailable) || !errors.Is(err, syscall.EIO) || !errors.As(err, &at) || !h.store.Keeps(h.objects["c"].Digest) {
		t.Errorf("%v", err)
	}
}
