package serve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/serve"
	"rondo/backend/serve/servetest"
)

func TestAskedAnsweredCapturedAndLabelled(t *testing.T) {
	h := servetest.Open(t, t.TempDir())
	servetest.Weather(t, h)
	for i := range 5 {
		res, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint("day", i), float64(i)*8))
		if err != nil {
			t.Fatal(err)
		}
		if res.Version != 1 || res.Rows != 1 || len(res.Outputs) != 2 || res.ID != fmt.Sprint("day", i) {
			t.Fatalf("answer %+v", res)
		}
	}
	told, err := h.Tell(t.Context(), "weather", []serve.Truth{{ID: "day1", Label: int64(1), Columns: map[string]any{"precipitation": 3.5}}, {ID: "nobody", Label: int64(0)}})
	if err != nil || told.Matched != 1 || len(told.Unknown) != 1 || told.Unknown[0] != "nobody" {
		t.Fatalf("told %+v, %v", told, err)
	}
	list, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather"})
	if err != nil || len(list) != 5 {
		t.Fatalf("%d captures, %v", len(list), err)
	}
	c := list[1]
	if c.ID != "day1" || c.Inputs["temp_max"] != 8.0 || c.Inputs["day"] != int64(40) || c.Attributes["location"] != "Seattle" || c.Status != "ok" {
		t.Errorf("capture %+v", c)
	}
	if c.Score == nil || *c.Score <= 0 || c.Prediction == nil || c.Truth == nil || c.Truth.Label != int64(1) || c.Truth.Columns["precipitation"] != 3.5 {
		t.Errorf("capture %+v, truth %+v", c, c.Truth)
	}
	rest, err := h.Captures(t.Context(), serve.Query{Endpoint: "weather", After: list[2].Cursor})
	if err != nil || len(rest) != 2 || rest[0].ID != "day3" {
		t.Errorf("after the third come %v, %v", rest, err)
	}
	st, _ := h.Stats("weather")
	if st.Requests != 5 || st.Captured != 5 || st.Dropped != 0 || st.P50 <= 0 || st.Versions["1"] != 5 {
		t.Errorf("stats %+v", st)
	}
}

func TestTheIndexIsRebuiltFromTheFiles(t *testing.T) {
	dir := t.TempDir()
	h := servetest.Open(t, dir)
	servetest.Weather(t, h)
	for i := range 50 {
		if _, err := h.Infer(t.Context(), "weather", servetest.Day(fmt.Sprint("day", i), float64(i))); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if _, err := h.AddTruth(t.Context(), "weather", []serve.Truth{{ID: fmt.Sprint("day", i/2), Label: true}, {ID: "day3", Label: int64(i)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := h.Dump(t)
	h.Shut()
	if err := os.RemoveAll(filepath.Join(dir, "device")); err != nil {
		t.Fatal(err)
	}
	h = servetest.Open(t, dir)
	if after := h.Dump(t); after != before {
		t.Errorf("the rebuilt index differs:\n%s\n---\n%s", before, after)
	}
	if !strings.Contains(before, "serve_truth") || !strings.Contains(before, `\"label\":49`) {
		t.Errorf("the last truth is not in the index: %s", before)
	}
}
