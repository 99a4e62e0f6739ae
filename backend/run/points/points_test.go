package points_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/run/points"
)

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "run", "metrics", "a.points") }

func open(t testing.TB, path string, end int64) *points.Log {
	t.Helper()
	l, err := points.Open(path, end)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func add(t testing.TB, l *points.Log, list ...points.Point) (at, end int64) {
	t.Helper()
	if err := l.Append(list, true, func(a, e int64) { at, end = a, e }); err != nil {
		t.Fatal(err)
	}
	return at, end
}

// all reads a file's points, where its good part ends, and what is damaged.
func all(t testing.TB, path string) (list []points.Point, end int64, damage []points.Damage) {
	t.Helper()
	end, damage, err := points.Scan(path, 0, func(b points.Block) error {
		return b.Each(nil, func(p points.Point) { list = append(list, p) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, end, damage
}

func TestPointsComeBackBitForBit(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	want := []points.Point{
		{Key: "loss", Step: -5, Time: 1 << 60, Value: math.Float64frombits(0x7ff8000000000001)},
		{Key: "", Model: "m-1", Dataset: "d", Digest: "x", Step: math.MaxInt64, Time: math.MinInt64, Value: math.Inf(-1)},
		{Key: "größe", Value: math.Copysign(0, -1)},
	}
	add(t, l, want...)
	add(t, l, want[0])
	got, _, damage := all(t, path)
	if len(got) != 4 || len(damage) != 0 {
		t.Fatalf("%d points, damage %v", len(got), damage)
	}
	for i, p := range append(want, want[0]) {
		if math.Float64bits(got[i].Value) != math.Float64bits(p.Value) {
			t.Errorf("value %d is %x", i, math.Float64bits(got[i].Value))
		}
		if got[i].Value, p.Value = 0, 0; got[i] != p {
			t.Errorf("point %d is %+v, want %+v", i, got[i], p)
		}
	}
}

func TestATornEndIsFoundAtEveryByte(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	_, first := add(t, l, points.Point{Key: "a", Value: 1})
	_, second := add(t, l, points.Point{Key: "b", Value: 2})
	whole, err := os.ReadFile(path)
	if err != nil || int64(len(whole)) != second {
		t.Fatal(err, len(whole), second)
	}
	for cut := first; cut < second; cut++ {
		torn := filepath.Join(t.TempDir(), "torn.points")
		if err := os.WriteFile(torn, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		list, end, damage := all(t, torn)
		if len(list) != 1 || end != first {
			t.Fatalf("cut at %d: %d points up to %d, want 1 up to %d", cut, len(list), end, first)
		}
		if (cut > first) != (len(damage) == 1 && damage[0].Tail && damage[0].At == first) {
			t.Fatalf("cut at %d: damage %v", cut, damage)
		}
		l := open(t, torn, end)
		add(t, l, points.Point{Key: "c", Value: 3})
		if list, _, damage := all(t, torn); len(list) != 2 || list[1].Key != "c" || len(damage) != 0 {
			t.Fatalf("cut at %d and gone on: %v, damage %v", cut, list, damage)
		}
	}
}

func TestDamageInsideIsNamedAndTheRestIsRead(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	add(t, l, points.Point{Key: "a", Value: 1})
	at, end := add(t, l, points.Point{Key: "b", Value: 2})
	add(t, l, points.Point{Key: "c", Value: 3})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := at; i < end; i++ {
		b := bytes.Clone(whole)
		b[i] ^= 0x40
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		list, good, damage := all(t, path)
		if len(list) != 2 || list[0].Key != "a" || list[1].Key != "c" || good != int64(len(whole)) {
			t.Fatalf("byte %d: points %v up to %d", i, list, good)
		}
		if len(damage) != 1 || damage[0].Tail || damage[0].At != at || damage[0].End != end {
			t.Fatalf("byte %d: damage %v", i, damage)
		}
	}
}

// TestADamagedBeginningHidesNoBlock: each bit of it, and whoever opens the file goes on
// behind its last block and cuts nothing.
func TestADamagedBeginningHidesNoBlock(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	at, _ := add(t, l, points.Point{Key: "a", Value: 1})
	_, end := add(t, l, points.Point{Key: "b", Value: 2})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range at {
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[i] ^= 1 << bit
			if string(b[:at]) == "rondo points 1\n" {
				continue
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			list, good, damage := all(t, path)
			if len(list) != 2 || good != end || len(damage) != 1 || damage[0].Tail || damage[0].At != 0 || damage[0].End != at {
				t.Fatalf("bit %d of byte %d: points %v up to %d, damage %v", bit, i, list, good, damage)
			}
		}
	}
	next := open(t, path, end)
	add(t, next, points.Point{Key: "c", Value: 3})
	if list, _, damage := all(t, path); len(list) != 3 || len(damage) != 1 {
		t.Errorf("points %v, damage %v", list, damage)
	}
}

// TestABeginningThatNeverGotToDiskIsATail: the machine stopped when the size was on disk.
func TestABeginningThatNeverGotToDiskIsATail(t *testing.T) {
	path := file(t)
	open(t, path, 0)
	for _, n := range []int{1, 14, 15, 16, 5000} {
		if err := os.WriteFile(path, make([]byte, n), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, end, damage := all(t, path); end != 0 || len(damage) != 1 || !damage[0].Tail {
			t.Errorf("%d bytes: end %d, damage %v", n, end, damage)
		}
	}
}

func TestWhatWasNeverAcknowledgedIsATailEvenIfItsEndIsWhole(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	_, first := add(t, l, points.Point{Key: "a", Value: 1})
	add(t, l, points.Point{Key: "b", Value: 2})
	whole, _ := os.ReadFile(path)
	// As if one write of two blocks had reached the disk from behind: the second block's
	// head says that only the first was durable.
	block := bytes.Clone(whole[first:])
	binary.LittleEndian.PutUint64(block[16:], uint64(first))
	crc := crc32.MakeTable(crc32.Castagnoli)
	binary.LittleEndian.PutUint32(block[28:], crc32.Update(crc32.Checksum(block[:28], crc), crc, block[32:]))
	torn := append(bytes.Clone(whole[:first]), bytes.Repeat([]byte{0}, 50)...)
	if err := os.WriteFile(path, append(torn, block...), 0o600); err != nil {
		t.Fatal(err)
	}
	list, end, damage := all(t, path)
	if len(list) != 1 || end != first || len(damage) != 1 || !damage[0].Tail {
		t.Errorf("points %v up to %d, damage %v", list, end, damage)
	}
}

// TestADamagedLastBlockIsNoTail: every bit of it, and what is logged next lies behind it.
func TestADamagedLastBlockIsNoTail(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	add(t, l, points.Point{Key: "a", Value: 1})
	at, end := add(t, l, points.Point{Key: "b", Value: 2})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := at; i < end; i++ {
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[i] ^= 1 << bit
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			list, good, damage := all(t, path)
			if len(list) != 1 || good != end || len(damage) != 1 || damage[0].Tail || damage[0].At != at || damage[0].End != end {
				t.Fatalf("bit %d of byte %d: points %v up to %d, damage %v", bit, i-at, list, good, damage)
			}
		}
	}
	next := open(t, path, end)
	add(t, next, points.Point{Key: "c", Value: 3})
	if list, _, damage := all(t, path); len(list) != 2 || len(damage) != 1 || damage[0].Tail {
		t.Errorf("points %v, damage %v", list, damage)
	}
}

func TestManyWritersShareOneFile(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	var mu sync.Mutex
	var last int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				err := l.Append([]points.Point{{Key: fmt.Sprint(w), Step: int64(i)}}, i%2 == 0, func(at, end int64) {
					mu.Lock()
					defer mu.Unlock()
					if at < last || end <= at {
						t.Errorf("block %d to %d after %d", at, end, last)
					}
					last = end
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list, end, damage := all(t, path)
	if len(list) != 400 || end != last || len(damage) != 0 {
		t.Errorf("%d points up to %d, want 400 up to %d; damage %v", len(list), end, last, damage)
	}
}

func TestTooManyPointsAreRefused(t *testing.T) {
	l := open(t, file(t), 0)
	err := l.Append(make([]points.Point, points.MaxBatch+1), true, func(int64, int64) {})
	if !errs.Is(err, errs.TooLarge) || errs.HintOf(err) == "" {
		t.Errorf("error %v", err)
	}
}

// FuzzScan: whatever lies in the file, reading it neither falls over nor takes more
// memory than the file, and everything up to the end that it names is accounted for.
func FuzzScan(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed", "x", "y.points")
	l := open(f, path, 0)
	add(f, l, points.Point{Key: "a", Value: 1}, points.Point{Key: "b", Step: 2, Time: 3})
	add(f, l, points.Point{Key: "a", Value: 2})
	add(f, l, step(1, 40)...)
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:40])
	f.Add([]byte("rondo points 1\nRPB1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		end, damage, err := points.ScanReader(bytes.NewReader(b), int64(len(b)), "x", 0, func(b points.Block) error {
			_ = b.Each(nil, func(points.Point) {})
			return nil
		})
		if err != nil || end > int64(len(b)) {
			t.Fatalf("end %d of %d, %v", end, len(b), err)
		}
		if end < int64(len(b)) && len(damage) == 0 {
			t.Fatalf("read up to %d of %d and nothing is damaged", end, len(b))
		}
	})
}
