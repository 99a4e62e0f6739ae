package mlflow_test

import (
	"net/url"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// version registers a version of a file that a run logged.
func (h *house) version(t *testing.T, model, runID, content string) answer {
	t.Helper()
	h.ok(t, "PUT", proxy+"/0/"+runID+"/artifacts/model/MLmodel", content)
	h.do(t, "POST", "mlflow/registered-models/create", `{"name":"`+model+`"}`)
	return h.ok(t, "POST", "mlflow/model-versions/create", `{"name":"`+model+`","source":"runs:/`+runID+`/model","run_id":"`+runID+`"}`)
}

func TestVersionsNeverChange(t *testing.T) {
	h := open(t)
	id := h.run(t)
	h.ok(t, "POST", "mlflow/runs/log-metric", `{"run_id":"`+id+`","key":"acc","value":0.5,"timestamp":1}`)
	name := "rain 100% ü"
	v := h.version(t, name, id, "first")
	if v.at("model_version.version") != "1" || v.at("model_version.status") != "READY" || v.at("model_version.run_id") != id {
		t.Fatalf("created: %s", v.text)
	}
	if got, err := h.registry.Version(t.Context(), name, 1); err != nil || got.Metrics["acc"] != 0.5 || got.CreatedBy != "mlflow" {
		t.Errorf("recorded %+v %v", got, err)
	}
	h.ok(t, "PUT", proxy+"/0/"+id+"/artifacts/model/MLmodel", "second")
	uri := h.ok(t, "GET", "mlflow/model-versions/get-download-uri?name="+url.QueryEscape(name)+"&version=1", "").at("artifact_uri")
	rest, ok := strings.CutPrefix(uri, "mlflow-artifacts:/registry/")
	if !ok {
		t.Fatalf("download from %s", uri)
	}
	if a := h.ok(t, "GET", proxy+"?path="+url.QueryEscape("registry/"+rest), ""); a.at("files.0.path") != "MLmodel" || a.at("files.0.file_size") != "5" {
		t.Errorf("list: %s", a.text)
	}
	if a := h.ok(t, "GET", proxy+"/registry/"+rest+"/MLmodel", ""); a.text != "first" {
		t.Errorf("content: %q", a.text)
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if a := h.do(t, method, proxy+"/registry/"+rest+"/MLmodel", "x"); a.status != 403 {
			t.Errorf("%s: %d %s", method, a.status, a.text)
		}
	}
	if a := h.do(t, "GET", proxy+"/registry/"+rest+"/none", ""); a.status != 404 {
		t.Errorf("missing file: %d %s", a.status, a.text)
	}
}

func TestSources(t *testing.T) {
	h := open(t)
	id, other := h.run(t), h.run(t)
	h.version(t, "m", id, "x")
	logged := h.ok(t, "POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net","source_run_id":"`+id+`"}`).at("model.info.model_id")
	h.ok(t, "PUT", proxy+"/0/models/"+logged+"/artifacts/MLmodel", "y")
	h.ok(t, "POST", "mlflow/runs/outputs", `{"run_id":"`+id+`","models":[{"model_id":"`+logged+`","step":0}]}`)
	h.ok(t, "POST", "mlflow/registered-models/alias", `{"name":"m","alias":"best","version":"1"}`)
	create := func(source, more string) answer {
		return h.do(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"`+source+`"`+more+`}`)
	}
	for _, source := range []string{
		"runs:/" + id + "/model", "runs:/" + id + "/net", "models:/" + logged, "models:/m/1", "models:/m@best", "models:/m/latest",
		"mlflow-artifacts:/0/" + id + "/artifacts/model", "mlflow-artifacts:/0/models/" + logged + "/artifacts", "mlflow-artifacts:/registry/m/1",
	} {
		if a := create(source, ""); a.status != 200 || a.at("model_version.run_id") != id {
			t.Errorf("%s: %d %s", source, a.status, a.text)
		}
	}
	got := h.ok(t, "GET", "mlflow/logged-models/"+logged, "")
	if got.at("model.info.registrations.0.name") != "m" {
		t.Errorf("the logged model does not say what it became: %s", got.text)
	}
	for _, source := range []string{
		"/etc", "file:///etc", "file:/etc", "//proc/self/root", "../..", "mlflow-artifacts:/1/../../etc", "mlflow-artifacts:/%2e%2e/etc", "s3://b/x", "C:\\\\x",
		"http://127.0.0.1/api/2.0/mlflow-artifacts/artifacts/../../", "mlflow-artifacts://host:80/0/" + id + "/artifacts/model", "runs:/" + id + "/..", "x\\u0000", "file://./etc",
	} {
		if a := create(source, ""); a.status != 400 || a.at("error_code") != "INVALID_PARAMETER_VALUE" {
			t.Errorf("%s: %d %s", source, a.status, a.text)
		}
	}
	for _, source := range []string{"runs:/none/model", "models:/m-none", "models:/m/99", "models:/none/1", "models:/m@none", "runs:/" + id + "/model/MLmodel"} {
		if a := create(source, ""); a.status != 404 {
			t.Errorf("%s: %d %s", source, a.status, a.text)
		}
	}
	if a := create("runs:/"+id+"/model", `,"run_id":"`+other+`"`); a.status != 400 {
		t.Errorf("another run: %d %s", a.status, a.text)
	}
	if a := create("models:/m/1", `,"tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]`); a.status != 400 || !strings.Contains(a.text, "no prompt") {
		t.Errorf("a prompt: %d %s", a.status, a.text)
	}
	if a := h.do(t, "POST", "mlflow/model-versions/create", `{"name":"none","source":"models:/m/1"}`); a.status != 404 {
		t.Errorf("a model that is not: %d %s", a.status, a.text)
	}
}

// TestVersionsWithoutFiles registers what is not there (yet), as MLflow does. Such a version
// says so wherever it is asked, and what is logged later does not become its content.
func TestVersionsWithoutFiles(t *testing.T) {
	h := open(t)
	id := h.run(t)
	logged := h.ok(t, "POST", "mlflow/logged-models", `{"experiment_id":"0","name":"net","source_run_id":"`+id+`"}`).at("model.info.model_id")
	h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"m"}`)
	for _, source := range []string{
		`models:/` + logged + `","model_id":"` + logged, `mlflow-artifacts:/0/models/` + logged + `/artifacts","model_id":"` + logged, `runs:/` + id + `/later`, `mlflow-artifacts:/0/` + id + `/artifacts/later`,
		`runs:/elsewhere/model","run_id":"` + id, `models:/m/1`,
	} {
		a := h.ok(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"`+source+`"}`)
		if a.at("model_version.status") != "READY" || !strings.Contains(a.at("model_version.status_message"), "holds no files") || a.at("model_version.run_id") != id {
			t.Errorf("%s: %s", source, a.text)
		}
	}
	if tags := h.ok(t, "GET", "mlflow/logged-models/"+logged, "").text; !strings.Contains(tags, `{\"name\": \"m\", \"version\": 2}`) {
		t.Errorf("the logged model does not say which versions it became: %s", tags)
	}
	if a := h.do(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"runs:/elsewhere/model","run_id":"nobody"}`); a.status != 400 {
		t.Errorf("of a run that is not: %d %s", a.status, a.text)
	}
	h.ok(t, "PUT", proxy+"/0/models/"+logged+"/artifacts/MLmodel", "y")
	for _, path := range []string{proxy + "/registry/m/1/MLmodel", proxy + "?path=registry/m/1", "/model-versions/get-artifact?name=m&version=1&path=MLmodel"} {
		if a := h.do(t, "GET", path, ""); a.status != 404 || !strings.Contains(a.text, "holds no files") || !strings.Contains(a.text, "register them again") {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	if _, err := h.registry.Materialise(t.Context(), "m", 1); !errs.Is(err, errs.Precondition) {
		t.Errorf("its files: %v", err)
	}
	a := h.ok(t, "POST", "mlflow/model-versions/create", `{"name":"m","source":"models:/`+logged+`"}`)
	if a.at("model_version.status_message") != "" {
		t.Errorf("with files: %s", a.text)
	}
	if a = h.ok(t, "GET", proxy+"/registry/m/7/MLmodel", ""); a.text != "y" {
		t.Errorf("with files: %s", a.text)
	}
}

func TestAliases(t *testing.T) {
	h := open(t)
	h.version(t, "m", h.run(t), "x")
	h.ok(t, "POST", "mlflow/registered-models/alias", `{"name":"m","alias":"champion","version":"1"}`)
	if a := h.ok(t, "GET", "mlflow/registered-models/get?name=m", ""); a.at("registered_model.aliases.0.alias") != "champion" || a.at("registered_model.latest_versions.0.version") != "1" {
		t.Errorf("model: %s", a.text)
	}
	if a := h.ok(t, "GET", "mlflow/registered-models/alias?name=m&alias=champion", ""); a.at("model_version.aliases.0") != "champion" {
		t.Errorf("by alias: %s", a.text)
	}
	for range 2 {
		h.ok(t, "DELETE", "mlflow/registered-models/alias", `{"name":"m","alias":"champion"}`)
	}
	if moves, err := h.registry.History(t.Context(), "m", "champion"); err != nil || len(moves) != 2 {
		t.Errorf("history %v %v", moves, err)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "mlflow/registered-models/alias?name=m&alias=none", "", 400},
		{"GET", "mlflow/registered-models/alias?name=none&alias=none", "", 404},
		{"DELETE", "mlflow/registered-models/alias", `{"name":"none","alias":"a"}`, 404},
		{"POST", "mlflow/registered-models/alias", `{"name":"m","alias":"a","version":"9"}`, 404},
		{"POST", "mlflow/registered-models/alias", `{"name":"m","alias":"a","version":"x"}`, 400},
		{"POST", "mlflow/registered-models/alias", `{"name":"m","alias":"v1","version":"1"}`, 400},
		{"POST", "mlflow/model-versions/transition-stage", `{"name":"m","version":"1","stage":"Live"}`, 400},
	} {
		if a := h.do(t, c.method, c.path, c.body); a.status != c.status {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, a.status, a.text)
		}
	}
}

func TestRegistrySearch(t *testing.T) {
	h := open(t)
	for i, name := range []string{"Rain", "snow", "sun_1"} {
		tags := `{"key":"n","value":"` + string(rune('0'+i)) + `"},{"key":"a.b c","value":"x"}`
		h.ok(t, "POST", "mlflow/registered-models/create", `{"name":"`+name+`","tags":[`+tags+`]}`)
	}
	names := func(query string) string {
		a := h.do(t, "GET", "mlflow/registered-models/search?"+query, "")
		if a.status != 200 {
			return a.at("error_code")
		}
		var list []string
		for i := range 3 {
			if n := a.at("registered_models." + string(rune('0'+i)) + ".name"); n != "" {
				list = append(list, n)
			}
		}
		return strings.Join(list, " ")
	}
	for filter, want := range map[string]string{
		"":                                        "Rain snow sun_1",
		"name = 'snow'":                           "snow",
		`name="snow"`:                             "snow",
		"name != 'snow'":                          "Rain sun_1",
		"name LIKE 's%'":                          "snow sun_1",
		"name like 'r%'":                          "",
		"name ILIKE 'r%'":                         "Rain",
		"name LIKE 'sun__'":                       "sun_1",
		"attributes.name LIKE '%n%'":              "Rain snow sun_1",
		"name LIKE '%%%%%%%%%%%%%%%%%%%%%%%zz'":   "",
		"name IN ('snow', 'Rain')":                "Rain snow",
		"name NOT IN ('snow')":                    "Rain sun_1",
		"tags.n = '1'":                            "snow",
		"tag.`a.b c` = 'x' AND name = 'Rain'":     "Rain",
		"tags.\"a.b c\" = 'x' and tags.n!='0'":    "snow sun_1",
		"tags.none != 'x'":                        "",
		"tag.`mlflow.prompt.is_prompt` != 'true'": "Rain snow sun_1",
		"tags.mlflow.prompt.is_prompt = 'true'":   "",
		"name = snow":                             "INVALID_PARAMETER_VALUE",
		"name > 'a'":                              "INVALID_PARAMETER_VALUE",
		"bogus = 'a'":                             "INVALID_PARAMETER_VALUE",
		"name = 'a' OR name = 'b'":                "INVALID_PARAMETER_VALUE",
		"name = 'a":                               "INVALID_PARAMETER_VALUE",
		"name IN ('a'":                            "INVALID_PARAMETER_VALUE",
		"name NOT":                                "INVALID_PARAMETER_VALUE",
		"name":                                    "INVALID_PARAMETER_VALUE",
		"= 'a'":                                   "INVALID_PARAMETER_VALUE",
		"AND":                                     "INVALID_PARAMETER_VALUE",
		"name = 'a' AND":                          "INVALID_PARAMETER_VALUE",
	} {
		if got := names("filter=" + url.QueryEscape(filter)); got != want {
			t.Errorf("%s finds %q, not %q", filter, got, want)
		}
	}
	for query, want := range map[string]string{
		"order_by=name%20DESC":                          "sun_1 snow Rain",
		"order_by=creation_timestamp%20ASC":             "Rain snow sun_1",
		"order_by=name&order_by=name":                   "INVALID_PARAMETER_VALUE",
		"order_by=size":                                 "INVALID_PARAMETER_VALUE",
		"order_by=name%20UP":                            "INVALID_PARAMETER_VALUE",
		"max_results=2":                                 "Rain snow",
		"max_results=0":                                 "INVALID_PARAMETER_VALUE",
		"max_results=1001":                              "INVALID_PARAMETER_VALUE",
		"max_results=2&page_token=eyJvZmZzZXQiOiAyfQ==": "sun_1",
		"page_token=x":                                  "INVALID_PARAMETER_VALUE",
	} {
		if got := names(query); got != want {
			t.Errorf("%s finds %q, not %q", query, got, want)
		}
	}
}

func TestVersionSearch(t *testing.T) {
	h := open(t)
	first, second := h.run(t), h.run(t)
	h.version(t, "m", first, "1")
	h.version(t, "m", second, "2")
	h.version(t, "a", second, "3")
	for filter, want := range map[string]string{
		"":                                   `a1 m2 m1`,
		"name='m'":                           `m2 m1`,
		"run_id = '" + second + "'":          `a1 m2`,
		"run_id IN ('" + first + "','none')": `m1`,
		"version_number >= 2":                `m2`,
		"name='m' AND version_number<2":      `m1`,
		"source_path LIKE 'runs:/%'":         `a1 m2 m1`,
	} {
		a := h.ok(t, "GET", "mlflow/model-versions/search?filter="+url.QueryEscape(filter), "")
		var got []string
		for i := range 3 {
			at := "model_versions." + string(rune('0'+i))
			if n := a.at(at + ".name"); n != "" {
				got = append(got, n+a.at(at+".version"))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s finds %v, not %s", filter, got, want)
		}
	}
	for _, bad := range []string{"version_number = '1'", "version_number LIKE 1", "version_number = x", "run_id = 1"} {
		if a := h.do(t, "GET", "mlflow/model-versions/search?filter="+url.QueryEscape(bad), ""); a.status != 400 {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
}
