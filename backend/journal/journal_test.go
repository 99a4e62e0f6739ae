package journal_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/journal"
)

func fill(tb testing.TB, dir string, n int) string {
	tb.Helper()
	j, err := journal.Open(dir, journal.Options{Device: "laptop"})
	if err != nil {
		tb.Fatal(err)
	}
	defer j.Close()
	for i := range n {
		rec := j.Draft(j.Last(), "ann", "note.write", fmt.Sprint(i), []byte(`{"text":"hello"}`))
		if err := j.Append([]journal.Record{rec}); err != nil {
			tb.Fatal(err)
		}
	}
	return filepath.Join(dir, "laptop", "000001.log")
}

func TestVerifyNamesEveryDamagedPlace(t *testing.T) {
	dir := t.TempDir()
	log := fill(t, dir, 10)
	if n, damaged, err := journal.Verify(dir); n != 10 || len(damaged) != 0 || err != nil {
		t.Fatalf("intact: %d records, %v, %v", n, damaged, err)
	}
	b, _ := os.ReadFile(log)
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines[2][100] ^= 1 // the content of the third
	lines[6][3] ^= 1   // the hash of the seventh
	os.WriteFile(log, bytes.Join(lines, nil), 0o644)
	_, damaged, err := journal.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(damaged)
	third := len(lines[0]) + len(lines[1])
	if !strings.Contains(text, fmt.Sprintf("000001.log is damaged at bytes %d–", third)) {
		t.Errorf("third record not named: %s", text)
	}
	seventh := 0
	for _, l := range lines[:6] {
		seventh += len(l)
	}
	if !strings.Contains(text, fmt.Sprintf("bytes %d–", seventh)) {
		t.Errorf("seventh record not named: %s", text)
	}
}

// FuzzOpen feeds damaged journals to Open: it may refuse or cut, and whatever it
// accepts must then verify clean.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	whole, err := os.ReadFile(fill(f, dir, 4))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, uint16(5), byte(1))
	f.Add(whole[:len(whole)-9], uint16(200), byte(0x80))
	f.Add([]byte("\n\n"), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		dir := t.TempDir()
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[int(at)%len(b)] ^= flip
		}
		own := filepath.Join(dir, "laptop")
		os.MkdirAll(own, 0o755)
		os.WriteFile(filepath.Join(own, "000001.log"), b, 0o644)
		j, err := journal.Open(dir, journal.Options{Device: "laptop"})
		if err != nil {
			return
		}
		defer j.Close()
		if _, damaged, err := journal.Verify(dir); err != nil || len(damaged) > 0 {
			t.Fatalf("accepted, yet %v %v", damaged, err)
		}
	})
}
