package evaluation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/index"
	"rondo/backend/ledger"
)

// house is the service on a real journal and index; experiments 1 and 2 are there.
type house struct {
	*evaluation.Service
	ledger *ledger.Ledger
	dir    string
	now    time.Time
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{dir: t.TempDir(), now: time.UnixMilli(1_700_000_000_000)}
	h.ledger = h.index(t)
	h.Service = evaluation.New(evaluation.Options{Ledger: h.ledger, Now: func() time.Time { return h.now }, Experiment: func(_ context.Context, id string) error {
		if id != "1" && id != "2" {
			return errs.New(errs.NotFound, "no experiment %s", id)
		}
		return nil
	}})
	return h
}

func (h *house) index(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(h.dir, "journal"), Device: "laptop", IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: []index.Noun{evaluation.Index()},
	})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, kind errs.Kind, words string) {
	t.Helper()
	if !errs.Is(err, kind) || !strings.Contains(err.Error(), words) {
		t.Errorf("%v, want %v that says %q", err, kind, words)
	}
}

// record has one input under q, and what is expected as JSON.
func record(q, expected string) evaluation.Record {
	r := evaluation.Record{Inputs: map[string]json.RawMessage{"q": json.RawMessage(q)}}
	if expected != "" {
		r.Expectations = map[string]json.RawMessage{"a": json.RawMessage(expected)}
	}
	return r
}

func TestRecordsOfTheSameInputsAreOne(t *testing.T) {
	h := open(t)
	d, err := h.CreateDataset(t.Context(), evaluation.Dataset{Name: "questions", ExperimentIDs: []string{"1"}, Tags: map[string]string{"mlflow.user": "ann"}})
	must(t, err)
	if d.CreatedBy != "ann" || d.Created != h.now.UnixMilli() || !strings.HasPrefix(d.ID, "d-") {
		t.Errorf("made %+v", d)
	}
	merge := func(inserted, updated int, list ...evaluation.Record) {
		t.Helper()
		if in, up, err := h.Merge(t.Context(), d.ID, list); err != nil || in != inserted || up != updated {
			t.Errorf("%d new and %d changed (%v), want %d and %d", in, up, err, inserted, updated)
		}
	}
	merge(2, 0, record(`{"x":1,"y":2}`, ""), record(`"two"`, `2`))
	h.now = h.now.Add(time.Second)
	merge(1, 1, record(`{"y":2, "x":1}`, `"one"`), record(`"three"`, ""))
	all, err := h.Records(t.Context(), d.ID, 0, 10)
	must(t, err)
	if len(all) != 3 {
		t.Fatalf("%d records", len(all))
	}
	for _, r := range all {
		if strings.Contains(string(r.Inputs["q"]), `"x"`) && (string(r.Expectations["a"]) != `"one"` || r.Updated <= r.Created) {
			t.Errorf("what the second call said did not reach %+v", r)
		}
	}
	if page, err := h.Records(t.Context(), d.ID, 2, 10); err != nil || len(page) != 1 || page[0].ID != all[2].ID {
		t.Errorf("the second page is %v, %v", page, err)
	}
	if n, err := h.DeleteRecords(t.Context(), d.ID, []string{all[0].ID, "none"}); err != nil || n != 1 {
		t.Errorf("%d deleted, %v", n, err)
	}
	if d, err = h.Dataset(t.Context(), d.ID); err != nil || d.Records != 2 || !strings.Contains(string(d.Schema), `"q"`) {
		t.Errorf("the dataset is %+v, %v", d, err)
	}
	h.same(t)
}

func TestADatasetJoinsAndLeavesExperiments(t *testing.T) {
	h := open(t)
	_, err := h.CreateDataset(t.Context(), evaluation.Dataset{Name: "x", ExperimentIDs: []string{"9"}})
	refused(t, err, errs.NotFound, "no experiment 9")
	_, err = h.CreateDataset(t.Context(), evaluation.Dataset{Name: "a\nb"})
	refused(t, err, errs.Invalid, "is not the name")
	_, err = h.CreateDataset(t.Context(), evaluation.Dataset{Name: "x", Tags: map[string]string{"k": strings.Repeat("v", 5001)}})
	refused(t, err, errs.Invalid, "the tag")
	d, err := h.CreateDataset(t.Context(), evaluation.Dataset{Name: "x", ExperimentIDs: []string{"1"}, Tags: map[string]string{"a": "b"}})
	must(t, err)
	d, err = h.Change(t.Context(), d.ID, evaluation.Change{Join: []string{"2"}, Tags: map[string]string{"c": "d"}})
	if err != nil || len(d.ExperimentIDs) != 2 || d.Tags["a"] != "b" || d.Tags["c"] != "d" {
		t.Errorf("joined %+v, %v", d, err)
	}
	d, err = h.Change(t.Context(), d.ID, evaluation.Change{Leave: []string{"1"}})
	if err != nil || len(d.ExperimentIDs) != 1 || d.ExperimentIDs[0] != "2" {
		t.Errorf("left %+v, %v", d, err)
	}
	_, err = h.Change(t.Context(), "d-none", evaluation.Change{})
	refused(t, err, errs.NotFound, "d-none")
	must(t, h.DeleteDataset(t.Context(), d.ID))
	must(t, h.DeleteDataset(t.Context(), d.ID))
	_, err = h.Dataset(t.Context(), d.ID)
	refused(t, err, errs.NotFound, d.ID)
	_, _, err = h.Merge(t.Context(), d.ID, []evaluation.Record{record(`1`, "")})
	refused(t, err, errs.NotFound, d.ID)
	h.same(t)
}

func TestANumberOfAScorerIsUsedOnce(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	register := func(serialized string) evaluation.Scorer {
		t.Helper()
		sc, err := h.Register(ctx, evaluation.Scorer{ExperimentID: "1", Name: "judge", Serialized: serialized})
		must(t, err)
		return sc
	}
	first, second := register(`{"v":1}`), register(`{"v":2}`)
	if first.Version != 1 || second.Version != 2 || first.ID != second.ID {
		t.Fatalf("%+v, %+v", first, second)
	}
	must(t, h.DeleteScorer(ctx, "1", "judge", 2))
	if third := register(`{"v":3}`); third.Version != 3 {
		t.Errorf("the number %d was given again", third.Version)
	}
	if list, err := h.Scorers(ctx, "1"); err != nil || len(list) != 1 || list[0].Version != 3 {
		t.Errorf("newest %v, %v", list, err)
	}
	if list, err := h.Versions(ctx, "1", "judge"); err != nil || len(list) != 2 {
		t.Errorf("versions %v, %v", list, err)
	}
	for _, bad := range []string{"", "{", strings.Repeat(" ", 1<<20) + "{}"} {
		_, err := h.Register(ctx, evaluation.Scorer{ExperimentID: "1", Name: "judge", Serialized: bad})
		refused(t, err, errs.Invalid, "valid JSON")
	}
	_, err := h.Scorer(ctx, "1", "judge", 2)
	refused(t, err, errs.NotFound, "judge")
	refused(t, h.DeleteScorer(ctx, "1", "nobody", 1), errs.NotFound, "nobody")
	h.same(t)
}

// What is carried in twice is there once, and a scorer's number that another one has here
// makes room.
func TestCarriedTwiceIsOnce(t *testing.T) {
	h := open(t)
	r := record(`"one"`, `1`)
	r.ID, r.Created, r.Updated = "dr-1", 5, 6
	d := evaluation.Dataset{ID: "d-1", Name: "old", ExperimentIDs: []string{"1"}, Created: 5, Updated: 6}
	for range 2 {
		must(t, h.Carry(t.Context(), d, []evaluation.Record{r}))
	}
	got, err := h.Dataset(t.Context(), "d-1")
	if err != nil || got.Records != 1 || got.Created != 5 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = h.Register(t.Context(), evaluation.Scorer{ExperimentID: "1", Name: "judge", Serialized: `{"own":1}`})
	must(t, err)
	for range 2 {
		n, err := h.CarryScorer(t.Context(), evaluation.Scorer{ID: "s", ExperimentID: "1", Name: "judge", Version: 1, Serialized: `{"other":1}`, Created: 5})
		if err != nil || n != 2 {
			t.Errorf("carried as %d, %v", n, err)
		}
	}
	h.same(t)
}

// same makes the index anew from the journal and wants the same rows.
func (h *house) same(t *testing.T) {
	t.Helper()
	var before, after bytes.Buffer
	must(t, h.ledger.Dump(t.Context(), &before))
	must(t, h.ledger.Close())
	must(t, h.index(t).Dump(t.Context(), &after))
	if before.String() != after.String() {
		t.Errorf("the index made anew differs:\n%s\n---\n%s", &before, &after)
	}
}
