package serve_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/servetest"
)

// expected is what the property test believes was captured.
type expected struct {
	id    string
	row   map[string]any
	label any
}

// TestWhatGoesInComesOut sends random batches and truths in random order, with
// restarts between, and compares everything that can be read with what was sent.
func TestWhatGoesInComesOut(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { inAndOut(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func inAndOut(t *testing.T, r *rand.Rand) {
	dir := t.TempDir()
	small := func(o *serve.Options) { o.CaptureFile = 2000 } // many files
	h := servetest.Open(t, dir, small)
	servetest.Weather(t, h)
	var want []*expected
	byID := map[string]*expected{}
	for step := range 60 {
		switch k := r.IntN(10); {
		case k < 6:
			want = append(want, batch(t, h, r, step, byID)...)
		case k < 9 && len(want) > 0:
			e := want[r.IntN(len(want))]
			e.label = []any{int64(r.IntN(9)), "wet", r.Float64(), true}[r.IntN(4)]
			if n, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: e.id, Label: e.label}}); err != nil || n != 1 {
				t.Fatalf("truth of %s: %d, %v", e.id, n, err)
			}
		default:
			h.Shut()
			if r.IntN(2) == 0 {
				os.RemoveAll(filepath.Join(dir, "device"))
			}
			h = servetest.Open(t, dir, small)
			h.Shelf.Point("champion", 1)
			if err := h.Follow(t.Context(), "weather", "champion"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	compare(t, readAll(t, h, 1+r.IntN(20)), want)
}

func batch(t *testing.T, h *servetest.House, r *rand.Rand, step int, byID map[string]*expected) (list []*expected) {
	t.Helper()
	rows := 1 + r.IntN(5)
	one := func() float64 {
		return []float64{r.NormFloat64() * 10, math.NaN(), 5, 1e-9, -1e22, math.Inf(1)}[r.IntN(6)]
	}
	req := servetest.Day(fmt.Sprintf("step \"%d\" ü\n", step), 0)
	for i := range req.Inputs {
		in := &req.Inputs[i]
		in.Shape = []int{rows}
		if in.Floats != nil {
			in.Floats = make([]float64, rows)
			for k := range in.Floats {
				in.Floats[k] = one()
			}
		} else {
			in.Ints = make([]int64, rows)
			for k := range in.Ints {
				in.Ints[k] = r.Int64() - math.MaxInt64/2
			}
		}
	}
	if _, err := h.Infer(t.Context(), "weather", req); err != nil {
		t.Fatal(err)
	}
	for k := range rows {
		e := &expected{id: req.ID, row: map[string]any{}}
		if rows > 1 {
			e.id += fmt.Sprintf(".%d", k)
		}
		for _, in := range req.Inputs {
			v := in.At(k)
			if f, ok := v.(float64); ok && math.IsNaN(f) {
				v = nil
			} else if ok && math.IsInf(f, 1) {
				v = "Infinity"
			}
			e.row[in.Name] = v
		}
		byID[e.id] = e
		list = append(list, e)
	}
	return list
}

func readAll(t *testing.T, h *servetest.House, page int) (all []serve.Capture) {
	t.Helper()
	after := ""
	for {
		list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", After: after, Limit: page})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return all
		}
		all = append(all, list...)
		after = list[len(list)-1].Cursor
	}
}

func compare(t *testing.T, got []serve.Capture, want []*expected) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d captures, not %d", len(got), len(want))
	}
	for i, c := range got {
		e := want[i]
		if c.ID != e.id || !reflect.DeepEqual(c.Inputs, e.row) {
			t.Fatalf("capture %d: %q %v, not %q %v", i, c.ID, c.Inputs, e.id, e.row)
		}
		if i > 0 && c.Time.Before(got[i-1].Time) {
			t.Fatalf("capture %d is older than the one before", i)
		}
		switch {
		case (c.Truth == nil) != (e.label == nil):
			t.Fatalf("capture %s: truth %+v, not %v", c.ID, c.Truth, e.label)
		case c.Truth != nil && c.Truth.Label != e.label:
			t.Fatalf("capture %s: label %v (%T), not %v (%T)", c.ID, c.Truth.Label, c.Truth.Label, e.label, e.label)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Fatalf("capture %s has no JSON: %v", c.ID, err)
		}
	}
}

func TestSelectingCaptures(t *testing.T) {
	moment := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	h := servetest.Open(t, t.TempDir(), func(o *serve.Options) { o.Now = func() time.Time { return moment } })
	servetest.Weather(t, h)
	for i := range 10 {
		moment = time.Date(2026, 3, 1+i, 0, 0, 0, 0, time.UTC)
		if i == 6 {
			h.Shelf.Point("champion", 2)
			if err := h.Follow(t.Context(), "weather", "champion"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: "2", Label: int64(1)}, {ID: "7", Label: int64(0)}}); err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for want, q := range map[string]serve.Query{
		"0123456789": {}, "9876543210": {Newest: true}, "012": {Limit: 3}, "98": {Newest: true, Limit: 2}, "6789": {Version: 2}, "27": {Labelled: &yes},
		"01345689": {Labelled: &no}, "345": {From: time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)},
	} {
		q.Endpoint = "weather"
		list, err := h.Captures(t.Context(), q)
		var got strings.Builder
		for _, c := range list {
			got.WriteString(c.ID)
		}
		if err != nil || got.String() != want {
			t.Errorf("%+v: %s, not %s, %v", q, got.String(), want, err)
		}
	}
	for _, q := range []serve.Query{{Endpoint: "weather", After: "x"}, {Endpoint: "nobody"}} {
		if _, err := h.Captures(t.Context(), q); err == nil {
			t.Errorf("%+v was answered", q)
		}
	}
}

func TestOldCapturesGo(t *testing.T) {
	moment := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	h := servetest.Open(t, dir, func(o *serve.Options) {
		o.Now = func() time.Time { return moment }
	})
	servetest.Weather(t, h)
	for i := range 6 {
		moment = time.Date(2026, 3, 1+i, 0, 0, 0, 0, time.UTC)
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: fmt.Sprint(i), Label: true}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Retain(t.Context(), serve.Retention{Days: 2}); err != nil {
		t.Fatal(err)
	}
	list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"})
	if err != nil || len(list) != 3 || list[0].ID != "3" {
		t.Errorf("%d captures are left, %v", len(list), err)
	}
	before := h.Dump(t)
	h.Shut()
	os.RemoveAll(filepath.Join(dir, "device"))
	h = servetest.Open(t, dir)
	if after := h.Dump(t); after != before {
		t.Errorf("the rebuilt index differs:\n%s\n%s", before, after)
	}
}

// TestWhatAnotherDeviceSaidCountsWhereAFileGoes: two devices told the truth of one answer.
func TestWhatAnotherDeviceSaidCountsWhereAFileGoes(t *testing.T) {
	moment := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	device := func(name, dir string) *servetest.House {
		return servetest.Open(t, dir, func(o *serve.Options) { o.Now, o.Device = func() time.Time { return moment }, name })
	}
	tell := func(h *servetest.House, id string, label any) {
		t.Helper()
		if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: id, Label: label}}); err != nil {
			t.Fatal(err)
		}
	}
	tower := device("tower", t.TempDir())
	servetest.Weather(t, tower)
	tell(tower, "0", "of the tower")
	tower.Shut()
	h := device("laptop", t.TempDir())
	servetest.Weather(t, h)
	captures := filepath.Join(".rondo", "captures", "tower")
	if err := os.CopyFS(filepath.Join(h.Dir, captures), os.DirFS(filepath.Join(tower.Dir, captures))); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		moment = moment.Add(24 * time.Hour)
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
		tell(h, fmt.Sprint(i), true)
	}
	h.Shut()
	h = device("laptop", h.Dir)
	if list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"}); err != nil || len(list) != 6 || list[0].Truth.Label != true {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := h.Retain(t.Context(), serve.Retention{Days: 2}); err != nil {
		t.Fatal(err)
	}
	before := h.Dump(t)
	if !strings.Contains(before, "of the tower") {
		t.Error("what the other device said is gone with this one's file")
	}
	h.Shut()
	os.RemoveAll(filepath.Join(h.Dir, "device"))
	h = device("laptop", h.Dir)
	if after := h.Dump(t); after != before {
		t.Errorf("the rebuilt index differs:\n%s\n%s", before, after)
	}
}

// TestDamagedCaptures: a flipped byte is never passed on, and what lies around it stays readable.
func TestDamagedCaptures(t *testing.T) {
	dir := t.TempDir()
	h := servetest.Open(t, dir)
	servetest.Weather(t, h)
	for i := range 3 {
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.Shut()
	path := filepath.Join(dir, ".rondo", "captures", "laptop", "000001.log")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	h = servetest.Open(t, dir)
	if len(h.Repairs()) == 0 || !strings.Contains(h.Repairs()[0], "damaged") {
		t.Errorf("repairs %v", h.Repairs())
	}
	if _, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"}); !errs.Is(err, errs.Corrupt) {
		t.Errorf("read: %v", err)
	}
	if list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", Limit: 1}); err != nil || len(list) != 1 {
		t.Errorf("before the damage: %v, %v", list, err)
	}
	if list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", Limit: 1, Newest: true}); err != nil || len(list) != 1 || list[0].ID != "2" {
		t.Errorf("after the damage: %v, %v", list, err)
	}
}

func TestTruthsThatCannotBe(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	for _, bad := range []serve.Truth{{Label: 1}, {ID: "a"}, {ID: strings.Repeat("x", 999), Label: 1}, {ID: "a", Label: []any{1}}, {ID: "a", Label: map[string]any{}}} {
		if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{bad}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := h.AddTruth(t.Context(), "nobody", []serve.Truth{{ID: "a", Label: 1}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("nobody: %v", err)
	}
	req := servetest.Day("a", 8)
	req.Inputs = append(req.Inputs, runtime.Tensor{Name: "sun", Type: runtime.Double, Shape: []int{1}, Floats: []float64{1}})
	if _, err := h.Infer(t.Context(), "weather", req); !errs.Is(err, errs.Invalid) {
		t.Errorf("sun: %v", err)
	}
	st, _ := h.Stats("weather")
	if st.Refused != 1 || st.Errors != 0 || st.Captured != 0 {
		t.Errorf("stats %+v", st)
	}
}

// TestTheLabelRevisionMoves: with every label of the captures meant, and with no other.
func TestTheLabelRevisionMoves(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	for i := range 4 {
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint(i), 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"})
	if err != nil || len(all) != 4 {
		t.Fatal(len(all), err)
	}
	middle := serve.Query{Endpoint: "weather", After: all[0].Cursor, Until: all[2].Cursor}
	if list, err := h.Captures(t.Context(), middle); err != nil || len(list) != 2 || list[1].ID != all[2].ID {
		t.Fatalf("between two cursors: %+v, %v", list, err)
	}
	last := int64(0)
	for _, step := range []struct {
		id    string
		label any
		moves bool
	}{{"0", true, false}, {"1", true, true}, {"1", false, true}, {"3", true, false}, {"2", true, true}, {"unknown", true, false}} {
		if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: step.id, Label: step.label}}); err != nil {
			t.Fatal(err)
		}
		now, err := h.LabelRevision(t.Context(), middle)
		if err != nil || (now != last) != step.moves {
			t.Errorf("after the label of %s: %d, before %d, %v", step.id, now, last, err)
		}
		last = now
	}
}
