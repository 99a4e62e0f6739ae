package ledger_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ledger"
)

// TestWhatWasVerifiedIsNotReadAgain: a sealed file that lies as it was is passed over,
// and any change to it that shows in its size or time is found at the next open.
func TestWhatWasVerifiedIsNotReadAgain(t *testing.T) {
	dir := t.TempDir()
	opts := options(dir)
	opts.SealSize = 2000
	l := mustOpen(t, opts)
	for i := range 60 {
		if err := write(l, fmt.Sprint("n", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	want := dump(t, mustOpen(t, opts))
	sealed, _ := filepath.Glob(filepath.Join(dir, "journal", "laptop", "*.log.zst"))
	if len(sealed) < 3 {
		t.Fatalf("%d sealed files, want several", len(sealed))
	}
	info, err := os.Stat(sealed[1])
	if err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(sealed[1])
	bad := append([]byte{}, good...)
	bad[len(bad)/2] ^= 0x40
	damage := func(b []byte, past bool) {
		if err := os.WriteFile(sealed[1], b, 0o644); err != nil {
			t.Fatal(err)
		}
		if past {
			os.Chtimes(sealed[1], info.ModTime(), info.ModTime())
		}
	}
	damage(bad, false)
	if _, err := ledger.Open(context.Background(), opts); !errs.Is(err, errs.Corrupt) {
		t.Errorf("a sealed file that was written to: %v, want Corrupt", err)
	}
	damage(bad, true) // as if it had not been: nothing is read, nothing is lost
	l, err = ledger.Open(context.Background(), opts)
	if err != nil || dump(t, l) != want {
		t.Fatalf("the sealed file was read: %v", err)
	}
	if err := write(l, "more", "text"); err != nil {
		t.Fatal(err)
	}
	l.Close()
	damage(good, true)
	l = mustOpen(t, opts)
	grown := dump(t, l)
	l.Close()
	if err := os.RemoveAll(filepath.Join(dir, "device")); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, mustOpen(t, opts)); got != grown {
		t.Errorf("a rebuild gives\n%s\nwant\n%s", got, grown)
	}
}

// TestAnotherFolderInItsPlace: the index knows a longer or another history than lies
// there; then nothing of it counts.
func TestAnotherFolderInItsPlace(t *testing.T) {
	dir := t.TempDir()
	opts := options(dir)
	opts.SealSize = 2000
	l := mustOpen(t, opts)
	for i := range 30 {
		if err := write(l, fmt.Sprint("n", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if err := os.RemoveAll(filepath.Join(dir, "journal")); err != nil {
		t.Fatal(err)
	}
	other := options(t.TempDir())
	other.SealSize = 2000
	l = mustOpen(t, other)
	for i := range 40 {
		if err := write(l, fmt.Sprint("other", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	want := dump(t, l)
	l.Close()
	if err := os.CopyFS(filepath.Join(dir, "journal"), os.DirFS(other.JournalDir)); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, opts)
	if got := dump(t, l); got != want {
		t.Errorf("shows\n%s\nwant\n%s", got, want)
	}
	if said := strings.Join(l.Repairs(), "\n"); !strings.Contains(said, "knew 30 records") || !strings.Contains(said, "of 40") {
		t.Errorf("it is not told: %q", said)
	}
	if err := write(l, "goes on", "x"); err != nil {
		t.Error(err)
	}
}

// TestAJournalThatIsGoneIsTold: what lies there is nothing, and what is written next is kept.
func TestAJournalThatIsGoneIsTold(t *testing.T) {
	dir := t.TempDir()
	opts := options(dir)
	l := mustOpen(t, opts)
	for i := range 3 {
		must(t, write(l, fmt.Sprint("n", i), "text"))
	}
	must(t, l.Close())
	must(t, os.RemoveAll(filepath.Join(dir, "journal")))
	l = mustOpen(t, opts)
	if said := strings.Join(l.Repairs(), "\n"); !strings.Contains(said, "knew 3 records") || !strings.Contains(said, "of 0") {
		t.Errorf("it is not told: %q", said)
	}
	must(t, write(l, "goes on", "x"))
	want := dump(t, l)
	must(t, l.Close())
	if got := dump(t, mustOpen(t, opts)); got != want || strings.Count(got, "\n") != 1 {
		t.Errorf("shows\n%s\nwant\n%s", got, want)
	}
}
