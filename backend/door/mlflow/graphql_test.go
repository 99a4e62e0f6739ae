package mlflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// graph asks in GraphQL.
func (h *house) graph(t testing.TB, query string, variables map[string]any) answer {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(t, err)
	return h.ok(t, "POST", "/graphql", string(b))
}

func TestGraphQL(t *testing.T) {
	h := open(t)
	id := h.run(t)
	h.ok(t, "POST", "mlflow/runs/log-batch", `{"run_id":"`+id+`","metrics":[{"key":"m","value":"NaN","timestamp":7,"step":1},{"key":"n","value":2.5,"timestamp":7,"step":1}]}`)
	a := h.graph(t, `query Get($id: String!) @component(name: "x") { one: mlflowGetRun(input: {runId: $id}) { run { ...Parts experiment { name } modelVersions { name } } } }
		fragment Parts on MlflowRun { info { status startTime } data { metrics { key value timestamp } params { key } } }`, map[string]any{"id": id})
	for path, want := range map[string]string{
		"data.one.run.info.status": "RUNNING", "data.one.run.info.startTime": "1000", "data.one.run.experiment.name": "Default", "data.one.run.modelVersions": "[]",
		"data.one.run.data.metrics.0.value": "", "data.one.run.data.metrics.1.value": "2.5", "data.one.run.data.metrics.1.timestamp": "7", "data.one.run.data.params": "[]", "errors": "",
	} {
		if got := a.at(path); got != want {
			t.Errorf("%s is %q, not %q in %s", path, got, want, a.text)
		}
	}
	if a = h.graph(t, `{mlflowGetExperiment(input: {experimentId: "77"}) { experiment { name } apiError { code } }}`, nil); a.at("data.mlflowGetExperiment.apiError.code") != "RESOURCE_DOES_NOT_EXIST" {
		t.Errorf("an experiment that is not there: %s", a.text)
	}
	if a = h.graph(t, `mutation { mlflowSearchRuns(input: {experimentIds: ["0"], maxResults: 1}) { runs { info { runId } } } }`, nil); a.at("data.mlflowSearchRuns.runs.0.info.runId") != id {
		t.Errorf("runs: %s", a.text)
	}
}

// A query may be as large as a page needs, and no larger: each of these would make a
// server without limits do much for little.
func TestGraphQLBombs(t *testing.T) {
	h := open(t)
	many := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, form, i)
		}
		return b.String()
	}
	get := `{mlflowGetExperiment(input: {experimentId: "0"}) {`
	var laughs [9]string // each four times the next one: as deep as fragments may be, and still too many
	for i := range laughs {
		laughs[i] = fmt.Sprintf("fragment A%d on X { %s }", i+1, strings.Repeat(fmt.Sprintf("...A%d ", i+2), 4))
	}
	laughs[8] = "fragment A9 on X { experiment { name } }"
	var hollow [9]string // the same with nothing in the last one: what is counted must not be fields alone
	for i := range hollow {
		hollow[i] = fmt.Sprintf("fragment A%d on X { %s }", i+1, strings.Repeat(fmt.Sprintf("...A%d ", i+2), 30))
	}
	hollow[8] = "fragment A9 on X { }"
	for name, query := range map[string]string{
		"roots":     "{" + many(50, `k%d: test(inputString: "a") { output } `) + "}",
		"aliases":   get + many(50, "e%d: experiment { name } ") + "}}",
		"depth":     get + strings.Repeat("experiment {", 50) + "name" + strings.Repeat("}", 50) + "}}",
		"width":     get + many(2000, "f%d ") + "}}",
		"circle":    get + "...A }} fragment A on X { experiment { ...A } }",
		"knot":      get + "...A }} fragment A on X { ...A }",
		"hollow":    get + "...A1 }}" + strings.Join(hollow[:], " "),
		"laughs":    get + "...A1 }}" + strings.Join(laughs[:], " "),
		"long":      `{ test(inputString: "a") { output } } # ` + strings.Repeat("a", 300_000),
		"values":    `{mlflowGetExperiment(input: ` + strings.Repeat(`{a: `, 500) + "1" + strings.Repeat("}", 500) + ") { experiment { name } }}",
		"lists":     `{mlflowGetExperiment(input: {experimentId: ` + strings.Repeat("[", 5000) + "}) { experiment { name } }}",
		"open":      "{ a {",
		"quote":     `{ test(inputString: "`,
		"no braces": "query",
	} {
		a := h.do(t, "POST", "/graphql", string(must1(json.Marshal(map[string]any{"query": query}))))
		if a.status != 200 && a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
		if a.status == 200 && a.at("errors.0") == "" {
			t.Errorf("%s is answered: %.300s", name, a.text)
		}
	}
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
