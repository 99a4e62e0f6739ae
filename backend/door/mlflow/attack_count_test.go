package mlflow_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"rondo/backend/index"
)

// What goes wrong inside is told to the log and not to whoever asks: a table of the index is gone.
func TestAttackInside(t *testing.T) {
	h := open(t)
	var file string
	must(t, h.ledger.View(t.Context(), func(tx *index.Tx) error {
		return tx.QueryRow("SELECT file FROM pragma_database_list WHERE name='main'").Scan(&file)
	}))
	db, err := sql.Open("sqlite", "file:"+file)
	must(t, err)
	defer db.Close()
	_, err = db.Exec("DROP TABLE registry_models")
	must(t, err)
	a := h.do(t, "GET", "mlflow/registered-models/search", "")
	if a.status != 500 || a.at("error_code") != "INTERNAL_ERROR" || strings.Contains(a.text, "registry_models") || strings.Contains(strings.ToLower(a.text), "sql") {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// One more than may be in a request is refused, and nothing of it is kept; as many as may be are answered.
func TestAttackCounts(t *testing.T) {
	h := open(t)
	id := h.run(t)
	several := func(n int, form, between string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = strings.ReplaceAll(form, "#", fmt.Sprint(i))
		}
		return strings.Join(list, between)
	}
	search := func(filter string) string { return `{"experiment_ids":["0"],"filter":"` + filter + `"}` }
	for name, c := range map[string]struct {
		method, path string
		body         func(n int) string // or query
		most         int
	}{
		"metrics of a batch": {"POST", "mlflow/runs/log-batch", func(n int) string {
			return `{"run_id":"` + id + `","metrics":[` + several(n, `{"key":"m#","value":1,"timestamp":1,"step":0}`, ",") + `]}`
		}, 1000},
		"params of a batch": {"POST", "mlflow/runs/log-batch", func(n int) string {
			return `{"run_id":"` + id + `","params":[` + several(n, `{"key":"p#","value":"1"}`, ",") + `]}`
		}, 100},
		"tags of a batch": {"POST", "mlflow/runs/log-batch", func(n int) string {
			return `{"run_id":"` + id + `","tags":[` + several(n, `{"key":"t#","value":"1"}`, ",") + `]}`
		}, 100},
		"clauses":           {"POST", "mlflow/runs/search", func(n int) string { return search(several(n, "params.a = 'b'", " AND ")) }, 100},
		"a list":            {"POST", "mlflow/runs/search", func(n int) string { return search("run_id IN (" + several(n, "'a#'", ",") + ")") }, 1000},
		"a pattern":         {"POST", "mlflow/runs/search", func(n int) string { return search("params.a LIKE '" + strings.Repeat("a", n) + "'") }, 5000},
		"bytes of a filter": {"POST", "mlflow/runs/search", func(n int) string { return search("params.a = '" + strings.Repeat("a", n-len("params.a = ''")) + "'") }, 64 << 10},
		"orders": {"POST", "mlflow/runs/search", func(n int) string {
			return `{"experiment_ids":["0"],"order_by":[` + several(n, `"params.p#"`, ",") + `]}`
		}, 20},
		"a page of runs":       {"POST", "mlflow/runs/search", func(n int) string { return fmt.Sprintf(`{"experiment_ids":["0"],"max_results":%d}`, n) }, 50_000},
		"datasets of":          {"POST", "mlflow/experiments/search-datasets", func(n int) string { return `{"experiment_ids":[` + several(n, `"0"`, ",") + `]}` }, 20},
		"clauses about models": {"GET", "mlflow/registered-models/search?", func(n int) string { return "filter=" + url.QueryEscape(several(n, "tags.a = 'b'", " AND ")) }, 100},
		"a page of models":     {"GET", "mlflow/registered-models/search?", func(n int) string { return fmt.Sprint("max_results=", n) }, 1000},
		"a page of versions":   {"GET", "mlflow/model-versions/search?", func(n int) string { return fmt.Sprint("max_results=", n) }, 200_000},
		"a page of points":     {"GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk?", func(n int) string { return fmt.Sprint("run_id=", id, "&metric_key=m&max_results=", n) }, 25_000},
		"points of many runs":  {"GET", "mlflow/metrics/get-history-bulk-interval?", func(n int) string { return fmt.Sprint("run_ids=", id, "&metric_key=m&max_results=", n) }, 2500},
		"runs at once":         {"GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk?", func(n int) string { return "metric_key=m&" + several(n, "run_id="+id, "&") }, 100},
		"lines at once":        {"GET", "mlflow/metrics/get-history-bulk-interval?", func(n int) string { return "metric_key=m&max_results=1&" + several(n, "run_ids="+id, "&") }, 100},
		"clauses about traces": {"POST", v3 + "/search", func(n int) string {
			return `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"` + several(n, "tags.a = 'b'", " AND ") + `"}`
		}, 100},
		"bytes about traces": {"POST", v3 + "/search", func(n int) string {
			return `{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"filter":"tags.a = '` + strings.Repeat("a", n-len("tags.a = ''")) + `'"}`
		}, 50_000},
		"a page of traces": {"POST", v3 + "/search", func(n int) string {
			return fmt.Sprintf(`{"locations":[{"mlflow_experiment":{"experiment_id":"0"}}],"max_results":%d}`, n)
		}, 500},
	} {
		for n, want := range map[int]int{c.most: 200, c.most + 1: 400} {
			path, body := c.path, c.body(n)
			if c.method == "GET" {
				path, body = path+body, ""
			}
			if a := h.do(t, c.method, path, body); a.status != want {
				t.Errorf("%s, %d of them: %d, not %d: %.300s", name, n, a.status, want, a.text)
			}
		}
	}
	got := h.ok(t, "GET", "mlflow/runs/get?run_id="+id, "").text
	if strings.Contains(got, `"m1000"`) || strings.Contains(got, `"p100"`) || strings.Contains(got, `"t100"`) {
		t.Errorf("of a batch that was refused is kept: %.300s", got)
	}
}
