package seals_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/seals"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a folder with its files in "files", and the seals of one device.
type house struct {
	*os.Root
	k *seals.Keeper
}

func open(t testing.TB) house {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	must(t, err)
	t.Cleanup(func() { root.Close() })
	return house{root, seals.NewKeeper("laptop", time.Now)}
}

func (h house) write(t testing.TB, name string, content []byte) {
	t.Helper()
	at := path.Join("files", name)
	must(t, h.MkdirAll(path.Dir(at), 0o755))
	must(t, h.WriteFile(at, content, 0o644))
}

func (h house) put(t testing.TB, name string, content []byte) {
	t.Helper()
	sum := seals.NewHash()
	for part := content; len(part) > 0; part = part[min(len(part), 70_001):] {
		sum.Write(part[:min(len(part), 70_001)])
	}
	must(t, h.k.Came(h.Root, seals.File{Name: name, Seal: sum.Seal()}))
	h.write(t, name, content)
	must(t, h.k.Placed(h.Root, name))
}

func (h house) check(t testing.TB) map[string]string {
	t.Helper()
	r, err := seals.Check(t.Context(), h.Root, "files", "")
	must(t, err)
	bad := map[string]string{}
	for _, b := range r.Bad {
		bad[b.Name] = b.Why
	}
	for _, d := range r.Damage {
		bad[d.File] = d.Why
	}
	for _, name := range r.Unsealed {
		bad[name] = "unsealed"
	}
	return bad
}

func (h house) well(t testing.TB) {
	t.Helper()
	if bad := h.check(t); len(bad) > 0 {
		t.Fatalf("%v", bad)
	}
}

// read is what somebody gets who asks for bytes from an offset on.
func (h house) read(name string, from, n int64) ([]byte, error) {
	f, err := h.k.Open(h.Root, "files", name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.(io.Seeker).Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, n))
	if (err != nil) != (seals.Found(f) != nil) {
		return b, fmt.Errorf("ended with %w, and found %w", err, seals.Found(f))
	}
	return b, err
}

// large has three blocks, the last of them short.
func large() []byte {
	b := make([]byte, 2*seals.Block+1000)
	for i := range b {
		b[i] = byte(i * 2654435761 >> 11)
	}
	return b
}

// TestEveryFlippedByteIsNamedAndNeverRead: each of a small file and of the seals themselves, and some of a
// large one, of which what is before the damage can be read, and never any of the block it is in.
func TestEveryFlippedByteIsNamedAndNeverRead(t *testing.T) {
	h := open(t)
	small, big := []byte("a few bytes that came"), large()
	h.put(t, "a/small", small)
	h.put(t, "big", big)
	h.put(t, "empty", nil)
	h.well(t)
	for _, name := range []string{"a/small", "big", "empty"} {
		if b, err := h.read(name, 0, 1<<30); err != nil || len(b) != len(map[string][]byte{"a/small": small, "big": big, "empty": nil}[name]) {
			t.Fatalf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	for i := range small {
		bad := bytes.Clone(small)
		bad[i] ^= 1
		h.write(t, "a/small", bad)
		if h.check(t)["a/small"] == "" {
			t.Fatalf("byte %d is not named", i)
		}
		if b, err := h.read("a/small", 0, 100); !errs.Is(err, errs.Corrupt) || len(b) > 0 || !strings.Contains(err.Error(), "a/small") {
			t.Fatalf("byte %d: read %q, %v", i, b, err)
		}
	}
	h.write(t, "a/small", small)
	for _, i := range []int{0, seals.Block - 1, seals.Block, seals.Block + 7, len(big) - 1} {
		bad := bytes.Clone(big)
		bad[i] ^= 128
		h.write(t, "big", bad)
		if why := h.check(t)["big"]; !strings.Contains(why, fmt.Sprintf("from %d on", i/seals.Block*seals.Block)) {
			t.Fatalf("byte %d: %q", i, why)
		}
		before, err := h.read("big", 0, 1<<30)
		if !errs.Is(err, errs.Corrupt) || len(before) != i/seals.Block*seals.Block || !bytes.Equal(before, big[:len(before)]) {
			t.Fatalf("byte %d: %d bytes, %v", i, len(before), err)
		}
		if _, err := h.k.Open(h.Root, "files", "big"); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("byte %d: the next one who asks is told %v", i, err)
		}
		must(t, h.Chtimes("files/big", time.Now(), time.Now().Add(time.Duration(i+1)*time.Second))) // as another file
		if _, err := h.read("big", int64(i/seals.Block*seals.Block), 1); !errs.Is(err, errs.Corrupt) {
			t.Fatalf("byte %d in a range: %v", i, err)
		}
	}
	h.write(t, "big", big)
	h.well(t)
	text, err := h.ReadFile("laptop.seals")
	must(t, err)
	for i := range text {
		for _, bit := range []byte{1, 32} {
			bad := bytes.Clone(text)
			bad[i] ^= bit
			must(t, h.WriteFile("laptop.seals", bad, 0o644))
			if h.check(t)["laptop.seals"] == "" {
				t.Fatalf("byte %d of the seals, %q, is not named", i, text[max(0, i-20):i+1])
			}
		}
	}
}

// TestRangesAreWhatLiesThere, wherever they begin and end.
func TestRangesAreWhatLiesThere(t *testing.T) {
	h := open(t)
	big := large()
	h.put(t, "big", big)
	for _, at := range [][2]int64{{0, 1}, {seals.Block - 1, 2}, {seals.Block, 10}, {5, 2 * seals.Block}, {int64(len(big)) - 1, 10}, {int64(len(big)), 1}, {int64(len(big)) + 5, 1}} {
		b, err := h.read("big", at[0], at[1])
		must(t, err)
		if from := min(at[0], int64(len(big))); !bytes.Equal(b, big[from:min(from+at[1], int64(len(big)))]) {
			t.Errorf("%v: %d other bytes", at, len(b))
		}
	}
}

// TestWhatComesLaterCounts: replaced, removed with its folder, come again, by two devices, one of whose
// clocks is a day behind.
func TestWhatComesLaterCounts(t *testing.T) {
	h := open(t)
	other := house{h.Root, seals.NewKeeper("desktop", func() time.Time { return time.Now().Add(-24 * time.Hour) })}
	h.put(t, "m/a", []byte("one"))
	h.put(t, "m/a", []byte("two"))
	h.put(t, "mm", []byte("beside"))
	h.well(t)
	must(t, h.Remove("files/mm"))
	if why := h.check(t)["mm"]; why != "it is missing" {
		t.Errorf("a lost file: %q", why)
	}
	h.put(t, "mm", []byte("beside"))
	must(t, other.k.Remove(h.Root, "m", func() error { return nil }))
	must(t, h.RemoveAll("files/m"))
	h.well(t)
	other.put(t, "m/a", []byte("three"))
	h.well(t)
	h.write(t, "m/a", []byte("fivee"))
	if why := h.check(t)["m/a"]; why == "" {
		t.Error("what is not sealed is not named")
	}
	if _, err := h.read("m/a", 0, 10); !errs.Is(err, errs.Corrupt) {
		t.Errorf("and is read: %v", err)
	}
}

// TestACrashLeavesNothingThatIsNamed: at every byte of the last line, and before a file has got its name.
func TestACrashLeavesNothingThatIsNamed(t *testing.T) {
	h := open(t)
	h.write(t, "old", []byte("from before there were seals"))
	h.put(t, "a", []byte("a"))
	whole, err := h.ReadFile("laptop.seals")
	must(t, err)
	sum := seals.NewHash()
	fmt.Fprint(sum, "b")
	must(t, h.k.Came(h.Root, seals.File{Name: "b", Seal: sum.Seal()}, seals.File{Name: "old", Seal: sum.Seal()}))
	longer, err := h.ReadFile("laptop.seals")
	must(t, err)
	for n := len(whole); n <= len(longer); n++ {
		must(t, h.WriteFile("laptop.seals", longer[:n], 0o644))
		if bad := h.check(t); len(bad) != 1 || bad["old"] != "unsealed" {
			t.Fatalf("cut at %d: %v", n, bad)
		}
		if b, err := h.read("old", 0, 100); err != nil || len(b) != 28 {
			t.Fatalf("cut at %d: %q %v", n, b, err)
		}
		after := house{h.Root, seals.NewKeeper("laptop", time.Now)}
		after.put(t, "c", []byte("c"))
		if bad := after.check(t); len(bad) != 1 {
			t.Fatalf("after the next line, cut at %d: %v", n, bad)
		}
		must(t, h.Remove("files/c"))
	}
}

// TestWhatHasNoSealGetsOne, and what was changed on purpose another.
func TestWhatHasNoSealGetsOne(t *testing.T) {
	h := open(t)
	h.put(t, "a", []byte("a"))
	h.put(t, "lost", []byte("lost"))
	h.put(t, "b", []byte("b"))
	h.write(t, "by/hand", []byte("hand"))
	h.write(t, "b", []byte("c"))
	must(t, h.Remove("files/lost"))
	adopt := func(accept bool) int {
		n, _, err := h.k.Adopt(t.Context(), h.Root, "files", "", accept)
		must(t, err)
		return n
	}
	if n := adopt(false); n != 1 {
		t.Errorf("%d were sealed", n)
	}
	if bad := h.check(t); len(bad) != 2 || bad["b"] == "" || bad["lost"] == "" {
		t.Errorf("%v", bad)
	}
	if n := adopt(true); n != 1 {
		t.Errorf("%d were accepted", n)
	}
	h.well(t)
	h.write(t, "by/hand", []byte("hanD"))
	if _, err := h.read("by/hand", 0, 10); !errs.Is(err, errs.Corrupt) || errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
