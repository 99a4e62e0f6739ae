package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
)

func random(n int) []byte {
	b, rnd := make([]byte, n), rand.New(rand.NewPCG(7, uint64(n)))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// TestSpelledContentIsAFrameOfZstandard: letters that come evenly, unevenly, alone, and not
// at all, at lengths around those of blocks and streams.
func TestSpelledContentIsAFrameOfZstandard(t *testing.T) {
	kinds := map[string]func(n int) []byte{
		"hex":        func(n int) []byte { return []byte(hex.EncodeToString(random(n/2 + 1)))[:n] },
		"noise":      random,
		"one letter": func(n int) []byte { return bytes.Repeat([]byte{'a'}, n) },
		"two":        func(n int) []byte { return append(bytes.Repeat([]byte{'a'}, n/2), bytes.Repeat([]byte{'b'}, n-n/2)...) },
		"mixed": func(n int) []byte {
			b := random(n)
			for i := range b[:n/2] {
				b[i] = "0123456789,\n"[int(b[i])%12]
			}
			return b
		},
	}
	var frames, contents []byte
	for kind, make := range kinds {
		for _, n := range []int{
			0, 1, 2, 15, 16, 17, 255, 256, 511, 512, fourStreams - 1, fourStreams, fourStreams + 1, 4095, 16<<10 - 1, 16 << 10,
			literalBlock - 1, literalBlock, literalBlock + 1, literalBlock + fourStreams, maxChunk, 3*literalBlock + 77,
		} {
			b := make(n)
			z := spell(b)
			if got, err := unsqueeze(z, nil); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%d bytes of %s come back as %d: %v", n, kind, len(got), err)
			}
			if most := n + 9 + 3*(n/literalBlock+1); len(z) > most {
				t.Fatalf("%d bytes of %s became %d, more than the %d of raw blocks", n, kind, len(z), most)
			}
			frames, contents = append(frames, z...), append(contents, b...)
		}
	}
	zstd, err := exec.LookPath("zstd")
	if err != nil {
		t.Log("zstd is not installed: its own program was not asked")
		return
	}
	cmd := exec.Command(zstd, "-dc")
	cmd.Stdin = bytes.NewReader(frames)
	if got, err := cmd.Output(); err != nil || !bytes.Equal(got, contents) {
		t.Fatalf("zstd gives %d bytes of %d: %v", len(got), len(contents), err)
	}
}

// TestWhatHelpsDecidesHowContentIsCompressed: letters where nothing comes again, repetitions
// where they save much, and nothing where nothing helps.
func TestWhatHelpsDecidesHowContentIsCompressed(t *testing.T) {
	text := bytes.Repeat([]byte("a line that comes again and again, "+hex.EncodeToString(random(8))+"\n"), 9000)
	for _, is := range []struct {
		of    string
		b     []byte
		share float64 // of what is kept, at most
	}{
		{"hex", []byte(hex.EncodeToString(random(128 << 10))), 0.52},
		{"text", text, 0.01},
	} {
		by := gains(is.b)
		if by == nil {
			t.Fatalf("%s is not compressed", is.of)
		}
		if n := len(by(is.b)); float64(n) > is.share*float64(len(is.b)) {
			t.Errorf("%s: %d bytes became %d", is.of, len(is.b), n)
		}
	}
	var numbers []byte
	for rnd := rand.New(rand.NewPCG(8, 0)); len(numbers) < 256<<10; {
		numbers = binary.LittleEndian.AppendUint64(numbers, math.Float64bits(rnd.Float64()))
	}
	for of, b := range map[string][]byte{"noise": random(256 << 10), "what saves a twentieth": numbers} {
		if gains(b) != nil {
			t.Errorf("%s is compressed", of)
		}
	}
}

func BenchmarkCompress(b *testing.B) {
	hexes := []byte(hex.EncodeToString(random(4 << 20)))
	for _, how := range []struct {
		name string
		by   codec
	}{{"repetitions", squeeze}, {"letters", spell}} {
		b.Run(how.name, func(b *testing.B) {
			b.SetBytes(int64(len(hexes)))
			for b.Loop() {
				n := 0
				for i := 0; i < len(hexes); i += 64 << 10 {
					n += len(how.by(hexes[i : i+64<<10]))
				}
				b.ReportMetric(float64(n)/float64(len(hexes)), "share")
			}
		})
	}
}
