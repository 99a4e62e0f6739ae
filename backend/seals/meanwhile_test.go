package seals_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/seals"
)

// meanwhile is a context that does something when it is first asked.
type meanwhile struct {
	context.Context
	do func()
}

func (m *meanwhile) Err() error {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Context.Err()
}

// TestWhatChangesDuringACheckIsNoDamage: what is replaced, and what is removed, while files are looked at.
func TestWhatChangesDuringACheckIsNoDamage(t *testing.T) {
	for what, do := range map[string]func(h house) error{
		"replaced": func(h house) error { h.put(t, "a", []byte("another")); return nil },
		"removed": func(h house) error {
			return h.k.Remove(h.Root, "a", func() error { return h.Remove("files/a") })
		},
	} {
		h := open(t)
		h.put(t, "a", []byte("one"))
		r, err := seals.Check(&meanwhile{t.Context(), func() { must(t, do(h)) }}, h.Root, "files", "")
		if err != nil || len(r.Bad)+len(r.Unsealed)+len(r.Damage) > 0 {
			t.Errorf("%s: %+v, %v", what, r, err)
		}
	}
}

// TestNobodyIsGivenTheBeginningOfOneFileAndTheEndOfAnother, though both were sealed.
func TestNobodyIsGivenTheBeginningOfOneFileAndTheEndOfAnother(t *testing.T) {
	h := open(t)
	one := large()
	other := bytes.Clone(one)
	other[0] ^= 1
	other[seals.Block] ^= 1
	h.put(t, "a", one)
	h.put(t, "a", other)
	if b, err := h.read("a", 0, 1<<30); err != nil || !bytes.Equal(b, other) {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	h.write(t, "a", append(bytes.Clone(one[:seals.Block]), other[seals.Block:]...))
	if b, err := h.read("a", 0, 1<<30); !errs.Is(err, errs.Corrupt) || len(b) != seals.Block {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestZerosOfAStopAreToldFromDamage: a stop leaves them from or to where a disk's sector begins, and more than one.
func TestZerosOfAStopAreToldFromDamage(t *testing.T) {
	h := open(t)
	for i := range 6 {
		h.put(t, fmt.Sprint("m/", i), []byte("a"))
	}
	text, err := h.ReadFile("laptop.seals")
	must(t, err)
	for n, edges := range map[int]bool{1: true, 2: false} {
		for at := 0; at+n < len(text); at++ {
			if edge := at%sector == 0 || (at+n)%sector == 0; edge && !edges || bytes.IndexByte(text[at:at+n], '\n') >= 0 {
				continue
			}
			bad := bytes.Clone(text)
			clear(bad[at : at+n])
			must(t, h.WriteFile("laptop.seals", bad, 0o644))
			if h.check(t)["laptop.seals"] == "" {
				t.Fatalf("%d zeros at %d are not named", n, at)
			}
		}
	}
}

// TestWhatACrashLeftOfALineIsCut, also where it is longer than what is written next.
func TestWhatACrashLeftOfALineIsCut(t *testing.T) {
	h := open(t)
	h.put(t, "a", []byte("a"))
	before, err := h.ReadFile("laptop.seals")
	must(t, err)
	must(t, h.k.Placed(h.Root, strings.Repeat("long", 500)))
	longer, err := h.ReadFile("laptop.seals")
	must(t, err)
	must(t, h.WriteFile("laptop.seals", longer[:len(longer)-10], 0o644))
	after := house{h.Root, seals.NewKeeper("laptop", time.Now)}
	after.put(t, "b", []byte("b"))
	now, err := h.ReadFile("laptop.seals")
	must(t, err)
	if !bytes.HasPrefix(now, before) || bytes.Contains(now, []byte("long")) {
		t.Errorf("%.3000s", now)
	}
	after.well(t)
}

// TestWhoTakesANameAwayWaitsForWhoGivesOne, whose seal would lie behind the line that takes it.
func TestWhoTakesANameAwayWaitsForWhoGivesOne(t *testing.T) {
	h := open(t)
	sum := seals.NewHash()
	fmt.Fprint(sum, "m")
	h.write(t, "m/a", []byte("m"))
	f, err := h.Open("files/m/a")
	must(t, err)
	defer f.Close()
	leave, err := h.k.Sync(h.Root, seals.File{Name: "m/a", Seal: sum.Seal()}, f)
	must(t, err)
	removed := make(chan error)
	go func() {
		removed <- h.k.Remove(h.Root, "m", func() error { return h.RemoveAll("files/m") })
	}()
	select {
	case err := <-removed:
		t.Fatalf("it did not wait, %v", err)
	case <-time.After(200 * time.Millisecond): // it has every chance
	}
	must(t, h.k.Placed(h.Root, "m/a"))
	leave()
	must(t, <-removed)
	h.well(t)
}

// TestTheNameOfNewSealsIsOnTheDisk before what had the name of a file is replaced.
func TestTheNameOfNewSealsIsOnTheDisk(t *testing.T) {
	h := open(t)
	house{h.Root, seals.NewKeeper("desktop", time.Now)}.put(t, "a", []byte("theirs"))
	synced := false
	fault.Fail(func(op string) error {
		synced = synced || op == "sealdir"
		return nil
	})
	defer fault.Fail(nil)
	sum := seals.NewHash()
	fmt.Fprint(sum, "ours")
	must(t, h.k.Came(h.Root, seals.File{Name: "a", Seal: sum.Seal()}))
	if !synced {
		t.Error("the disk may not have the name of the file of seals")
	}
}
