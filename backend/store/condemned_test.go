package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// kept is a store with objects in one pack, each old enough to go.
type kept struct {
	*store.Store
	t       *testing.T
	dir     string
	objects map[string]ref.Digest
	needed  []string
}

const grace = time.Hour

func holding(t *testing.T, texts ...string) *kept {
	t.Helper()
	k := &kept{t: t, dir: t.TempDir(), objects: map[string]ref.Digest{}}
	k.Store = mustOpen(t, k.dir)
	k.put(k.Store, texts...)
	return k
}

// put stores texts in one pack, which is as old as what there was before it.
func (k *kept) put(s *store.Store, texts ...string) {
	k.t.Helper()
	b := s.Batch()
	for _, text := range texts {
		d, err := b.Add([]byte(text))
		must(k.t, err)
		k.objects[text] = d
	}
	must(k.t, b.Commit())
	k.aged()
}

func (k *kept) aged() {
	k.t.Helper()
	long := time.Now().Add(-50 * time.Hour)
	for _, p := range packs(k.t, k.dir) {
		must(k.t, os.Chtimes(p, long, long))
	}
}

// collect collects some hours after today.
func (k *kept) collect(hours int, dry bool) store.Garbage {
	k.t.Helper()
	roots := map[ref.Digest]bool{}
	for _, text := range k.needed {
		roots[k.objects[text]] = true
	}
	needed, err := k.Reach(ctx, roots)
	must(k.t, err)
	g, err := k.Collect(ctx, store.Collection{Needed: needed, Grace: grace, Dry: dry, Now: time.Now().Add(time.Duration(hours) * time.Hour)})
	must(k.t, err)
	return g
}

// is complains unless these objects are here, and whole, and no others.
func (k *kept) is(s *store.Store, texts ...string) {
	k.t.Helper()
	for text, d := range k.objects {
		b, err := s.ReadAll(ctx, d, 1<<20)
		if want := slices.Contains(texts, text); want != (err == nil) || want && string(b) != text || want != s.Has(d) {
			k.t.Errorf("%s: %q %v, here: %t", text, b, err, s.Has(d))
		}
	}
}

func (k *kept) list() string { return filepath.Join(k.dir, "condemned") }

func (k *kept) listed(want bool) {
	k.t.Helper()
	if _, err := os.Stat(k.list()); want != (err == nil) {
		k.t.Errorf("the list of what is condemned: %v", err)
	}
}

// TestWhatNobodyNeedsGoesTheSecondTime, after its time, and out of packs of which other objects stay.
func TestWhatNobodyNeedsGoesTheSecondTime(t *testing.T) {
	k := holding(t, "needed", "garbage")
	k.needed = []string{"needed", "alone"}
	k.put(k.Store, "alone")
	before := packs(t, k.dir)
	if g := k.collect(0, true); g.Objects != 1 || g.Waiting != 1 || g.Needed != 2 || g.Bytes != 7 || g.WaitingBytes != 7 {
		t.Errorf("only looking: %+v", g)
	}
	k.listed(false)
	if g := k.collect(0, false); g.Objects != 1 || g.Waiting != 1 || g.Removed != 0 {
		t.Errorf("the first time: %+v", g)
	}
	k.listed(true)
	if g := k.collect(0, false); g.Waiting != 1 || g.Removed != 0 {
		t.Errorf("too early: %+v", g)
	}
	k.is(k.Store, "needed", "garbage", "alone")
	listed := false
	fault.Hook(func(point string) {
		if _, err := os.Stat(k.list()); point == "store.condemned" && err == nil {
			listed = true
		}
	})
	g := k.collect(2, false)
	fault.Hook(nil)
	if g.Objects != 1 || g.Waiting != 0 || g.Removed != 1 || g.Freed != 7 || !listed {
		t.Errorf("the second time: %+v, listed before: %t", g, listed)
	}
	k.is(k.Store, "needed", "alone")
	k.is(mustOpen(t, k.dir), "needed", "alone")
	if b, err := os.ReadFile(k.list()); err != nil || strings.Contains(string(b), k.objects["garbage"].String()) {
		t.Errorf("the list of what is condemned afterwards: %q %v", b, err)
	}
	stay := 0
	for _, p := range packs(t, k.dir) {
		if slices.Contains(before, p) {
			stay++
		}
	}
	if stay != 1 || len(packs(t, k.dir)) != 2 {
		t.Errorf("%d of two packs are as they were, and there are %d", stay, len(packs(t, k.dir)))
	}
}

// TestWhatIsStoredAgainStays: a condemned object is stored anew, and what is young is not removed
// though the old copy is.
func TestWhatIsStoredAgainStays(t *testing.T) {
	k := holding(t, "again", "needed")
	k.needed = []string{"needed"}
	k.collect(-5, false)
	if k.Keeps(k.objects["again"]) {
		t.Error("what is condemned is counted on")
	}
	if _, err := k.PutBytes(ctx, []byte("again")); err != nil || len(packs(t, k.dir)) != 2 {
		t.Fatalf("%v, %d packs", err, len(packs(t, k.dir)))
	}
	if g := k.collect(0, false); g.Removed != 1 || len(packs(t, k.dir)) != 2 {
		t.Errorf("%+v, %d packs", g, len(packs(t, k.dir)))
	}
	k.is(k.Store, "again", "needed")
	k.listed(true)
}

// TestTwoProgramsOfOneStore: what one condemns the other does not count on, as soon as it is
// said, and as long as it is; and what the other stores the one sees.
func TestTwoProgramsOfOneStore(t *testing.T) {
	k := holding(t, "a", "b")
	other := mustOpen(t, k.dir)
	counts := func(what string, a, b bool) {
		t.Helper()
		if other.Keeps(k.objects["a"]) != a || other.Keeps(k.objects["b"]) != b {
			t.Errorf("%s: %t %t", what, other.Keeps(k.objects["a"]), other.Keeps(k.objects["b"]))
		}
	}
	counts("before", true, true)
	k.needed = []string{"b"}
	k.collect(0, false)
	counts("the first is condemned", false, true)
	k.needed = nil
	k.collect(0, false)
	counts("both are", false, false)
	k.needed = []string{"a", "b", "c"}
	k.put(other, "c")
	if g := k.collect(0, false); g.Needed != 3 {
		t.Errorf("%+v", g)
	}
	counts("none is", true, true)
	if other.Keeps(ref.Of([]byte("never stored"))) {
		t.Error("what is not here is counted on")
	}
}

// TestADamagedListCondemnsNothing; one of before lists had a sum still counts.
func TestADamagedListCondemnsNothing(t *testing.T) {
	sum := regexp.MustCompile(`(?m)^[0-9a-f]{64}\n\z`)
	for what, c := range map[string]struct {
		change  func(list string) string
		removed int
	}{
		"as it is":     {func(list string) string { return list }, 1},
		"of old":       {func(list string) string { return sum.ReplaceAllString(list, "") }, 1},
		"another time": {func(list string) string { return strings.Replace(list, " 20", " 19", 1) }, 0},
		"another head": {func(list string) string { return "R" + sum.ReplaceAllString(list, "")[1:] }, 0},
		"no time": {func(list string) string {
			return regexp.MustCompile(` 20\S+`).ReplaceAllString(sum.ReplaceAllString(list, ""), " soon")
		}, 0},
		"nothing in it": {func(string) string { return "" }, 0},
	} {
		k := holding(t, "garbage")
		k.collect(0, false)
		b, err := os.ReadFile(k.list())
		must(t, err)
		must(t, os.WriteFile(k.list(), []byte(c.change(string(b))), 0o644))
		k.Store = mustOpen(t, k.dir)
		if g := k.collect(2, false); g.Removed != c.removed {
			t.Errorf("%s: %+v\n%s", what, g, c.change(string(b)))
		}
	}
}

// TestTheListIsReadInAnyPlace: its times are those of UTC.
func TestTheListIsReadInAnyPlace(t *testing.T) {
	was := time.Local
	defer func() { time.Local = was }()
	time.Local = time.FixedZone("east", 9*3600)
	k := holding(t, "garbage")
	k.collect(0, false)
	b, err := os.ReadFile(k.list())
	must(t, err)
	if strings.Contains(string(b), "+09:00") || !strings.Contains(string(b), "Z\n") {
		t.Errorf("%s", b)
	}
}

// TestADamagedPackIsNotCollected: what cannot be read whole stays, to be named and healed.
func TestADamagedPackIsNotCollected(t *testing.T) {
	k := holding(t, "goes later", "garbage")
	k.needed = []string{"goes later"}
	k.collect(0, false)
	pack := packs(t, k.dir)[0]
	b, err := os.ReadFile(pack)
	must(t, err)
	b[bytes.Index(b, []byte("goes later"))] ^= 1
	must(t, os.Chmod(pack, 0o644))
	must(t, os.WriteFile(pack, b, 0o644))
	k.aged()
	k.needed = nil // so that nobody reads it before
	if g := k.collect(2, false); g.Objects != 2 || g.Removed != 0 {
		t.Errorf("%+v", g)
	}
	if got, err := os.ReadFile(pack); err != nil || !bytes.Equal(got, b) {
		t.Errorf("the damaged pack is not as it was: %v", err)
	}
}

// TestADamagedObjectIsStoredAgain, and only then the damaged copy goes; what could not be read
// for another reason is not damaged.
func TestADamagedObjectIsStoredAgain(t *testing.T) {
	k := holding(t, "damaged", "beside it")
	pack := packs(t, k.dir)[0]
	b, err := os.ReadFile(pack)
	must(t, err)
	b[bytes.Index(b, []byte("damaged"))] ^= 1
	must(t, os.Chmod(pack, 0o644))
	must(t, os.WriteFile(pack, b, 0o644))
	d := k.objects["damaged"]
	if !k.Keeps(d) {
		t.Error("what nobody has read is not counted on")
	}
	if _, err := k.ReadAll(ctx, d, 100); err == nil {
		t.Fatal("damaged content was read")
	}
	if k.Keeps(d) || !k.Keeps(k.objects["beside it"]) {
		t.Error("what is damaged is counted on, or what is not is not")
	}
	must(t, k.Settle(ctx))
	if len(packs(t, k.dir)) != 1 {
		t.Error("the damaged copy has gone before there is another")
	}
	if _, err := k.PutBytes(ctx, []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	if !k.Keeps(d) {
		t.Error("what is stored anew is not counted on")
	}
	must(t, k.Settle(ctx))
	k.is(k.Store, "damaged", "beside it")
	k.is(mustOpen(t, k.dir), "damaged", "beside it")
	if _, err := k.Verify(ctx, func(i store.Info, err error) { t.Errorf("%s: %v", i.Digest.Short(), err) }); err != nil {
		t.Fatal(err)
	}
	left := packs(t, k.dir)
	must(t, k.Settle(ctx))
	if !slices.Equal(packs(t, k.dir), left) {
		t.Error("packs are written again though nothing was healed since")
	}
}

// TestWhatAnotherProgramRemovedIsStoredAgain, though this one has learned of it and of nothing
// since, and the list of what is condemned is as empty as it was.
func TestWhatAnotherProgramRemovedIsStoredAgain(t *testing.T) {
	for name, put := range map[string]func(s *store.Store, text string) (ref.Digest, error){
		"bytes": func(s *store.Store, text string) (ref.Digest, error) { return s.PutBytes(ctx, []byte(text)) },
		"a file": func(s *store.Store, text string) (ref.Digest, error) {
			d, _, err := s.Put(ctx, strings.NewReader(text))
			return d, err
		},
		"a batch": func(s *store.Store, text string) (ref.Digest, error) {
			b := s.Batch()
			d, err := b.Add([]byte(text))
			return d, errors.Join(err, b.Commit())
		},
		"what is here to stay": func(s *store.Store, text string) (ref.Digest, error) {
			d := ref.Of([]byte(text))
			if s.Keeps(d) {
				return d, nil
			}
			return s.PutBytes(ctx, []byte(text))
		},
	} {
		k := holding(t, "one", "two", strings.Repeat("three", 100_000))
		other := mustOpen(t, k.dir)
		beside := &kept{t: t, dir: k.dir, Store: other}
		beside.collect(0, false)
		if g := beside.collect(2, false); g.Removed != len(k.objects) {
			t.Fatalf("%s: %+v", name, g)
		}
		for text := range k.objects {
			d, err := put(k.Store, text)
			must(t, err)
			if b, err := mustOpen(t, k.dir).ReadAll(ctx, d, 1<<20); err != nil || string(b) != text {
				t.Errorf("%s: %.10s was stored, and is not there: %v", name, text, err)
			}
		}
	}
}
