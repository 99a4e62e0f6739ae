package ledger_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ledger"
)

// amended is note whose notes can be changed, where they are.
func amended() index.Noun {
	n := note()
	n.Apply["note.amend"] = func(tx *index.Tx, rec journal.Record) error {
		var text, old string
		if err := json.Unmarshal(rec.Data, &text); err != nil {
			return err
		}
		if err := tx.QueryRow("SELECT text FROM note_notes WHERE name=?", rec.ID).Scan(&old); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE note_notes SET text=? WHERE name=?", old+text, rec.ID)
		return err
	}
	return n
}

func amend(l *ledger.Ledger, name, text string) error {
	_, err := l.Do(context.Background(), "note.amend", name, func(*index.Tx) (any, error) { return text, nil })
	return err
}

// device is how a device opens the journals in dir.
func device(dir, name string) ledger.Options {
	opts := options(dir)
	opts.Device, opts.IndexPath, opts.Nouns = name, filepath.Join(dir, name, "index.db"), []index.Noun{amended()}
	return opts
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// brought copies what a device has written to another folder, as a synchroniser does.
func brought(t *testing.T, device, from, to string) {
	t.Helper()
	must(t, os.CopyFS(filepath.Join(to, "journal", device), os.DirFS(filepath.Join(from, "journal", device))))
}

// TestARecordThatDoesNotFitKeepsNobodyOut: two devices made the same note before they knew
// of each other. Both open, show the same, and name what does not count.
func TestARecordThatDoesNotFitKeepsNobodyOut(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for dir, name := range map[string]string{first: "laptop", second: "tower"} {
		l := mustOpen(t, device(dir, name))
		must(t, write(l, "same", "of "+name))
		must(t, write(l, "own of "+name, "x"))
		must(t, l.Close())
	}
	brought(t, "laptop", first, second)
	brought(t, "tower", second, first)
	var dumps []string
	for dir, name := range map[string]string{first: "laptop", second: "tower"} {
		for range 2 { // it is told at each start
			l := mustOpen(t, device(dir, name))
			if r := l.Repairs(); len(r) != 1 || !strings.Contains(r[0], "note.write of same") {
				t.Errorf("%s is told %q", name, r)
			}
			dumps = append(dumps, dump(t, l))
			must(t, write(l, "later of "+name+strings.Repeat("'", len(dumps)), "y"))
			must(t, l.Close())
		}
	}
	if dumps[0] != dumps[2] || strings.Count(dumps[0], "\n") != 3 {
		t.Errorf("the devices show\n%s\n%s", dumps[0], dumps[2])
	}
}

// TestARecordWaitsForThoseOfAnotherDevice: a synchroniser brings the change of a note
// before the note, or the note is behind a damaged place.
func TestARecordWaitsForThoseOfAnotherDevice(t *testing.T) {
	all := t.TempDir()
	l := mustOpen(t, device(all, "laptop"))
	must(t, write(l, "n", "made"))
	must(t, l.Close())
	l = mustOpen(t, device(all, "tower"))
	must(t, amend(l, "n", " and changed"))
	must(t, write(l, "o", "after it"))
	want := dump(t, l)
	must(t, l.Close())

	part := t.TempDir()
	brought(t, "tower", all, part)
	l = mustOpen(t, device(part, "phone"))
	if got := dump(t, l); !strings.Contains(got, "after it") || len(l.Repairs()) != 1 {
		t.Errorf("without the note: %s, told %q", got, l.Repairs())
	}
	must(t, write(l, "p", "of the phone"))
	must(t, l.Close())
	brought(t, "laptop", all, part)
	l = mustOpen(t, device(part, "phone"))
	if got := dump(t, l); !strings.Contains(got, want[:strings.Index(want, "\n")]) || len(l.Repairs()) != 0 || strings.Count(got, "\n") != 3 {
		t.Errorf("with it: %s, told %q", got, l.Repairs())
	}
}

// together makes changes that share one transaction: they gather while another is made.
func together(t *testing.T, l *ledger.Ledger, changes ...func() error) []error {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		_, err := l.Do(context.Background(), "note.write", "first", func(*index.Tx) (any, error) {
			close(busy)
			<-free
			return "x", nil
		})
		first <- err
	}()
	<-busy
	results := make([]chan error, len(changes))
	for i, change := range changes {
		results[i] = make(chan error, 1)
		go func() { results[i] <- change() }()
		for l.Waiting() != i+1 {
			runtime.Gosched()
		}
	}
	close(free)
	must(t, <-first)
	out := make([]error, len(changes))
	for i := range changes {
		out[i] = <-results[i]
	}
	return out
}

// TestADiskThatFillsWithinAGroup: SQLite gives up all that was written in the transaction.
// What is answered well all the same is there, also before the index is made anew.
func TestADiskThatFillsWithinAGroup(t *testing.T) {
	opts := device(t.TempDir(), "laptop")
	l := mustOpen(t, opts)
	full := func() error {
		_, err := l.Do(context.Background(), "note.write", "large", func(tx *index.Tx) (any, error) {
			_, err := tx.Exec("PRAGMA max_page_count=1") // no page more than there are
			return strings.Repeat("x", 1<<20), err
		})
		return err
	}
	results := together(t, l,
		func() error { return write(l, "before", "x") }, full, func() error { return write(l, "behind", "x") })
	_, err := l.Do(context.Background(), "note.write", "unlimited", func(tx *index.Tx) (any, error) {
		_, err := tx.Exec("PRAGMA max_page_count=1000000")
		return "x", err
	})
	must(t, err)
	sameAsRebuilt(t, l, opts, map[string]error{"before": results[0], "large": results[1], "behind": results[2], "first": nil, "unlimited": nil})
}

// TestRowsWithoutARecordAreThereOrRefused: the transaction of a group cannot be committed.
// Records are applied again; rows of files, which have none, must not be called written.
func TestRowsWithoutARecordAreThereOrRefused(t *testing.T) {
	opts := device(t.TempDir(), "laptop")
	opts.Nouns[0].Schema += `;
CREATE TABLE note_parents (id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE note_children (parent INTEGER REFERENCES note_parents (id) DEFERRABLE INITIALLY DEFERRED) STRICT`
	l := mustOpen(t, opts)
	derive := func(query string) func() error {
		return func() error {
			return l.Derive(context.Background(), func(tx *index.Tx) error {
				_, err := tx.Exec(query)
				return err
			})
		}
	}
	results := together(t, l, func() error { return write(l, "n", "x") },
		derive("INSERT INTO note_parents VALUES (7)"), derive("INSERT INTO note_children VALUES (8)")) // fails at the commit
	var there int
	must(t, l.View(context.Background(), func(tx *index.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM note_parents").Scan(&there)
	}))
	if (results[1] == nil) != (there == 1) {
		t.Errorf("answered %v, and %d rows are there", results[1], there)
	}
	if results[2] == nil {
		t.Error("a row that cannot be committed was called written")
	}
	sameAsRebuilt(t, l, opts, map[string]error{"first": nil, "n": results[0]})
}

// sameAsRebuilt wants the notes that were answered well and no others, now and in an index that is made anew.
func sameAsRebuilt(t *testing.T, l *ledger.Ledger, opts ledger.Options, answered map[string]error) {
	t.Helper()
	now := dump(t, l)
	must(t, l.View(context.Background(), func(tx *index.Tx) error {
		for name, refused := range answered {
			var one int
			err := tx.QueryRow("SELECT 1 FROM note_notes WHERE name=?", name).Scan(&one)
			if (err == nil) != (refused == nil) || err != nil && !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("%s was answered %v, and the index has it: %v", name, refused, err)
			}
		}
		return nil
	}))
	must(t, l.Close())
	must(t, os.RemoveAll(filepath.Dir(opts.IndexPath)))
	if then := dump(t, mustOpen(t, opts)); then != now {
		t.Errorf("a rebuild gives\n%s\nwant\n%s", then, now)
	}
}
