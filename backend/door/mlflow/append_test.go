package mlflow

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
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
		r := run.Listed{Run: run.Run{ID: text, Name: text, StartedAt: time.UnixMilli(n)}, MetricList: []run.Metric{one, {Key: text}}, ParamList: []pair{{Key: text, Value: text}}}
		if rand.IntN(2) == 0 {
			r.TagList, r.ModelInputs, r.ModelOutputs = []pair{{Key: "a", Value: text}, {Key: text}}, []string{text}, []run.ModelOutput{{ModelID: text, Step: n}}
			r.EndedAt = r.StartedAt
		}
		for _, v := range []appender{
			metricsAnswer{}, metricsAnswer{[]metric{m, m}, text}, runsAnswer{}, runsAnswer{[]run.Listed{r, {}, r}, ""}, runsAnswer{nil, text},
		} {
			got, err := encoded(v)
			want, err2 := encoded(struct{ V any }{plain(v)})
			if err != nil || err2 != nil || `{"V":`+string(got[:len(got)-1])+"}\n" != string(want) {
				t.Fatalf("%s\nwant\n%s\n%v %v", got, want, err, err2)
			}
		}
	})
}

// plain is the answer without its own way to be written.
func plain(v appender) any {
	switch v := v.(type) {
	case metricsAnswer:
		return struct {
			Metrics []metric `json:"metrics,omitempty"`
			Next    string   `json:"next_page_token,omitempty"`
		}(v)
	case runsAnswer:
		var runs []wireRun
		for i := range v.Runs {
			runs = append(runs, fromListed(&v.Runs[i], nil))
		}
		return struct {
			Runs []wireRun `json:"runs,omitempty"`
			Next string    `json:"next_page_token,omitempty"`
		}{runs, v.Next}
	}
	return json.RawMessage("null")
}
