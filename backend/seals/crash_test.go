package seals_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"testing"
	"time"

	"rondo/backend/seals"
)

const sector = 512 // bytes that a disk writes at once

// disk is a house whose machine may stop: what of its seals is on disk for certain is known.
type disk struct {
	house
	safe int // bytes
}

func (d *disk) seals(t *testing.T) []byte {
	t.Helper()
	b, err := d.ReadFile("laptop.seals")
	if !os.IsNotExist(err) {
		must(t, err)
	}
	return b
}

// put stops the machine at every step of a file's coming.
func (d *disk) put(t *testing.T, name, content string) {
	t.Helper()
	sum := seals.NewHash()
	fmt.Fprint(sum, content)
	wait, err := d.k.Begin(d.Root, seals.File{Name: name, Seal: sum.Seal()})
	must(t, err)
	d.stop(t, "before "+name+" has its name")
	if wait != nil {
		must(t, wait())
		d.safe = len(d.seals(t))
	}
	d.write(t, name, []byte(content))
	d.stop(t, name+" has its name")
	must(t, d.k.Placed(d.Root, name))
	d.stop(t, name+" was placed")
}

func (d *disk) remove(t *testing.T, name string) {
	t.Helper()
	must(t, d.k.Remove(d.Root, name, func() error { return nil }))
	d.safe = len(d.seals(t))
	d.stop(t, "before "+name+" goes")
	must(t, d.RemoveAll(path.Join("files", name)))
	d.stop(t, name+" has gone")
}

// stop looks what there would be after a stop of the machine that lost any part of what of
// the seals was not synced: its end, or zeros in the place of its end or of sectors in it.
func (d *disk) stop(t *testing.T, when string) {
	t.Helper()
	all := d.seals(t)
	for n := d.safe; n <= len(all); n++ {
		d.after(t, all[:n], fmt.Sprintf("%s, cut at %d", when, n))
		d.after(t, append(bytes.Clone(all[:n]), make([]byte, len(all)-n)...), fmt.Sprintf("%s, zeros from %d", when, n))
	}
	for n := d.safe; n < len(all); n = (n/sector + 1) * sector {
		hole := bytes.Clone(all)
		clear(hole[n:min(len(hole), (n/sector+1)*sector)])
		d.after(t, hole, fmt.Sprintf("%s, a hole at %d", when, n))
	}
	must(t, d.WriteFile("laptop.seals", all, 0o644))
}

func (d *disk) after(t *testing.T, text []byte, when string) {
	t.Helper()
	must(t, d.WriteFile("laptop.seals", text, 0o644))
	r, err := seals.Check(t.Context(), d.Root, "files", "")
	must(t, err)
	for _, b := range r.Bad {
		t.Fatalf("%s: %s is named: %s", when, b.Name, b.Why)
	}
	if edge := len(text) % sector; len(r.Damage) > 0 && edge > 1 { // one zero may as well be a changed bit
		t.Fatalf("%s: %+v", when, r.Damage)
	}
	started := house{d.Root, seals.NewKeeper("laptop", time.Now)}
	for _, name := range []string{"a", "m/b", "m/c"} {
		if b, err := started.read(name, 0, 100); err != nil && !os.IsNotExist(err) {
			t.Fatalf("%s: %s is refused: %q %v", when, name, b, err)
		}
	}
}

// TestAStoppedMachineLosesNoFile: files come, are replaced, come again after they were removed, and come
// twice at once, and at every step the machine may stop with any part of what was not synced.
func TestAStoppedMachineLosesNoFile(t *testing.T) {
	d := &disk{house: open(t)}
	d.put(t, "a", "one")
	d.put(t, "m/b", "bee")
	d.put(t, "a", "other")
	d.put(t, "m/c", "sea")
	d.remove(t, "m")
	d.put(t, "m/b", "another")
	d.put(t, "m/c", "sea")
	d.k = seals.NewKeeper("laptop", time.Now)
	d.put(t, "m/b", "the third")
	first, second := seals.NewHash(), seals.NewHash()
	fmt.Fprint(first, "first")
	fmt.Fprint(second, "second")
	d.remove(t, "a")
	for i, h := range []*seals.Hash{first, second} {
		wait, err := d.k.Begin(d.Root, seals.File{Name: "a", Seal: h.Seal()})
		must(t, err)
		if (wait != nil) != (i == 1) {
			t.Fatalf("the seal of writer %d waits for the disk: %v", i, wait != nil)
		}
		if wait != nil {
			must(t, wait())
			d.safe = len(d.seals(t))
		}
	}
	for _, content := range []string{"first", "second", "first"} {
		d.write(t, "a", []byte(content))
		d.stop(t, "two at once")
		must(t, d.k.Placed(d.Root, "a"))
		d.stop(t, "two at once, placed")
	}
}

// TestTheFirstSealOfAnotherDeviceIsReplaced durably too: a Keeper that has not read a folder yet, and
// one that has, before the other wrote.
func TestTheFirstSealOfAnotherDeviceIsReplaced(t *testing.T) {
	h := open(t)
	other := house{h.Root, seals.NewKeeper("desktop", time.Now)}
	for i, name := range []string{"a", "b"} {
		other.put(t, name, []byte("theirs"))
		sum := seals.NewHash()
		fmt.Fprint(sum, "ours")
		if wait, err := h.k.Begin(h.Root, seals.File{Name: name, Seal: sum.Seal()}); err != nil || wait == nil {
			t.Fatalf("round %d: %v %v", i, wait == nil, err)
		} else {
			must(t, wait())
		}
	}
}
