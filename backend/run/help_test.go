package run_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/run"
)

// house is a project with runs.
type house struct {
	*run.Service
	ledger *ledger.Ledger
	events *event.Bus
	dir    string
}

func open(tb testing.TB, dir string) *house {
	tb.Helper()
	h := &house{dir: dir, events: event.NewBus()}
	var err error
	h.ledger, err = ledger.Open(context.Background(), ledger.Options{
		JournalDir: filepath.Join(dir, ".rondo", "journal"), Device: "laptop",
		IndexPath: indexPath(dir), Nouns: []index.Noun{run.Index(dir)}, Events: h.events,
	})
	if err != nil {
		tb.Fatal(err)
	}
	if h.Service, err = run.Open(context.Background(), run.Options{Ledger: h.ledger, Dir: dir, DeviceDir: filepath.Dir(indexPath(dir)), Events: h.events}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(h.close)
	return h
}

func indexPath(dir string) string { return filepath.Join(dir, "device", "index.db") }

func (h *house) close() {
	h.Service.Close()
	h.ledger.Close()
}

func (h *house) dump(tb testing.TB) string {
	tb.Helper()
	var b bytes.Buffer
	must(tb, h.ledger.Dump(context.Background(), &b))
	return b.String()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// refused wants an error of the kind whose text holds the words.
func refused(tb testing.TB, err error, kind errs.Kind, words string) {
	tb.Helper()
	if !errs.Is(err, kind) || !bytes.Contains([]byte(err.Error()), []byte(words)) {
		tb.Errorf("error %v (%v), want %v with %q", err, errs.KindOf(err), kind, words)
	}
}

func (h *house) run(tb testing.TB, in run.Create) run.Run {
	tb.Helper()
	r, err := h.Create(context.Background(), in)
	must(tb, err)
	return r
}
