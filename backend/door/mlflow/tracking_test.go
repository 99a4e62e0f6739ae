package mlflow_test

import (
	"strings"
	"testing"
)

func TestNumbersThatAreNone(t *testing.T) {
	h := open(t)
	id := h.run(t)
	h.ok(t, "POST", "mlflow/runs/log-batch", `{"run_id":"`+id+`","metrics":[
		{"key":"m","value":"NaN","timestamp":1,"step":0},{"key":"m","value":NaN,"timestamp":2,"step":1},
		{"key":"m","value":Infinity,"timestamp":3,"step":2},{"key":"m","value":"-Infinity","timestamp":"4","step":"3"},
		{"key":"m","value":"1.5","timestamp":5,"step":4},{"key":"n","value":1,"timestamp":1}],"tags":[{"key":"t","value":"say \"NaN\" \\ Infinity"}]}`)
	a := h.ok(t, "GET", "mlflow/metrics/get-history?run_id="+id+"&metric_key=m", "")
	for i, want := range []string{"NaN", "NaN", "Infinity", "-Infinity", "1.5"} {
		if got := a.at("metrics." + string(rune('0'+i)) + ".value"); got != want {
			t.Errorf("point %d is %s, not %s", i, got, want)
		}
	}
	if a = h.ok(t, "GET", "mlflow/runs/get?run_id="+id, ""); a.at("run.data.metrics.0.value") != "1.5" || !strings.Contains(a.text, `"say \"NaN\" \\ Infinity"`) {
		t.Errorf("run: %s", a.text)
	}
}

func TestNames(t *testing.T) {
	h := open(t)
	id := h.run(t)
	for name, status := range map[string]int{
		"a/b.c-d e:f_ü": 200, "../x": 400, "/x": 400, "a//b": 400, "a/": 400, ".": 400, "a/../b": 400, "a\\nb": 400, "é#": 400, strings.Repeat("k", 251): 400,
	} {
		for _, c := range []string{
			`log-metric", "key":"` + name + `","value":1,"timestamp":1}`, `log-parameter", "key":"` + name + `","value":"1"}`, `set-tag", "key":"` + name + `","value":"1"}`,
		} {
			path, body, _ := strings.Cut(c, `", `)
			if a := h.do(t, "POST", "mlflow/runs/"+path, `{"run_id":"`+id+`",`+body); a.status != status {
				t.Errorf("%s %q: %d %s", path, name, a.status, a.text)
			}
		}
	}
}

func TestHistoryPages(t *testing.T) {
	h := open(t)
	id := h.run(t)
	for _, v := range []string{"1", "2", "3"} {
		h.ok(t, "POST", "mlflow/runs/log-metric", `{"run_id":"`+id+`","key":"m","value":`+v+`,"timestamp":`+v+`,"step":`+v+`}`)
	}
	path := "mlflow/metrics/get-history?run_id=" + id + "&metric_key=m"
	if a := h.ok(t, "GET", path, ""); a.at("metrics.2.value") != "3" || a.at("next_page_token") != "" {
		t.Errorf("whole: %s", a.text)
	}
	a := h.ok(t, "GET", path+"&max_results=2", "")
	token := a.at("next_page_token")
	if a.at("metrics.1.value") != "2" || a.at("metrics.2") != "" || token == "" {
		t.Errorf("first page: %s", a.text)
	}
	if a = h.ok(t, "GET", path+"&max_results=2&page_token="+strings.ReplaceAll(token, "=", "%3D"), ""); a.at("metrics.0.value") != "3" || a.at("next_page_token") != "" {
		t.Errorf("second page: %s", a.text)
	}
	for _, bad := range []string{"&max_results=0", "&max_results=-1", "&max_results=x", "&page_token=zzz"} {
		if a := h.do(t, "GET", path+bad, ""); a.status != 400 {
			t.Errorf("%s: %d %s", bad, a.status, a.text)
		}
	}
	bulk := "mlflow/metrics/get-history-bulk-interval?run_ids=" + id + "&metric_key=m"
	if a = h.ok(t, "GET", bulk, ""); a.at("metrics.0.run_id") != id || a.at("metrics.2.value") != "3" {
		t.Errorf("bulk: %s", a.text)
	}
	if a = h.ok(t, "GET", bulk+"&start_step=2&end_step=2", ""); a.at("metrics.0.value") != "2" || a.at("metrics.1") != "" {
		t.Errorf("interval: %s", a.text)
	}
	if a = h.do(t, "GET", bulk+"&start_step=2", ""); a.status != 400 {
		t.Errorf("half an interval: %d", a.status)
	}
	if a = h.ok(t, "GET", "mlflow/metrics/get-history-bulk?run_id="+id+"&metric_key=m", ""); a.at("metrics.2.step") != "3" {
		t.Errorf("get-history-bulk: %s", a.text)
	}
}

func TestRunNames(t *testing.T) {
	h := open(t)
	a := h.ok(t, "POST", "mlflow/runs/create", `{"experiment_id":"0","tags":[{"key":"mlflow.runName","value":"tagged"},{"key":"k","value":"v"}]}`)
	id := a.at("run.info.run_id")
	if a.at("run.info.run_name") != "tagged" {
		t.Errorf("created: %s", a.text)
	}
	h.ok(t, "POST", "mlflow/runs/set-tag", `{"run_id":"`+id+`","key":"mlflow.runName","value":"other"}`)
	if a = h.ok(t, "GET", "mlflow/runs/get?run_id="+id, ""); a.at("run.info.run_name") != "other" || !strings.Contains(a.at("run.data.tags"), `{"key":"mlflow.runName","value":"other"}`) {
		t.Errorf("tagged: %s", a.text)
	}
	h.ok(t, "POST", "mlflow/runs/update", `{"run_id":"`+id+`","run_name":"third","status":3,"end_time":2000}`)
	if a = h.ok(t, "GET", "mlflow/runs/get?run_id="+id, ""); a.at("run.info.run_name") != "third" || a.at("run.info.status") != "FINISHED" || a.at("run.info.end_time") != "2000" {
		t.Errorf("updated: %s", a.text)
	}
	if a = h.do(t, "POST", "mlflow/runs/create", `{"experiment_id":"0","run_name":"a","tags":[{"key":"mlflow.runName","value":"b"}]}`); a.status != 400 {
		t.Errorf("two names: %d", a.status)
	}
	if a = h.do(t, "POST", "mlflow/runs/update", `{"run_id":"`+id+`","status":"DONE"}`); a.status != 400 {
		t.Errorf("unknown status: %d", a.status)
	}
}

func TestLegacyModels(t *testing.T) {
	h := open(t)
	id := h.run(t)
	for range 2 {
		h.ok(t, "POST", "mlflow/runs/log-model", `{"run_id":"`+id+`","model_json":"{\"artifact_path\":\"m\",\"flavors\":{},\"utc_time_created\":\"t\",\"run_id\":\"`+id+`\"}"}`)
	}
	a := h.ok(t, "GET", "mlflow/runs/get?run_id="+id, "")
	if n := strings.Count(a.text, `\"artifact_path\": \"m\"`); n != 2 {
		t.Errorf("%d models in %s", n, a.text)
	}
	for _, bad := range []string{`{`, `{}`, `[1]`} {
		if a = h.do(t, "POST", "mlflow/runs/log-model", `{"run_id":"`+id+`","model_json":"`+bad+`"}`); a.status != 400 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
}

func TestExperimentLocations(t *testing.T) {
	h := open(t)
	for location, status := range map[string]int{"": 200, "./mlruns": 200, "/tmp/x": 200, "s3://bucket/x": 400, "http://h/../x": 400, "mlflow-artifacts://elsewhere/1": 400} {
		a := h.do(t, "POST", "mlflow/experiments/create", `{"name":"at `+location+`","artifact_location":"`+location+`"}`)
		if a.status != status {
			t.Errorf("%q: %d %s", location, a.status, a.text)
			continue
		}
		if status == 200 {
			id := a.at("experiment_id")
			if a = h.ok(t, "GET", "mlflow/experiments/get?experiment_id="+id, ""); a.at("experiment.artifact_location") != "mlflow-artifacts:/"+id {
				t.Errorf("%q: %s", location, a.text)
			}
		}
	}
}
