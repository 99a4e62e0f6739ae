package mlflow

import (
	"reflect"
	"strings"
	"testing"
)

var usualBatch = `{"run_id": "r", "metrics": [{"key": "a", "value": 0.5, "timestamp": 1, "step": 2}, {"key":"b","value":-1e-300,"timestamp":-3,"model_id":"m","dataset_name":"d","dataset_digest":"e"}], "params": [ ], "tags":[]} `

// What is read quickly is what the schema reads, and the usual is read quickly.
func FuzzQuickBatch(f *testing.F) {
	var in schema
	for _, r := range (&Door{}).logRoutes() {
		if strings.HasSuffix(r.path, "/log-batch") {
			in = r.in
		}
	}
	f.Add(usualBatch)
	for _, value := range []string{"01", "1.", ".5", "-", "-0", "1e5", "1E+5", "1e", "1e999", "0x1", "NaN", `"NaN"`, "null", "9223372036854775808", "1_0", "+1", "--1", "1-1"} {
		f.Add(strings.ReplaceAll(usualBatch, "0.5", value))
		f.Add(strings.ReplaceAll(usualBatch, "2}", value+"}"))
	}
	for _, s := range []string{`{"metrics":[]}`, `{"run_id":"r","metrics":[{}]}`, `{"run_id":"r","metrics":[{"key":"","value":1,"timestamp":1}]}`, `{"run_id":"r","run_uuid":"q","metrics":[]}`, "", "{", usualBatch + "}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, ok := quickBatch([]byte(body))
		if !ok {
			if body == usualBatch {
				t.Fatal("the usual batch is read slowly")
			}
			return
		}
		raw, err := parse([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		want, err := in.fit("", raw)
		if err != nil || want.text("run_id") != got.text("run_id") || !reflect.DeepEqual(want.points("metrics"), got.points("metrics")) || len(want.list("params"))+len(want.list("tags")) > 0 {
			t.Fatalf("%s:\n%v\nnot\n%v %v", body, got, want, err)
		}
	})
}
