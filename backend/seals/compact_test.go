package seals_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/seals"
)

// TestSealsOfWhatWasReplacedDoNotPileUp, neither for one who goes on nor for one who starts anew, and those
// of another device are left as they are.
func TestSealsOfWhatWasReplacedDoNotPileUp(t *testing.T) {
	h := open(t)
	other := house{h.Root, seals.NewKeeper("desktop", time.Now)}
	other.put(t, "theirs", []byte("theirs"))
	theirs, err := h.ReadFile("desktop.seals")
	must(t, err)
	h.put(t, "once", []byte("once"))
	for i := range 3000 {
		h.put(t, "m/again", fmt.Append(nil, "content ", i))
		if i%1000 == 999 {
			h.k = seals.NewKeeper("laptop", time.Now)
		}
	}
	info, err := h.Stat("laptop.seals")
	must(t, err)
	if info.Size() > 130<<10 {
		t.Errorf("two names have seals of %d bytes", info.Size())
	}
	h.well(t)
	h.write(t, "m/again", []byte("content 2998, bent"))
	if bad := h.check(t); bad["m/again"] == "" || len(bad) != 1 {
		t.Errorf("%v", bad)
	}
	if now, err := h.ReadFile("desktop.seals"); err != nil || string(now) != string(theirs) {
		t.Errorf("the other device's have become %q, %v", now, err)
	}
}

// TestADamagedLineIsNotDroppedUntold: it stays until somebody has put the file back.
func TestADamagedLineIsNotDroppedUntold(t *testing.T) {
	defer seals.CompactFrom(2 << 10)()
	h := open(t)
	h.put(t, "a", []byte("a"))
	text, err := h.ReadFile("laptop.seals")
	must(t, err)
	text[30] ^= 1
	must(t, h.WriteFile("laptop.seals", text, 0o644))
	h.k = seals.NewKeeper("laptop", time.Now)
	for i := range 50 {
		h.put(t, "b", fmt.Append(nil, i))
	}
	if bad := h.check(t); bad["laptop.seals"] == "" {
		t.Errorf("%v", bad)
	}
}

// TestFewerLinesSayTheSame of every file, with those of another device as they are, as they were at any time
// before, and with fewer lines too.
func TestFewerLinesSayTheSame(t *testing.T) {
	names := []string{"a", "m/b", "m/c", "m/n/d"}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := open(t)
		devices := []house{h, {h.Root, seals.NewKeeper("desktop", time.Now)}}
		for range 5 + r.IntN(60) {
			act(t, r, devices[r.IntN(2)], names)
		}
		whole := map[string][]byte{}
		for _, name := range []string{"laptop.seals", "desktop.seals"} {
			whole[name], _ = h.ReadFile(name)
		}
		few := maps.Clone(whole)
		for name, text := range whole {
			if text == nil {
				continue
			}
			var ok bool
			if few[name], ok = seals.Compacted(h.Root, name); !ok || len(few[name]) > len(text) {
				t.Fatalf("seed %d: %s: %v", seed, name, ok)
			}
		}
		theirs := strings.SplitAfter(string(whole["desktop.seals"]), "\n")
		for n := range theirs {
			part := []byte(strings.Join(theirs[:n+1], ""))
			want := says(t, h, names, whole["laptop.seals"], part)
			if got := says(t, h, names, few["laptop.seals"], part); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %d lines of theirs:\n%s\nbecame\n%s\nwhich say\n%v\nand not\n%v", seed, n, whole["laptop.seals"], few["laptop.seals"], got, want)
			}
		}
		want := says(t, h, names, whole["laptop.seals"], whole["desktop.seals"])
		if got := says(t, h, names, few["laptop.seals"], few["desktop.seals"]); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: both compacted say\n%v\nand not\n%v", seed, got, want)
		}
	}
}

// act does one thing: a file comes, comes and does not get its name, or something is removed.
func act(t *testing.T, r *rand.Rand, h house, names []string) {
	t.Helper()
	name, content := names[r.IntN(len(names))], fmt.Append(nil, r.IntN(1000))
	switch r.IntN(8) {
	case 0:
		must(t, h.k.Remove(h.Root, []string{"a", "m", "m/n", name}[r.IntN(4)], func() error { return nil }))
	case 1, 2:
		sum := seals.NewHash()
		sum.Write(content)
		must(t, h.k.Came(h.Root, seals.File{Name: name, Seal: sum.Seal()}))
	case 3:
		must(t, h.k.Placed(h.Root, name))
	default:
		h.put(t, name, content)
	}
}

// says is what files of seals say of every name.
func says(t *testing.T, h house, names []string, laptop, desktop []byte) map[string]string {
	t.Helper()
	for name, text := range map[string][]byte{"laptop.seals": laptop, "desktop.seals": desktop} {
		must(t, h.WriteFile(name, text, 0o644))
	}
	b, err := seals.Read(h.Root)
	must(t, err)
	all := map[string]string{"names": fmt.Sprint(b.Names())}
	for _, name := range names {
		list, certain := b.Of(name)
		var words []string
		for _, s := range list {
			words = append(words, s.Blocks[0].Short())
		}
		slices.Sort(words)
		all[name] = fmt.Sprint(certain, words)
	}
	return all
}

// TestAStopWhileSealsAreCompacted leaves the old or the new ones, with what is left of the other.
func TestAStopWhileSealsAreCompacted(t *testing.T) {
	defer seals.CompactFrom(1 << 10)()
	h := open(t)
	stops, within := map[string]int{}, false
	fault.Hook(func(point string) {
		if within || !strings.HasPrefix(point, "seals.") {
			return
		}
		within = true
		defer func() { within = false }()
		stops[point]++
		copied := t.TempDir()
		must(t, os.CopyFS(copied, os.DirFS(h.Name())))
		root, err := os.OpenRoot(copied)
		must(t, err)
		defer root.Close()
		after := house{root, seals.NewKeeper("laptop", time.Now)}
		after.well(t)
		after.put(t, "a", []byte("after the stop"))
		for i := range 30 {
			after.put(t, "b", fmt.Append(nil, i))
		}
		after.well(t)
	})
	defer fault.Hook(nil)
	for i := range 40 {
		h.put(t, "a", fmt.Append(nil, "content ", i))
		h.put(t, fmt.Sprint("m/", i%3), fmt.Append(nil, i))
	}
	if stops["seals.written"] < 3 || stops["seals.replaced"] < 3 {
		t.Errorf("%v", stops)
	}
}

// TestADiskThatFailsKeepsTheOldSeals, and the file that comes is kept all the same.
func TestADiskThatFailsKeepsTheOldSeals(t *testing.T) {
	defer seals.CompactFrom(1 << 10)()
	for _, op := range []string{"sync", "rename", "syncdir"} {
		h := open(t)
		failed := 0
		fault.Fail(func(asked string) error {
			if asked == op {
				failed++
				return syscall.ENOSPC
			}
			return nil
		})
		for i := range 40 {
			h.put(t, "a", fmt.Append(nil, i))
		}
		fault.Fail(nil)
		h.well(t)
		left, err := filepath.Glob(filepath.Join(h.Name(), ".*"))
		must(t, err)
		if len(left) > 0 || failed == 0 {
			t.Errorf("%s failed %d times: %v is left", op, failed, left)
		}
		h.write(t, "a", []byte("39, bent"))
		if _, err := h.read("a", 0, 10); !errs.Is(err, errs.Corrupt) {
			t.Errorf("%s: %v", op, err)
		}
	}
}

// TestWhoReadsWhileSealsAreCompacted sees no damage and no file without its seal, however much came between
// two looks.
func TestWhoReadsWhileSealsAreCompacted(t *testing.T) {
	defer seals.CompactFrom(1 << 10)()
	h := open(t)
	readers := map[int]house{}
	for stride := range 25 {
		readers[stride+1] = house{h.Root, seals.NewKeeper("desktop", time.Now)}
	}
	for i := range 300 {
		h.put(t, "a", fmt.Append(nil, "content ", i))
		for stride, reader := range readers {
			if i%stride > 0 {
				continue
			}
			if b, err := reader.read("a", 0, 100); err != nil || string(b) != fmt.Sprint("content ", i) {
				t.Fatalf("round %d, every %d: %q %v", i, stride, b, err)
			}
		}
		if i%7 == 0 {
			h.put(t, fmt.Sprint("m/", i), []byte("stays"))
		}
	}
	h.well(t)
}

// TestSealsThatAreReadAgainCountOnce: what a synchroniser brings late is still taken for what came.
func TestSealsThatAreReadAgainCountOnce(t *testing.T) {
	h := open(t)
	other := house{h.Root, seals.NewKeeper("desktop", time.Now)}
	for i := range 4 {
		other.put(t, "a", fmt.Append(nil, i))
	}
	if _, err := h.read("a", 0, 10); err != nil {
		t.Fatal(err)
	}
	text, err := h.ReadFile("desktop.seals")
	must(t, err)
	must(t, h.WriteFile("desktop.seals", text[:len(text)-40], 0o644))
	_, err = h.read("a", 0, 10)
	must(t, err)
	must(t, h.WriteFile("desktop.seals", text, 0o644))
	h.write(t, "a", []byte("0"))
	if b, err := h.read("a", 0, 10); err != nil || string(b) != "0" {
		t.Errorf("%q %v", b, err)
	}
}

// TestOneAfterTheOtherGivesAFileTheName, however many come at once.
func TestOneAfterTheOtherGivesAFileTheName(t *testing.T) {
	h := open(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "temp"))
	must(t, err)
	defer f.Close()
	var all sync.WaitGroup
	var inside atomic.Int32
	for i := range 32 {
		all.Go(func() {
			sum := seals.NewHash()
			fmt.Fprint(sum, i)
			leave, err := h.k.Sync(h.Root, seals.File{Name: "a", Seal: sum.Seal()}, f)
			if err != nil || inside.Add(1) > 1 {
				t.Errorf("two at once, or %v", err)
			}
			must(t, h.k.Placed(h.Root, "a"))
			for range 1000 {
				runtime.Gosched() // the others have every chance
			}
			inside.Add(-1)
			leave()
		})
	}
	all.Wait()
}

// TestWhatDidNotGetItsNameReplacesNothing: however many tries there were, the file that is there is the one
// that came before them, also after the seals were compacted.
func TestWhatDidNotGetItsNameReplacesNothing(t *testing.T) {
	defer seals.CompactFrom(1 << 10)()
	h := open(t)
	h.put(t, "a", []byte("good"))
	for i := range 30 {
		sum := seals.NewHash()
		fmt.Fprint(sum, "never ", i)
		must(t, h.k.Came(h.Root, seals.File{Name: "a", Seal: sum.Seal()}))
		h.put(t, "b", fmt.Append(nil, i))
	}
	h.k = seals.NewKeeper("laptop", time.Now)
	h.well(t)
	if b, err := h.read("a", 0, 10); err != nil || string(b) != "good" {
		t.Errorf("%q %v", b, err)
	}
}
