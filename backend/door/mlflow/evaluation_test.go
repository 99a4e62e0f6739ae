package mlflow_test

import (
	"strings"
	"testing"
)

const datasets = "/api/3.0/mlflow/datasets"

// Evaluation datasets, scorers, prompts and webhooks are in the journal: an index made
// from it anew shows the same.
func TestEvaluationSurvivesTheIndex(t *testing.T) {
	h := open(t)
	id := h.ok(t, "POST", datasets+"/create", `{"name":"q","experiment_ids":["0"],"tags":"{\"mlflow.user\":\"ann\",\"k\":\"v\"}"}`).at("dataset.dataset_id")
	one := datasets + "/" + id
	records := `[{\"inputs\":{\"a\":1,\"b\":{\"y\":2,\"x\":1}},\"outputs\":{\"o\":1.5}},{\"inputs\":{\"a\":2}}]`
	if a := h.ok(t, "POST", one+"/records", `{"records":"`+records+`"}`); a.at("inserted_count") != "2" || a.at("updated_count") != "0" {
		t.Errorf("first: %s", a.text)
	}
	again := `[{\"inputs\":{\"b\":{\"x\":1,\"y\":2},\"a\":1},\"expectations\":{\"e\":true},\"tags\":{\"t\":\"u\"}},{\"inputs\":{\"a\":3}},{\"inputs\":{\"a\":3}}]`
	if a := h.ok(t, "POST", one+"/records", `{"records":"`+again+`"}`); a.at("inserted_count") != "1" || a.at("updated_count") != "2" {
		t.Errorf("again: %s", a.text)
	}
	a := h.ok(t, "GET", one, "")
	if a.at("dataset.profile") != `{"num_records": 3}` || a.at("dataset.created_by") != "ann" || !strings.Contains(a.at("dataset.schema"), `"o": "float"`) || !strings.Contains(a.at("dataset.schema"), `"e": "boolean"`) {
		t.Errorf("what is known of it: %s", a.text)
	}
	first := h.ok(t, "GET", one+"/records?max_results=2", "")
	if first.at("next_page_token") == "" || strings.Count(first.at("records"), "dataset_record_id") != 2 {
		t.Errorf("a page of records: %s", first.text)
	}
	record := strings.Split(first.at("records"), `"dataset_record_id": "`)[1][:35]
	if a = h.ok(t, "DELETE", one+"/records", `{"dataset_record_ids":["`+record+`","none"]}`); a.at("deleted_count") != "1" {
		t.Errorf("deleted: %s", a.text)
	}
	if a = h.ok(t, "GET", one, ""); a.at("dataset.profile") != `{"num_records": 2}` {
		t.Errorf("after deleting: %s", a.text)
	}
	h.ok(t, "PATCH", one+"/tags", `{"tags":"{\"k\":\"w\"}"}`)
	h.ok(t, "DELETE", one+"/tags/k", "")
	h.ok(t, "POST", one+"/remove-experiments", `{"experiment_ids":["0"]}`)
	for _, bad := range []string{"[1]", "{", `{\"inputs\":{}}`, `[{\"inputs\":7}]`} {
		if a := h.do(t, "POST", one+"/records", `{"records":"`+bad+`"}`); a.status != 400 {
			t.Errorf("records %s: %d", bad, a.status)
		}
	}
	if a = h.do(t, "POST", one+"/add-experiments", `{"experiment_ids":["77"]}`); a.status != 404 {
		t.Errorf("an experiment that is not there: %d", a.status)
	}
	gone := h.ok(t, "POST", datasets+"/create", `{"name":"gone"}`).at("dataset.dataset_id")
	h.ok(t, "DELETE", datasets+"/"+gone, "")
	h.ok(t, "DELETE", datasets+"/"+gone, "")
	for range 2 {
		h.ok(t, "POST", "/api/3.0/mlflow/scorers/register", `{"experiment_id":"0","name":"s","serialized_scorer":"{}"}`)
	}
	h.ok(t, "DELETE", "/api/3.0/mlflow/scorers/delete", `{"experiment_id":"0","name":"s","version":2}`)
	h.ok(t, "POST", "mlflow/webhooks", `{"name":"w","url":"https://example.com","events":[{"entity":"PROMPT","action":"CREATED"}],"secret":"x"}`)
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"p","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}`)
	h.ok(t, "POST", "mlflow/model-versions/create", `{"name":"p","source":"dummy-source","tags":[{"key":"mlflow.prompt.text","value":"Hi {{x}}"}]}`)
	if a = h.ok(t, "GET", proxy+"/registry/p/1/prompt.txt", ""); a.text != "Hi {{x}}" {
		t.Errorf("the prompt as a file: %q", a.text)
	}
	h.rebuilt(t)
}
