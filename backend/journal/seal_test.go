package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/journal"
)

// full opens a journal whose files are full after a few records.
func full(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir, journal.Options{Device: "laptop", SealSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func note(j *journal.Journal) error {
	return j.Append([]journal.Record{j.Draft(j.Last(), "ann", "note.write", "n", []byte(`{"text":"hello"}`))})
}

func walked(t *testing.T, dir string) (n int) {
	t.Helper()
	damaged, err := journal.Walk(dir, func(journal.Record) error { n++; return nil })
	if err != nil || len(damaged) > 0 {
		t.Fatal(damaged, err)
	}
	return n
}

// TestWhatFilledAFileIsKept: where the next file cannot be begun, the record that filled the one
// before was durable, and is answered so; the next is refused, and once there is room all goes on.
func TestWhatFilledAFileIsKept(t *testing.T) {
	dir := t.TempDir()
	j := full(t, dir)
	inTheWay := filepath.Join(dir, "laptop", "000002.log")
	if err := os.Mkdir(inTheWay, 0o755); err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; n < 100; n++ {
		if err := note(j); errs.Is(err, errs.Unavailable) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if again := note(j); n == 100 || !errs.Is(again, errs.Unavailable) {
		t.Fatalf("after %d records: %v", n, again)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if got := walked(t, dir); got != n {
		t.Errorf("%d records were acknowledged, and %d are there", n, got)
	}
	for range 20 {
		if err := note(j); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	if last := full(t, dir).Last().Seq; walked(t, dir) != n+20 || last != int64(n+20) {
		t.Errorf("%d records of %d, the last %d", walked(t, dir), n+20, last)
	}
}

// TestAnEmptiedSealedFileIsDamage, as a synchroniser leaves one that it has only begun: what was in
// it is not taken for never written, also where nothing follows.
func TestAnEmptiedSealedFileIsDamage(t *testing.T) {
	dir := t.TempDir()
	j := full(t, dir)
	for range 12 {
		if err := note(j); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	sealed, err := filepath.Glob(filepath.Join(dir, "laptop", "*.log.zst"))
	if err != nil || len(sealed) < 2 {
		t.Fatal(sealed, err)
	}
	last := sealed[len(sealed)-1]
	if err := os.Truncate(last, 0); err != nil {
		t.Fatal(err)
	}
	if open, err := filepath.Glob(filepath.Join(dir, "laptop", "*.log")); err != nil || len(open) != 1 || os.Remove(open[0]) != nil {
		t.Fatal(open, err)
	}
	if _, err := journal.Open(dir, journal.Options{Device: "laptop"}); !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), filepath.Base(last)) {
		t.Errorf("opened: %v", err)
	}
	if damaged, err := journal.Walk(dir, func(journal.Record) error { return nil }); err != nil || len(damaged) != 1 {
		t.Errorf("walked: %v %v", damaged, err)
	}
	if _, damaged, err := journal.Verify(dir); err != nil || len(damaged) != 1 {
		t.Errorf("verified: %v %v", damaged, err)
	}
}
