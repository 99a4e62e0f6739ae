package dataset_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// filled is a project with small and large files, and a remote that has them all.
func filled(t *testing.T) (h *house, remote string) {
	t.Helper()
	remote = filepath.Join(t.TempDir(), "remote")
	h = withRemote(t, remote)
	write(t, h.dir, "data/big.bin", noise(3<<20))
	for _, name := range []string{"a", "b", "c", "d"} {
		write(t, h.dir, "data/"+name+".csv", csv1+strings.Repeat("9,9\n", len(name))+name)
	}
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.push(t)
	return h, remote
}

// spoil damages the pack files of a project, each in its own way, and returns the names.
func spoil(t *testing.T, h *house, how func(b []byte) []byte) {
	t.Helper()
	packs, _ := filepath.Glob(filepath.Join(h.dir, ".rondo/objects/packs/*.pack"))
	if len(packs) == 0 {
		t.Fatal("no packs")
	}
	for _, p := range packs {
		b := []byte(read(t, "", p))
		must(t, os.Chmod(p, 0o644))
		must(t, os.WriteFile(p, how(b), 0o644))
	}
}

var ways = map[string]func(b []byte) []byte{
	"one bit": func(b []byte) []byte { b[100] ^= 1; return b },
	"many bits": func(b []byte) []byte {
		for i := 50; i < len(b)-2000; i += 5000 {
			b[i] ^= 4
		}
		return b
	},
	"cut short":     func(b []byte) []byte { return b[:len(b)/2] },
	"nothing left":  func([]byte) []byte { return nil },
	"another index": func(b []byte) []byte { b[len(b)-70] ^= 8; return b },
}

// TestWhatIsDamagedIsHealed from a remote, and from a copy of the project.
func TestWhatIsDamagedIsHealed(t *testing.T) {
	for what, how := range ways {
		t.Run(what, func(t *testing.T) {
			h, _ := filled(t)
			copied := filepath.Join(t.TempDir(), "copy")
			must(t, os.CopyFS(copied, os.DirFS(h.dir)))
			for _, from := range []string{"", "disk", copied} {
				spoil(t, h, how)
				h.close()
				h = open(t, h.dir)
				v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{})
				if err != nil || v.OK {
					t.Fatalf("the damage is not seen: %+v %v", v, err)
				}
				r, err := h.Repair(t.Context(), dataset.Repair{From: from})
				if err != nil || !r.OK || len(r.Healed) == 0 || len(r.Left) > 0 || len(r.Asked) != 1 {
					t.Fatalf("from %q: %+v %v", from, r, err)
				}
				told := map[ref.Digest]bool{}
				for _, one := range r.Healed {
					if told[one.Digest] {
						t.Errorf("%s is healed twice", one.Digest.Short())
					}
					told[one.Digest] = true
				}
				if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || !v.OK {
					t.Fatalf("after that: %+v %v", v, err)
				}
				if v, err := h.Verify(t.Context(), "d", 0); err != nil || !v.OK {
					t.Fatalf("the snapshot: %+v %v", v, err)
				}
			}
			again, err := h.Repair(t.Context(), dataset.Repair{})
			if err != nil || !again.OK || again.Damaged+again.Missing+len(again.Healed) > 0 {
				t.Errorf("a repair of what is well: %+v %v", again, err)
			}
		})
	}
}

// TestWhatCannotBeHealedStaysNamed: no source, or one that is damaged itself.
func TestWhatCannotBeHealedStaysNamed(t *testing.T) {
	h, remote := filled(t)
	spoil(t, h, ways["many bits"])
	packs, _ := filepath.Glob(filepath.Join(remote, "objects/packs/*.pack"))
	for _, p := range packs {
		must(t, os.Chmod(p, 0o644))
		must(t, os.WriteFile(p, ways["cut short"]([]byte(read(t, "", p))), 0o644))
	}
	r, err := h.Repair(t.Context(), dataset.Repair{})
	if err != nil || r.OK || len(r.Left) == 0 || r.Damaged == 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || v.OK {
		t.Errorf("it is said to be well: %+v %v", v, err)
	}
	if _, err := h.Repair(t.Context(), dataset.Repair{From: t.TempDir()}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a folder that is no project: %v", err)
	}
	if _, err := h.Repair(t.Context(), dataset.Repair{From: "nobody"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a remote that is not known: %v", err)
	}
	must(t, h.SetRemote(far.Remote{Name: "gone", Address: filepath.Join(t.TempDir(), "not/there")}))
	r, err = h.Repair(t.Context(), dataset.Repair{})
	if err != nil || len(r.Unasked) == 0 {
		t.Errorf("a remote that is not there is not told: %+v %v", r, err)
	}
}

// TestAProfileIsMadeAgain: one that is lost or damaged is read from the data again and kept.
func TestAProfileIsMadeAgain(t *testing.T) {
	for what, harm := range map[string]func(t *testing.T, pack string){
		"lost":    func(t *testing.T, pack string) { must(t, os.Remove(pack)) },
		"damaged": func(t *testing.T, pack string) { flip(t, pack, 60) },
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t, project(t))
			write(t, h.dir, "data/t.csv", "a,b\n1,2\n3,4\n")
			h.add(t, "d", "data")
			snap := h.snap(t, "d")
			want, err := h.Profile(t.Context(), snap)
			must(t, err)
			harm(t, newestPack(t, h))
			h.close()
			h = open(t, h.dir)
			if got, err := h.Profile(t.Context(), snap); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("made again it is %+v, and was %+v; %v", got, want, err)
			}
			again, err := h.Find(t.Context(), snap.ID)
			must(t, err)
			if _, err := h.store.ReadAll(t.Context(), again.Profile, 1<<20); err != nil {
				t.Errorf("it is not kept: %v", err)
			}
		})
	}
}

// newestPack is the one that was written last.
func newestPack(t *testing.T, h *house) (newest string) {
	t.Helper()
	packs, _ := filepath.Glob(filepath.Join(h.dir, ".rondo/objects/packs/*.pack"))
	var last time.Time
	for _, p := range packs {
		info, err := os.Stat(p)
		must(t, err)
		if info.ModTime().After(last) {
			newest, last = p, info.ModTime()
		}
	}
	if len(packs) < 2 {
		t.Fatalf("%d packs: the profile has none of its own", len(packs))
	}
	return newest
}

// TestAPackThatWasDamagedMeanwhileIsNotThrownAway: a server that has read its index before
// knows its objects still, but nobody will who comes later.
func TestAPackThatWasDamagedMeanwhileIsNotThrownAway(t *testing.T) {
	h, _ := filled(t)
	spoil(t, h, ways["another index"])
	must(t, h.SetRemote(far.Remote{Name: "disk"}))
	r, err := h.Repair(t.Context(), dataset.Repair{})
	if err != nil || r.OK || len(r.Left) == 0 || len(r.Aside) != 0 {
		t.Errorf("nobody has it, and the repair says %+v %v", r, err)
	}
	if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || v.OK {
		t.Errorf("it is said to be well: %+v %v", v, err)
	}
	if packs, _ := filepath.Glob(filepath.Join(h.dir, ".rondo/objects/packs/*.pack")); len(packs) == 0 {
		t.Error("the packs are gone")
	}
}
