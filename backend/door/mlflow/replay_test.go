//go:build conformance

package mlflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestReplay lets the real client talk to MLflow's own server, writes down what was
// said, says the same to Rondo and compares the answers field by field. Each difference
// must be on the list of allowed ones, with its reason.
//
//	go test -tags conformance -timeout 60m -run Replay ./backend/door/mlflow
func TestReplay(t *testing.T) {
	backend, err := url.Parse(mlflowServer(t))
	must(t, err)
	total, seen := 0, map[string]int{}
	r := &replay{house: open(t), ids: map[string]string{}, experiments: map[string]string{"0": "0"}}
	flows := []string{"tracking", "models", "mistakes", "traces", "genai", "surface", "autolog", "libraries"}
	if os.Getenv("RONDO_TORCH_PYTHON") != "" {
		flows = append(flows, "deep")
	}
	for _, flow := range flows {
		tape := record(t, backend, flow)
		for i, e := range tape {
			for _, d := range r.play(t, e) {
				rule := allowedRule(d)
				seen[rule]++
				if rule == "" {
					t.Errorf("%s %d: %s %s: %s\n sent   %.300s", flow, i, e.method, e.path, d, e.body)
				}
			}
		}
		t.Logf("%s: %d exchanges", flow, len(tape))
		total += len(tape)
	}
	if total < 300 {
		t.Errorf("only %d exchanges were compared", total)
	}
	t.Logf("%d exchanges compared", total)
	for _, a := range allowed {
		if t.Logf("%5d × %s: %s", seen[a.name], a.name, a.reason); seen[a.name] == 0 {
			t.Errorf("%s is allowed and does not happen: take it off the list", a.name)
		}
	}
}

// said is one request and the answer of MLflow's server.
type said struct {
	method, path string // with the query
	header       http.Header
	body         []byte
	status       int
	answer       []byte
}

// record runs a flow against MLflow's server and returns what was said, in order.
func record(t *testing.T, backend *url.URL, flow string) (tape []*said) {
	t.Helper()
	var mu sync.Mutex
	proxy := httputil.NewSingleHostReverseProxy(backend)
	rec := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		req.Body, req.Host = io.NopCloser(bytes.NewReader(b)), backend.Host
		req.Header.Del("Accept-Encoding")
		e := &said{method: req.Method, path: req.URL.RequestURI(), header: req.Header.Clone(), body: b}
		mu.Lock() // one after the other, so that the order of the tape is that in which they were answered
		defer mu.Unlock()
		tape = append(tape, e)
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, req)
		e.status, e.answer = answer.Code, answer.Body.Bytes()
		for k, v := range answer.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(answer.Code)
		w.Write(e.answer)
	}))
	defer rec.Close()
	python := filepath.Join(root(t), ".venv", "bin", "python")
	switch flow {
	case "libraries":
		python = filepath.Join(root(t), "build", "cache", "libraries", "bin", "python")
	case "deep":
		python = os.Getenv("RONDO_TORCH_PYTHON")
	}
	cmd := exec.Command(python, filepath.Join(root(t), "testdata", "python", "mlflow", flow+".py"))
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "MLFLOW_TRACKING_URI="+rec.URL, "MLFLOW_REGISTRY_URI=", "MLFLOW_RUN_ID=", "MLFLOW_DISABLE_TELEMETRY=true", "PYTHONDONTWRITEBYTECODE=1",
		"RONDO_ONE_PROCESS=1", "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING=false", "MLFLOW_HTTP_REQUEST_MAX_RETRIES=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s does not pass against MLflow's own server: %v\n%.3000s", flow, err, out)
	}
	return tape
}

// replay is Rondo's side, with what stands there for the ids that MLflow's server gave.
type replay struct {
	house       *house
	ids         map[string]string
	experiments map[string]string
	put         *strings.Replacer // of ids, until one more is known
}

var (
	experimentField = regexp.MustCompile(`("experiment_ids?": ?(?:\[ ?)?")(\d+)(")`)
	experimentPlace = regexp.MustCompile(`(mlflow-artifacts:/|/mlflow-artifacts/artifacts/|path=)(\d+)(/|%2F|"|$)`)
	experimentQuery = regexp.MustCompile(`(experiment_ids?=)(\d+)()`)
)

// ours puts Rondo's ids in place of the others.
func (r *replay) ours(s string) string {
	for _, re := range []*regexp.Regexp{experimentField, experimentPlace, experimentQuery} {
		s = re.ReplaceAllStringFunc(s, func(m string) string {
			p := re.FindStringSubmatch(m)
			if id, ok := r.experiments[p[2]]; ok {
				return p[1] + id + p[3]
			}
			return m
		})
	}
	return r.replacer().Replace(s)
}

// replacer puts all ids in place in one pass; there are thousands in a long tape.
func (r *replay) replacer() *strings.Replacer {
	if r.put == nil {
		var pairs []string
		for theirs, ours := range r.ids {
			pairs = append(pairs, theirs, ours)
			if escaped := url.QueryEscape(theirs); escaped != theirs {
				pairs = append(pairs, escaped, url.QueryEscape(ours))
			}
		}
		r.put = strings.NewReplacer(pairs...)
	}
	return r.put
}

// learn lets one id stand for another from now on, or none.
func (r *replay) learn(theirs, ours string) {
	if r.put = nil; ours == "" {
		delete(r.ids, theirs)
		return
	}
	r.ids[theirs] = ours
}

// play says the same to Rondo and returns how the answers differ.
func (r *replay) play(t *testing.T, e *said) []difference {
	t.Helper()
	body := string(e.body)
	if !strings.Contains(e.header.Get("Content-Type"), "protobuf") {
		body = r.ours(body)
	}
	body = r.replacer().Replace(body) // ids have one length, so that they fit into protobuf as well
	req := httptest.NewRequest(e.method, "http://127.0.0.1"+r.ours(e.path), strings.NewReader(body))
	req.Header = e.header.Clone()
	if id := req.Header.Get("X-Mlflow-Experiment-Id"); id != "" && r.experiments[id] != "" {
		req.Header.Set("X-Mlflow-Experiment-Id", r.experiments[id])
	}
	w := httptest.NewRecorder()
	r.house.door.ServeHTTP(w, req)
	route := e.method + " " + shape(e.path)
	if e.status != w.Code {
		return []difference{{route, "status", fmt.Sprint(e.status, " ", short(e.answer)), fmt.Sprint(w.Code, " ", short(w.Body.Bytes()))}}
	}
	var theirs, ours any
	if json.Unmarshal(e.answer, &theirs) != nil || json.Unmarshal(w.Body.Bytes(), &ours) != nil {
		if a, b := r.ours(string(e.answer)), w.Body.String(); a != b {
			return []difference{{route, "content", a, b}}
		}
		return nil
	}
	learn := &comparison{replay: r, route: route}
	learn.compare("", theirs, ours) // ids first: they are part of other fields
	c := &comparison{replay: r, route: route, known: true}
	c.compare("", theirs, ours)
	return c.list
}

func short(b []byte) string {
	if len(b) > 300 {
		b = b[:300]
	}
	return string(b)
}

var shapeOf = regexp.MustCompile(`(m-|tr-|d-|a-)?[0-9a-f]{32}|/artifacts/artifacts/.*`)

// shape is a path without what differs from call to call.
func shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if strings.Contains(path, "/mlflow-artifacts/artifacts/") {
		return "/mlflow-artifacts/artifacts/…"
	}
	return shapeOf.ReplaceAllString(path, "{id}")
}

type difference struct{ route, field, theirs, ours string }

func (d difference) String() string {
	return fmt.Sprintf("%s\n mlflow %.300s\n rondo  %.300s", d.field, d.theirs, d.ours)
}

type comparison struct {
	replay *replay
	known  bool // ids were learned
	route  string
	list   []difference
}

func (c *comparison) differ(field string, a, b any) {
	text := func(v any) string {
		if v == nil {
			return "nothing"
		}
		j, _ := json.Marshal(v)
		return string(j)
	}
	c.list = append(c.list, difference{c.route, field, text(a), text(b)})
}

// given are the fields whose value a server makes up: the first time they are seen,
// Rondo's stands for the other from then on.
var given = regexp.MustCompile(`(^|\.)(run_id|run_uuid|model_id|source_run_id|assessment_id|dataset_id|dataset_record_id|webhook_id|scorer_id|overrides|run_name|next_page_token|info\.name)$`)

// names are the friendly names that servers make up.
var names = regexp.MustCompile(`^[a-z]+-[a-z]+-\d+$`)

func (c *comparison) compare(field string, theirs, ours any) {
	switch a := theirs.(type) {
	case map[string]any:
		b, ok := ours.(map[string]any)
		if !ok {
			c.differ(field, theirs, ours)
			return
		}
		names := map[string]bool{}
		for k := range a {
			names[k] = true
		}
		for k := range b {
			names[k] = true
		}
		order := make([]string, 0, len(names))
		for k := range names {
			order = append(order, k)
		}
		slices.Sort(order)
		for _, k := range order {
			c.compare(join(field, k), a[k], b[k])
		}
	case []any:
		b, ok := ours.([]any)
		if !ok || len(a) != len(b) {
			c.differ(field, theirs, ours)
			return
		}
		c.sort(field, a)
		c.sort(field, b)
		c.untie(field, a)
		c.untie(field, b)
		for i := range a {
			c.compare(field+"[]", a[i], b[i])
		}
	default:
		c.leaf(field, theirs, ours)
	}
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// sort evens out the order of lists whose order means nothing.
func (c *comparison) sort(field string, list []any) {
	name := field[strings.LastIndexByte(field, '.')+1:]
	if !slices.Contains([]string{"tags", "params", "metrics", "request_metadata", "aliases", "files", "attributes", "latest_versions", "values", "records", "model_outputs", "model_inputs", "dataset_inputs"}, name) || strings.Contains(c.route, "history") {
		return
	}
	key := func(v any) string {
		m, _ := v.(map[string]any)
		model, _ := m["model_id"].(string) // a run's models and datasets come in the order of random ids
		return fmt.Sprint(m["key"], m["path"], m["alias"], m["version"], m["inputs"], m["value"], m["step"], m["tags"], m["dataset"], c.replay.ours(model))
	}
	slices.SortStableFunc(list, func(x, y any) int { return strings.Compare(key(x), key(y)) })
}

// untie evens out the order of runs that began in the same moment: it follows from
// their ids, which each server makes up.
func (c *comparison) untie(field string, list []any) {
	if field != "runs" {
		return
	}
	info := func(v any) map[string]any {
		m, _ := v.(map[string]any)
		i, _ := m["info"].(map[string]any)
		return i
	}
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && info(list[to])["start_time"] == info(list[from])["start_time"] {
			to++
		}
		slices.SortFunc(list[from:to], func(x, y any) int {
			return strings.Compare(c.replay.ours(fmt.Sprint(info(x)["run_id"])), c.replay.ours(fmt.Sprint(info(y)["run_id"])))
		})
		from = to
	}
}

func (c *comparison) leaf(field string, theirs, ours any) {
	a, isText := theirs.(string)
	b, both := ours.(string)
	if !isText || !both {
		if fmt.Sprint(theirs) != fmt.Sprint(ours) {
			c.differ(field, theirs, ours)
		}
		return
	}
	switch {
	case (field == "experiment_id" || strings.HasSuffix(field, ".experiment_id") || strings.HasSuffix(field, "experiment_ids[]")) && c.replay.experiments[a] == "":
		c.replay.experiments[a] = b
	case strings.HasSuffix(field, "next_page_token") && a == b:
		c.replay.learn(a, "")
	case given.MatchString(field) && a != b && !c.known && (len(a) >= 16 || names.MatchString(a)) && (c.replay.ids[a] == "" || strings.HasSuffix(field, "token")):
		c.replay.learn(a, b)
	}
	if strings.HasSuffix(field, "experiment_id") || strings.HasSuffix(field, "experiment_ids[]") {
		a = c.replay.experiments[a]
	}
	if a = c.replay.ours(a); a == b {
		return
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil { // texts that hold JSON
		if _, number := x.(float64); !number {
			c.compare(field, x, y)
			return
		}
	}
	c.differ(field, a, b)
}
