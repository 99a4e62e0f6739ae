package points_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"testing"

	"rondo/backend/run/points"
)

// step is what a training loop logs at one step: many metrics, a point of each.
func step(n, metrics int) []points.Point {
	list := make([]points.Point, metrics)
	for k := range list {
		list[k] = points.Point{Key: fmt.Sprintf("train/metric_%d", k), Step: int64(n), Time: 1_700_000_000_000 + int64(n), Value: math.Sqrt(float64(n*metrics + k))}
	}
	list[1].Value, list[2].Value, list[3].Value = math.Float64frombits(0x7ff8000000000001), math.Copysign(0, -1), math.Inf(1)
	list[4].Model, list[4].Dataset, list[4].Digest = "m-1", "d", "x"
	return list
}

func sameBits(t *testing.T, got, want []points.Point) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d points, want %d", len(got), len(want))
	}
	for i, p := range got {
		q := want[i]
		if math.Float64bits(p.Value) != math.Float64bits(q.Value) {
			t.Fatalf("point %d has the value %x, want %x", i, math.Float64bits(p.Value), math.Float64bits(q.Value))
		}
		if p.Value, q.Value = 0, 0; p != q {
			t.Fatalf("point %d is %+v, want %+v", i, p, q)
		}
	}
}

// Logged step by step, a point takes hardly more than the bits of its value, and comes
// back bit for bit.
func TestPointsLoggedStepByStepAreSmall(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	var want []points.Point
	for n := range 20 {
		list := step(n, 1000)
		add(t, l, list...)
		want = append(want, list...)
	}
	add(t, l, points.Point{Key: "loss", Value: 1}) // one that is not squeezed
	want = append(want, points.Point{Key: "loss", Value: 1})
	got, end, damage := all(t, path)
	if len(damage) != 0 {
		t.Fatalf("damage %v", damage)
	}
	sameBits(t, got, want)
	if each := float64(end) / float64(len(want)); each > 10 {
		t.Errorf("%.1f bytes for each point, want at most 10", each)
	}
	var some []points.Point // and of one key alone
	_, _, err := points.Scan(path, 0, func(b points.Block) error {
		return b.Each(func(key string) bool { return key == "train/metric_7" }, func(p points.Point) { some = append(some, p) })
	})
	if err != nil || len(some) != 20 || some[19] != want[19*1000+7] {
		t.Errorf("of one key %d points, %v", len(some), err)
	}
}

// A block that was damaged is named, wherever it is.
func TestASqueezedBlockIsWholeOrDamaged(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	add(t, l, points.Point{Key: "a", Value: 1})
	at, end := add(t, l, step(1, 40)...)
	add(t, l, points.Point{Key: "c", Value: 3})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := at; i < end; i++ {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if list, _, damage := all(t, path); len(list) != 2 || len(damage) != 1 || damage[0].At != at || damage[0].End != end {
			t.Fatalf("byte %d: points %v, damage %v", i, list, damage)
		}
	}
}

// A file of the first form is read, and gets no block that its form has not.
func TestAFileOfTheFirstFormStaysOne(t *testing.T) {
	path := file(t)
	l := open(t, path, 0)
	want := step(0, 20) // few enough for a block of the first form
	_, end := add(t, l, want...)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copy(b, "rondo points 1\n")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, path, end)
	for n := range 3 {
		list := step(n, 200)
		add(t, l, list...)
		want = append(want, list...)
	}
	got, _, damage := all(t, path)
	if len(damage) != 0 {
		t.Fatalf("damage %v", damage)
	}
	sameBits(t, got, want)
	if b, err = os.ReadFile(path); err != nil || !bytes.HasPrefix(b, []byte("rondo points 1\n")) {
		t.Fatalf("%.15q, %v", b, err)
	}
	for at := end; at < int64(len(b)); at += 32 + int64(binary.LittleEndian.Uint32(b[at+8:])) {
		if flags := binary.LittleEndian.Uint32(b[at+4:]); flags != 0 {
			t.Errorf("the block at %d has the flags %d", at, flags)
		}
	}
}

// FuzzBlock: whatever a block with a right checksum says of itself, reading it neither
// falls over nor finds more points than it says.
func FuzzBlock(f *testing.F) {
	for _, n := range []int{1, 40} {
		b, err := points.File(step(1, max(n, 5))[:n])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[15+32:], binary.LittleEndian.Uint32(b[15+4:]), uint32(n))
	}
	f.Fuzz(func(t *testing.T, payload []byte, flags, count uint32) {
		b := append([]byte("rondo points 2\n"), "RPB1"...)
		for _, n := range []uint32{flags, uint32(len(payload)), count, 15, 0, 0} {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
		crc := crc32.MakeTable(crc32.Castagnoli)
		b = binary.LittleEndian.AppendUint32(b, crc32.Update(crc32.Checksum(b[15:], crc), crc, payload))
		b = append(b, payload...)
		found := uint32(0)
		_, _, err := points.ScanReader(bytes.NewReader(b), int64(len(b)), "x", 0, func(b points.Block) error {
			return b.Each(nil, func(points.Point) { found++ })
		})
		if found > count || err == nil && found > 0 && flags > 3 {
			t.Fatalf("%d points of %d with the flags %d, %v", found, count, flags, err)
		}
	})
}

// BenchmarkFile writes and reads one call's points, as a training loop logs them.
func BenchmarkFile(b *testing.B) {
	list := step(1, 1000)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			out, err := points.File(list)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(out))/1000, "B/point")
		}
	})
	out, err := points.File(list)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			n := 0
			_, _, err := points.ScanReader(bytes.NewReader(out), int64(len(out)), "x", 0, func(b points.Block) error {
				return b.EachSeries(nil, func(*points.Series) { n++ })
			})
			if err != nil || n != 1000 {
				b.Fatal(n, err)
			}
		}
	})
}
