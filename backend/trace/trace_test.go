package trace_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/trace"
)

func open(t *testing.T, dir string) (*trace.Service, *ledger.Ledger) {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: "laptop", IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: []index.Noun{trace.Index()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	known := func(_ context.Context, id string) error {
		if id != "0" {
			return errs.New(errs.NotFound, "no experiment %s", id)
		}
		return nil
	}
	return trace.New(trace.Options{Ledger: l, Experiment: known, Run: known, Place: func(e, id string) string { return e + "/" + id }}), l
}

func text(s string) trace.Value { return trace.Value{String: &s} }

const hex32 = "0102030405060708090a0b0c0d0e0f10"

func span(id, parent string, start, end int64) trace.Span {
	return trace.Span{TraceID: hex32, ID: id, ParentID: parent, Name: id, Start: start * 1e6, End: end * 1e6}
}

// Spans come in any order and any number of calls; what the maker of the trace says counts.
func TestATraceGrowsWithItsSpans(t *testing.T) {
	s, _ := open(t, t.TempDir())
	root, child := span("0000000000000001", "", 1000, 1900), span("0000000000000002", "0000000000000001", 1100, 1200)
	root.Attributes = []trace.Attribute{{Key: "mlflow.spanInputs", Value: text("why")}}
	for _, c := range []struct {
		sp       trace.Span
		state    string
		time, ms int64
	}{{child, trace.InProgress, 1100, 100}, {root, trace.OK, 1000, 900}} {
		if _, err := s.LogSpans(t.Context(), "0", []trace.Group{{Spans: []trace.Span{c.sp}}}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Get(t.Context(), "tr-"+hex32)
		if err != nil || got.State != c.state || got.Time != c.time || got.Duration == nil || *got.Duration != c.ms {
			t.Fatalf("after %s: %+v %v", c.sp.ID, got, err)
		}
	}
	ms := int64(77)
	got, err := s.Start(t.Context(), trace.Trace{ID: "tr-" + hex32, ExperimentID: "0", Time: 5, Duration: &ms, State: trace.Failed})
	if err != nil || got.Time != 5 || *got.Duration != 77 || got.State != trace.Failed || got.Request == nil || *got.Request != "why" {
		t.Fatalf("what its maker says: %+v %v", got, err)
	}
	if _, err := s.LogSpans(t.Context(), "0", []trace.Group{{Spans: []trace.Span{span("0000000000000003", "", 1, 9000)}}}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Get(t.Context(), "tr-"+hex32); err != nil || got.Time != 5 || got.State != trace.Failed {
		t.Errorf("a later span changed it: %+v %v", got, err)
	}
}

func TestACallIsAllOrNothing(t *testing.T) {
	s, _ := open(t, t.TempDir())
	bad := span("1", "", 1, 2)
	_, err := s.LogSpans(t.Context(), "0", []trace.Group{{Spans: []trace.Span{span("0000000000000001", "", 1, 2)}}, {Spans: []trace.Span{bad}}})
	if !errs.Is(err, errs.Invalid) {
		t.Fatalf("a span with a broken id: %v", err)
	}
	if _, err := s.Get(t.Context(), "tr-"+hex32); !errs.Is(err, errs.NotFound) {
		t.Errorf("half of the call was kept: %v", err)
	}
	if _, err := s.LogSpans(t.Context(), "9", []trace.Group{{Spans: []trace.Span{span("0000000000000001", "", 1, 2)}}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("an experiment that is not there: %v", err)
	}
}

// A span that says the tokens of those below it counts once.
func TestTokensAreCountedOnce(t *testing.T) {
	s, l := open(t, t.TempDir())
	usage := func(n int64) []trace.Attribute {
		return []trace.Attribute{{Key: "mlflow.chat.tokenUsage", Value: trace.Value{Map: &trace.Map{Values: []trace.Attribute{{Key: "input_tokens", Value: trace.Value{Int: &n}}}}}}}
	}
	a, b, c, d := span("0000000000000001", "", 1, 9), span("0000000000000002", "0000000000000001", 2, 3), span("0000000000000003", "0000000000000002", 2, 3), span("0000000000000004", "0000000000000001", 4, 5)
	b.Attributes, c.Attributes, d.Attributes = usage(7), usage(7), usage(5)
	for _, sp := range []trace.Span{c, a, d, b} {
		if _, err := s.LogSpans(t.Context(), "0", []trace.Group{{Spans: []trace.Span{sp}}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Get(t.Context(), "tr-"+hex32)
	if err != nil || got.Metadata[trace.UsageKey] != `{"input_tokens":12}` {
		t.Errorf("%+v %v", got.Metadata, err)
	}
	var out bytes.Buffer
	if err := l.Dump(t.Context(), &out); err != nil || !bytes.Contains(out.Bytes(), []byte("input_tokens")) {
		t.Errorf("the index does not show it: %v", err)
	}
}

// TestAnAttachmentIsNotTakenBeforeItsFolderIsOnDisk: a disk that fails when the folder's name is to be kept.
func TestAnAttachmentIsNotTakenBeforeItsFolderIsOnDisk(t *testing.T) {
	dir := t.TempDir()
	_, l := open(t, dir)
	known := func(context.Context, string) error { return nil }
	s := trace.New(trace.Options{Ledger: l, Dir: dir, Experiment: known, Run: known, Place: func(e, id string) string { return e + "/" + id }})
	if _, err := s.Start(t.Context(), trace.Trace{ID: "tr-" + hex32, ExperimentID: "0", State: trace.OK}); err != nil {
		t.Fatal(err)
	}
	const name = "01020304-0506-0708-090a-0b0c0d0e0f10"
	defer fault.Fail(nil)
	fault.Fail(func(op string) error {
		if op == "syncdir" {
			return errors.New("the disk failed")
		}
		return nil
	})
	if err := s.Attach(t.Context(), "tr-"+hex32, name, strings.NewReader("text")); !errs.Is(err, errs.Unavailable) {
		t.Errorf("answered %v", err)
	}
	fault.Fail(nil)
	if err := s.Attach(t.Context(), "tr-"+hex32, name, strings.NewReader("text")); err != nil {
		t.Error(err)
	}
}
