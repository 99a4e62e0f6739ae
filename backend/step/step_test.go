package step_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rondo/app/sample"
	"rondo/backend/errs"
	"rondo/backend/step"
)

// weather makes a working folder that holds the whole weather of both cities.
func weather(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("location,date,precipitation,temp_max,temp_min,wind,weather\n")
	for _, city := range []string{"Seattle", "New York"} {
		days, err := sample.Days(city, 2012, 2015)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days {
			fmt.Fprintf(&b, "%s,%s,%v,%v,%v,%v,%s\n", d.Location, d.Date.Format(time.DateOnly), d.Precipitation, d.TempMax, d.TempMin, d.Wind, d.Weather)
		}
	}
	write(t, dir, "data/weather.csv", b.String())
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, names ...string) string {
	t.Helper()
	var out bytes.Buffer
	for _, name := range names {
		if err := step.Run(context.Background(), name, dir, &out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return out.String()
}

func figures(t *testing.T, dir string) map[string]float64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]float64
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return m
}

// examine evaluates the model in dir on a city's 2015.
func examine(t *testing.T, dir string, cities string) map[string]float64 {
	t.Helper()
	write(t, dir, "params.yaml", "prepare: {train: work/exam.csv, holdout: work/none.csv, holdout_share: 0, from: 2015-01-01, to: 2015-12-31, where: {location: ["+cities+"]}}\n"+
		"evaluate: {data: work/exam.csv}\n")
	run(t, dir, "prepare", "evaluate")
	return figures(t, dir)
}

func TestHonestFiguresOfTheWeather(t *testing.T) {
	for _, c := range []struct {
		trainOn          string
		seattle, newYork float64
	}{
		{"Seattle", 0.80, 0.60},
		{"Seattle, New York", 0.76, 0.73},
	} {
		dir := weather(t)
		write(t, dir, "params.yaml", "prepare: {holdout_share: 0, from: 2012-01-01, to: 2014-12-31, where: {location: ["+c.trainOn+"]}}\n")
		run(t, dir, "prepare", "train")
		m := examine(t, dir, "Seattle, New York")
		if got := m["accuracy/Seattle"]; math.Abs(got-c.seattle) > 0.01 {
			t.Errorf("trained on %s: %.3f of Seattle right, want about %.2f", c.trainOn, got, c.seattle)
		}
		if got := m["accuracy/New York"]; math.Abs(got-c.newYork) > 0.01 {
			t.Errorf("trained on %s: %.3f of New York right, want about %.2f", c.trainOn, got, c.newYork)
		}
		t.Logf("trained on %s: Seattle 2015 %.3f, New York 2015 %.3f", c.trainOn, m["accuracy/Seattle"], m["accuracy/New York"])
	}
}

// TestFiguresAreThoseOfTheRows counts again, the slow way, from the tables alone.
func TestFiguresAreThoseOfTheRows(t *testing.T) {
	dir := weather(t)
	write(t, dir, "params.yaml", "prepare: {to: 2014-12-31}\n")
	said := run(t, dir, "prepare", "train", "evaluate")
	m := figures(t, dir)
	holdout := table(t, dir, "work/holdout.csv")
	if int(m["rows"]) != len(holdout) {
		t.Fatalf("%v rows, the hold-out has %d", m["rows"], len(holdout))
	}
	wet := 0.0
	for _, row := range holdout {
		if row["wet"] == "1" {
			wet++
		}
	}
	if want := math.Max(wet, m["rows"]-wet) / m["rows"]; m["majority"] != want {
		t.Errorf("majority %v, want %v", m["majority"], want)
	}
	if m["rows/class 1"] != wet || m["rows/Seattle"]+m["rows/New York"] != m["rows"] {
		t.Errorf("rows by class and segment do not add up: %v", m)
	}
	checkConfusion(t, dir, m)
	checkCurve(t, dir, m)
	if !strings.Contains(said, "New York") || !strings.Contains(said, "always guessing") {
		t.Errorf("it said %q", said)
	}
	if m["accuracy"] < m["majority"]+0.05 || m["log_loss"] > math.Ln2 {
		t.Errorf("the model learned nothing: %v", m)
	}
}

func checkConfusion(t *testing.T, dir string, m map[string]float64) {
	right, all, said := 0.0, 0.0, map[string]float64{}
	for _, row := range table(t, dir, "plots/confusion.csv") {
		n, _ := strconv.ParseFloat(row["rows"], 64)
		all += n
		said[row["predicted"]] += n
		if row["actual"] == row["predicted"] {
			right += n
		}
		if row["actual"] == "1" && row["predicted"] == "1" && n/m["rows/class 1"] != m["recall/class 1"] {
			t.Errorf("recall of class 1 is %v, the table says %v of %v", m["recall/class 1"], n, m["rows/class 1"])
		}
	}
	if all != m["rows"] || right/all != m["accuracy"] {
		t.Errorf("the confusion table holds %v rows, %v right; metrics say %v and %v", all, right, m["rows"], m["accuracy"])
	}
}

func checkCurve(t *testing.T, dir string, m map[string]float64) {
	curve := table(t, dir, "plots/roc.csv")
	last := curve[len(curve)-1]
	if curve[0]["fpr"] != "0" || curve[0]["tpr"] != "0" || last["fpr"] != "1" || last["tpr"] != "1" {
		t.Errorf("the curve goes from %v to %v", curve[0], last)
	}
	if m["roc_auc"] < 0.7 || m["roc_auc"] > 1 {
		t.Errorf("area %v", m["roc_auc"])
	}
	rows := 0.0
	for _, row := range table(t, dir, "plots/calibration.csv") {
		n, _ := strconv.ParseFloat(row["rows"], 64)
		rows += n
	}
	if rows != m["rows"] {
		t.Errorf("calibration covers %v of %v rows", rows, m["rows"])
	}
}

func table(t *testing.T, dir, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, v := range line {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

func TestSameInputGivesTheSameBytes(t *testing.T) {
	dir := weather(t)
	files := []string{"work/train.csv", "work/holdout.csv", "model/MLmodel", "model/model.onnx", "metrics.json", "plots/roc.csv"}
	read := func() (all [][]byte) {
		run(t, dir, "prepare", "train", "evaluate")
		for _, name := range files {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		return all
	}
	first, second := read(), read()
	for i := range files {
		if !bytes.Equal(first[i], second[i]) {
			t.Errorf("%s differs between two runs", files[i])
		}
	}
}

func TestMetricsAreLoggedToTheTrackingServer(t *testing.T) {
	got := map[string]float64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var in struct {
			RunID   string `json:"run_id"`
			Metrics []struct {
				Key   string
				Value float64
			}
		}
		b, _ := io.ReadAll(req.Body)
		if json.Unmarshal(b, &in) != nil || in.RunID != "abc" || req.Header.Get("Authorization") != "Bearer secret" || req.URL.Path != "/api/2.0/mlflow/runs/log-batch" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		for _, m := range in.Metrics {
			got[m.Key] = m.Value
		}
		io.WriteString(w, "{}")
	}))
	defer srv.Close()
	t.Setenv("MLFLOW_TRACKING_URI", srv.URL)
	t.Setenv("MLFLOW_RUN_ID", "abc")
	t.Setenv("MLFLOW_TRACKING_TOKEN", "secret")
	dir := weather(t)
	run(t, dir, "prepare", "train", "evaluate")
	for name, want := range figures(t, dir) {
		if got[name] != want {
			t.Errorf("%s was logged as %v, metrics.json has %v", name, got[name], want)
		}
	}
	if got["train_log_loss"] == 0 {
		t.Error("the training loss was not logged")
	}
	srv.Close()
	if err := step.Run(context.Background(), "evaluate", dir, io.Discard); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without its tracking server evaluate ended with %v", err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, params string
		spoil        func(dir string)
		kind         errs.Kind
		says         string
	}{
		{"no model", "", func(dir string) { os.RemoveAll(filepath.Join(dir, "model")) }, errs.NotFound, "model"},
		{"cut model", "", func(dir string) { os.Truncate(filepath.Join(dir, "model/model.onnx"), 200) }, errs.Corrupt, ""},
		{"no hold-out", "evaluate: {data: work/other.csv}", nil, errs.NotFound, "work/other.csv"},
		{"wrong label", "evaluate: {label: rain}", nil, errs.Invalid, `"rain"`},
		{"wrong segment", "evaluate: {segment: town}", nil, errs.Invalid, `"town"`},
		{"outside", "evaluate: {metrics: ../metrics.json}", nil, errs.Invalid, "evaluate.metrics"},
		{"text for a number", "", func(dir string) {
			write(t, dir, "work/holdout.csv", "temp_max,temp_min,wind,day,wet,location\n1,x,3,4,0,Seattle\n")
		}, errs.Invalid, "temp_min"},
		{"half a day", "", func(dir string) {
			write(t, dir, "work/holdout.csv", "temp_max,temp_min,wind,day,wet,location\n1,2,3,4.5,0,Seattle\n")
		}, errs.Invalid, "day"},
		{"no rows", "", func(dir string) { write(t, dir, "work/holdout.csv", "temp_max,temp_min,wind,day,wet,location\n") }, errs.Invalid, "no rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := weather(t)
			run(t, dir, "prepare", "train")
			write(t, dir, "params.yaml", c.params)
			if c.spoil != nil {
				c.spoil(dir)
			}
			err := step.Run(context.Background(), "evaluate", dir, io.Discard)
			if !errs.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v (%v)", err, errs.KindOf(err))
			}
		})
	}
}

func TestARowNeverChangesSides(t *testing.T) {
	dir := weather(t)
	write(t, dir, "params.yaml", "prepare: {where: {location: [Seattle]}}\n")
	run(t, dir, "prepare")
	before := table(t, dir, "work/holdout.csv")
	write(t, dir, "params.yaml", "")
	run(t, dir, "prepare")
	after := table(t, dir, "work/holdout.csv")
	for _, row := range before {
		if !slices.ContainsFunc(after, func(o map[string]string) bool { return o["date"] == row["date"] && o["location"] == row["location"] }) {
			t.Fatalf("%s was held out and no longer is", row["date"])
		}
	}
}
