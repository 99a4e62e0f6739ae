package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ledger"
)

// note is a noun small enough to see through: named notes with a text.
func note() index.Noun {
	return index.Noun{
		Name:   "note",
		Schema: "CREATE TABLE note_notes (name TEXT PRIMARY KEY, text TEXT NOT NULL, at INTEGER NOT NULL, by_whom TEXT NOT NULL) STRICT",
		Tables: []string{"note_notes"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"note.write": func(tx *index.Tx, rec journal.Record) error {
				var text string
				if err := json.Unmarshal(rec.Data, &text); err != nil {
					return err
				}
				_, err := tx.Exec("INSERT INTO note_notes VALUES (?,?,?,?)", rec.ID, text, rec.Time().UnixMilli(), rec.By)
				return err
			},
		},
	}
}

func options(dir string) ledger.Options {
	return ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop",
		IndexPath: filepath.Join(dir, "device", "index.db"), Nouns: []index.Noun{note()},
	}
}

func mustOpen(tb testing.TB, opts ledger.Options) *ledger.Ledger {
	tb.Helper()
	l, err := ledger.Open(context.Background(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

func write(l *ledger.Ledger, name, text string) error {
	_, err := l.Do(context.Background(), "note.write", name, func(tx *index.Tx) (any, error) {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM note_notes WHERE name = ?", name).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			return nil, errs.New(errs.Conflict, "note %q exists", name)
		}
		return text, nil
	})
	return err
}

func dump(tb testing.TB, l *ledger.Ledger) string {
	tb.Helper()
	var b bytes.Buffer
	if err := l.Dump(context.Background(), &b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestChangesSurviveReopeningAndLosingTheIndex(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, options(dir))
	for i := range 20 {
		if err := write(l, fmt.Sprint("n", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(l, "n3", "again"); !errs.Is(err, errs.Conflict) {
		t.Fatalf("second n3: %v, want a conflict", err)
	}
	before := dump(t, l)
	if got := strings.Count(before, "\n"); got != 20 {
		t.Fatalf("%d rows, want 20", got)
	}
	l.Close()
	if err := os.RemoveAll(filepath.Join(dir, "device")); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, options(dir))
	if l.Applied() != 20 {
		t.Fatalf("applied %d records, want 20", l.Applied())
	}
	if after := dump(t, l); after != before {
		t.Fatalf("rebuilt index differs:\n%s\nwant\n%s", after, before)
	}
}

func TestConcurrentChangesAllArriveOnce(t *testing.T) {
	bus := event.NewBus()
	sub := bus.Subscribe(0, 1000)
	opts := options(t.TempDir())
	opts.Events = bus
	l := mustOpen(t, opts)
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 25 {
				if err := write(l, fmt.Sprintf("w%d-%d", w, i), "x"); err != nil {
					t.Error(err)
				}
				write(l, "contended", fmt.Sprint(w)) // one of all these wins
			}
		})
	}
	wg.Wait()
	if got := strings.Count(dump(t, l), "\n"); got != 16*25+1 {
		t.Fatalf("%d notes, want %d", got, 16*25+1)
	}
	if got := len(sub.C); got != 16*25+1 {
		t.Fatalf("%d events, want one per change", got)
	}
}

func TestTornTailIsCutAndReported(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, options(dir))
	for i := range 3 {
		if err := write(l, fmt.Sprint("n", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	log := filepath.Join(dir, "journal", "laptop", "000001.log")
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(whole); cut += 37 {
		if err := os.WriteFile(log, whole[:len(whole)-cut], 0o644); err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, options(dir))
		kept := strings.Count(dump(t, l), "\n")
		if want := bytes.Count(whole[:len(whole)-cut], []byte("\n")); kept != want {
			t.Fatalf("cut %d bytes: %d notes, want %d", cut, kept, want)
		}
		if torn := whole[len(whole)-cut-1] != '\n'; torn != (len(l.Repairs()) > 0) {
			t.Fatalf("cut %d bytes: repairs %v", cut, l.Repairs())
		}
		if err := write(l, "fresh", "after the cut"); err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}

func TestDamageToAnAcknowledgedRecordIsRefused(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, options(dir))
	for i := range 5 {
		if err := write(l, fmt.Sprint("n", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	log := filepath.Join(dir, "journal", "laptop", "000001.log")
	whole, _ := os.ReadFile(log)
	second := bytes.IndexByte(whole, '\n') + 1
	for _, at := range []int{second + 3, second + 80, second + 64} {
		bad := bytes.Clone(whole)
		bad[at] ^= 1
		if err := os.WriteFile(log, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := ledger.Open(context.Background(), options(dir))
		if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "000001.log") {
			t.Fatalf("bit flipped at %d: %v, want Corrupt naming the file", at, err)
		}
	}
}

func TestSealedFilesAreReadBack(t *testing.T) {
	dir := t.TempDir()
	j, err := journal.Open(dir, journal.Options{Device: "laptop", SealSize: 2000})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		rec := j.Draft(j.Last(), "me", "note.write", fmt.Sprint(i), []byte(`"some text to fill the file"`))
		if err := j.Append([]journal.Record{rec}); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	sealed, _ := filepath.Glob(filepath.Join(dir, "laptop", "*.log.zst"))
	if len(sealed) < 5 {
		t.Fatalf("%d sealed files, want several", len(sealed))
	}
	n := 0
	if _, err := journal.Walk(dir, func(r journal.Record) error { n++; return nil }); err != nil || n != 100 {
		t.Fatalf("walked %d records, %v", n, err)
	}
	b, _ := os.ReadFile(sealed[0])
	b[len(b)/2] ^= 0x40
	os.WriteFile(sealed[0], b, 0o644)
	damaged, err := journal.Walk(dir, func(journal.Record) error { return nil })
	if err != nil || len(damaged) != 1 || !strings.Contains(damaged[0].Error(), filepath.Base(sealed[0])) {
		t.Fatalf("damage to a sealed file: %v, %v", damaged, err)
	}
}

func TestTwoDevicesShowTheSameState(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for round := range 4 {
		for _, device := range []string{"laptop", "tower"} {
			opts := options(dir)
			opts.Device, opts.IndexPath = device, filepath.Join(dir, device, "index.db")
			opts.Now = func() time.Time { now = now.Add(time.Second); return now }
			l, err := ledger.Open(context.Background(), opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := write(l, fmt.Sprint(device, round), "x"); err != nil {
				t.Fatal(err)
			}
			l.Close()
		}
	}
	var dumps []string
	for _, device := range []string{"laptop", "tower"} {
		opts := options(dir)
		opts.Device, opts.IndexPath = device, filepath.Join(dir, device, "index.db")
		dumps = append(dumps, dump(t, mustOpen(t, opts)))
	}
	if dumps[0] != dumps[1] || strings.Count(dumps[0], "\n") != 8 {
		t.Fatalf("devices disagree:\n%s\n%s", dumps[0], dumps[1])
	}
}

func TestAPanickingChangeHurtsOnlyItself(t *testing.T) {
	l := mustOpen(t, options(t.TempDir()))
	_, err := l.Do(context.Background(), "note.write", "x", func(*index.Tx) (any, error) { panic("fault") })
	if !errs.Is(err, errs.Internal) {
		t.Fatalf("%v, want an internal error", err)
	}
	if err := write(l, "y", "fine"); err != nil {
		t.Fatal(err)
	}
}
