package capture_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/serve/capture"
)

func lines(i int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "{\"line\":%d}\n", i), 1+i*20)
}

func write(t testing.TB, dir string, opts capture.Options, n int, at time.Time) []capture.Pos {
	t.Helper()
	l, damage, err := capture.Open(dir, opts)
	if err != nil || len(damage) > 0 {
		t.Fatal(damage, err)
	}
	defer l.Close()
	var list []capture.Pos
	for i := range n {
		p, err := l.Append(at, lines(i))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestBlocksComeBack(t *testing.T) {
	dir := t.TempDir()
	list := write(t, dir, capture.Options{Rotate: 300}, 12, noon)
	if files, err := capture.Files(dir); err != nil || len(files) < 2 || files[0] != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	for i, p := range list {
		got, err := capture.Read(dir, p.File, p.Offset)
		if err != nil || !bytes.Equal(got, lines(i)) || len(capture.Lines(got)) != 1+i*20 {
			t.Errorf("block %d: %d bytes, %v", i, len(got), err)
		}
	}
	if _, err := capture.Read(dir, list[0].File, list[0].Offset+1); !errs.Is(err, errs.Corrupt) {
		t.Errorf("between blocks: %v", err)
	}
	if _, err := capture.Read(dir, 99, 0); !errs.Is(err, errs.NotFound) {
		t.Errorf("no such file: %v", err)
	}
}

func TestANewDayIsANewFile(t *testing.T) {
	dir := t.TempDir()
	l, _, err := capture.Open(dir, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, at := range []time.Time{noon, noon.Add(time.Hour), noon.Add(24 * time.Hour)} {
		p, err := l.Append(at, lines(1))
		if want := 1 + i/2; err != nil || p.File != want {
			t.Errorf("block %d lies in file %d, not %d, %v", i, p.File, want, err)
		}
	}
}

// TestEveryCutAndEveryBentByte cuts a file at every length and changes every byte:
// what is intact is read, what is not is told, and appending goes on.
func TestEveryCutAndEveryBentByte(t *testing.T) {
	whole := t.TempDir()
	list := write(t, whole, capture.Options{}, 3, noon)
	b, err := os.ReadFile(filepath.Join(whole, "000001.log"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "000001.log")
	intact := func(b []byte) (starts []int64, damage []capture.Damage) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, damage, err := capture.Scan(dir, 1, 0, func(at, _ int64, text []byte) error {
			starts = append(starts, at)
			if !bytes.HasPrefix(text, []byte("{")) {
				t.Fatalf("block at %d: %q", at, text)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return starts, damage
	}
	for n := range b {
		starts, damage := intact(b[:n])
		want := 0
		for _, p := range list {
			if p.End <= int64(n) {
				want++
			}
		}
		atEnd := n == 0 || int64(n) == capture.Start || want > 0 && list[want-1].End == int64(n)
		if len(starts) != want || (len(damage) == 0) != atEnd || len(damage) > 0 && !damage[0].Tail {
			t.Fatalf("cut at %d: blocks %v, damage %v", n, starts, damage)
		}
		bent := bytes.Clone(b)
		bent[n] ^= 0x10
		if starts, damage = intact(bent); len(damage) != 1 || n >= int(capture.Start) && len(starts) != len(list)-1 {
			t.Fatalf("bent at %d: blocks %v, damage %v", n, starts, damage)
		}
	}
}

func TestATornTailIsCutAndReported(t *testing.T) {
	for name, torn := range map[string]string{"short": "RC", "a head": "RCB2\x00\x00\x00\x00\xff\x00\x00\x00", "an old head": "RCB1\x00\x00\x00\x00\xff\x00\x00\x00", "zeros": strings.Repeat("\x00", 500)} {
		dir := t.TempDir()
		list := write(t, dir, capture.Options{}, 2, time.Now())
		path := filepath.Join(dir, "000001.log")
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(torn)
		f.Close()
		l, damage, err := capture.Open(dir, capture.Options{})
		if err != nil || len(damage) != 1 || !damage[0].Tail || damage[0].Size != int64(len(torn)) || !strings.Contains(damage[0].String(), "after a crash") {
			t.Fatalf("%s: %v, %v", name, damage, err)
		}
		p, err := l.Append(time.Now(), lines(3))
		if err != nil || p.Offset != list[1].End {
			t.Errorf("%s: appended at %d, %v", name, p.Offset, err)
		}
		l.Close()
		if got, err := capture.Read(dir, p.File, p.Offset); err != nil || !bytes.Equal(got, lines(3)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestADamagedLastBlockIsNoTornTail: each byte of it, also of its lengths, and the log goes on in another file.
func TestADamagedLastBlockIsNoTornTail(t *testing.T) {
	dir := t.TempDir()
	list := write(t, dir, capture.Options{}, 3, time.Now())
	path := filepath.Join(dir, "000001.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := list[2].Offset; at < list[2].End; at++ {
		for bit := range 8 {
			bent := bytes.Clone(whole)
			bent[at] ^= 1 << bit
			if err := os.WriteFile(path, bent, 0o600); err != nil {
				t.Fatal(err)
			}
			_, damage, err := capture.Scan(dir, 1, 0, func(int64, int64, []byte) error { return nil })
			if err != nil || len(damage) != 1 || damage[0].Begun {
				t.Fatalf("bit %d of byte %d: %+v, %v", bit, at-list[2].Offset, damage, err)
			}
		}
	}
	l, damage, err := capture.Open(dir, capture.Options{})
	if err != nil || len(damage) != 1 {
		t.Fatal(damage, err)
	}
	defer l.Close()
	p, err := l.Append(time.Now(), lines(3))
	if err != nil || p.File != 2 {
		t.Errorf("appended to file %d, %v", p.File, err)
	}
	if now, err := os.ReadFile(path); err != nil || len(now) != len(whole) {
		t.Errorf("%d of %d bytes are left of what was answered for: %v", len(now), len(whole), err)
	}
}

func FuzzScan(f *testing.F) {
	dir := f.TempDir()
	write(f, dir, capture.Options{}, 3, noon)
	b, err := os.ReadFile(filepath.Join(dir, "000001.log"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add([]byte("rondo captures 1\nRCB1\x01\x00\x00\x00\xff\xff\xff\x04\xff\xff\xff\x03\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "000001.log"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		end, _, err := capture.Scan(dir, 1, 0, func(_, _ int64, text []byte) error { capture.Lines(text); return nil })
		if err != nil || end > int64(len(b)) {
			t.Fatalf("end %d of %d, %v", end, len(b), err)
		}
	})
}
