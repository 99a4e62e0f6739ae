package cli_test

import (
	"bytes"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamageIsToldByTheFilesThatNeedIt: a person knows data by its files and not by packs.
func TestDamageIsToldByTheFilesThatNeedIt(t *testing.T) {
	w := newWorld(t)
	big := make([]byte, 3<<20)
	rand.New(rand.NewSource(1)).Read(big)
	writeAll(t, w.dir, map[string]string{"d/big.bin": string(big), "d/sub/small.txt": "small and alone", "d/well.txt": "well"})
	w.ok("data", "add", "d")
	w.ok("stop")
	packs, err := filepath.Glob(filepath.Join(w.dir, ".rondo/objects/packs/*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		b, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{big[2<<20 : 2<<20+16], []byte("small and alone")} {
			if at := bytes.Index(b, text); at >= 0 {
				b[at] ^= 1
			}
		}
		if err := os.Chmod(pack, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pack, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, verb := range [][]string{{"data", "verify"}, {"data", "repair"}} {
		r := w.run(verb...)
		if r.code != 1 || !strings.Contains(r.out, "  needed by d@1 for big.bin\n") || !strings.Contains(r.out, "  needed by d@1 for sub/small.txt\n") || strings.Contains(r.out, "well.txt") {
			t.Errorf("%v: %+v", verb, r)
		}
	}
}
