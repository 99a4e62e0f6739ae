package mlflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rondo/backend/run"
)

// What writes itself is what encoding/json writes, to the byte.
func FuzzAppend(f *testing.F) {
	f.Add("loss", 0.1, int64(1))
	f.Add("größe\x00\"\\\n<b>\u2028\xff", math.Inf(-1), int64(-1))
	f.Add("", 1e-7, int64(math.MaxInt64))
	f.Add("\x7f", -1e21, int64(0))
	f.Fuzz(func(t *testing.T, text string, x float64, n int64) {
		m := metric{Key: text, Value: run.Float(x), Time: n, Step: -n, Dataset: text, Model: fmt.Sprint(n), RunID: text}
		one := run.Metric{Key: text, Value: run.Float(x), Time: n, Step: -n, Model: fmt.Sprint(n), Data: run.Dataset{Name: text}}
		key := "k" + text
		r := run.Run{ID: text, Name: text, StartedAt: time.UnixMilli(n), Metrics: map[string]run.Metric{text: one, key: {Key: key}}, Params: map[string]string{key: text, "a": "b"}}
		if rand.IntN(2) == 0 {
			r.Tags, r.ModelInputs, r.ModelOutputs = map[string]string{"a": text, key: text, nameTag: text, "z": ""}, []string{text}, []run.ModelOutput{{ModelID: text, Step: n}}
			r.EndedAt = r.StartedAt
		}
		spot := run.Point{Key: text, Value: x, Time: n, Step: -n, Model: text, Dataset: run.Dataset{Digest: text}}
		for _, v := range []appender{
			historyAnswer{},
			historyAnswer{[]run.Point{spot, {}}, text},
			historyAnswer{slices.Repeat([]run.Point{spot}, pointsAtOnce+1), ""},
			metricsAnswer{},
			metricsAnswer{[]metric{m, m}, text},
		} {
			same(t, v, plain(v))
		}
		next := run.Run{Metrics: map[string]run.Metric{}} // other keys at the same places, another time
		for _, k := range []string{"0" + text, key, text + "/"} {
			next.Metrics[k] = run.Metric{Key: k, Value: one.Value, Time: n - 1}
		}
		some := []run.Run{r, {}, next, r}
		for _, runs := range [][]run.Run{nil, some, slices.Repeat(some, runsAtOnce)} {
			packed, shaped := make([]run.Listed, len(runs)), make([]wireRun, len(runs))
			for i, r := range runs {
				packed[i], shaped[i] = run.Pack(r), fromRun(r)
			}
			same(t, runsAnswer{packed, text}, struct {
				Runs []wireRun `json:"runs,omitempty"`
				Next string    `json:"next_page_token,omitempty"`
			}{shaped, text})
		}
	})
}

// However far the point has to be moved, what is written is what encoding/json writes.
func TestNumbersAreWrittenShortest(t *testing.T) {
	check := func(x float64) {
		want, err := json.Marshal(x)
		if got := appendNumber([]byte("["), run.Float(x)); err != nil || string(got) != "["+string(want) {
			t.Fatalf("%g is written as %s, want %s", x, got[1:], want)
		}
	}
	digits := []float64{1, 9, 1.5, 1.25, 1.234567, 9.87654321012345, 1.2345678901234567, 5.0000000000000009}
	for e := -12; e < 24; e++ {
		for _, d := range digits {
			check(d * math.Pow10(e))
			check(-d * math.Pow10(e))
		}
	}
	for range 200_000 {
		check((rand.Float64() - 0.5) * math.Pow10(rand.IntN(14)-4))
	}
}

// same compares what v writes with what encoding/json writes of a plain value.
func same(t *testing.T, v appender, plain any) {
	t.Helper()
	got, err := encoded(v)
	want, err2 := encoded(struct{ V any }{plain})
	have := bytes.Join(got, nil)
	if err != nil || err2 != nil || `{"V":`+string(have[:len(have)-1])+"}\n" != string(bytes.Join(want, nil)) {
		t.Fatalf("%s\nwant\n%s\n%v %v", have, want, err, err2)
	}
}

// plain is the answer without its own way to be written.
func plain(v appender) any {
	switch v := v.(type) {
	case metricsAnswer:
		return struct {
			Metrics []metric `json:"metrics,omitempty"`
			Next    string   `json:"next_page_token,omitempty"`
		}(v)
	case historyAnswer:
		var all metricsAnswer
		for _, p := range v.Points {
			all.Metrics = append(all.Metrics, wirePoint(p, ""))
		}
		all.Next = v.Next
		return plain(all)
	}
	return json.RawMessage("null")
}
