package mlflow

import (
	"context"
	"encoding/json"
	"path"
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// What one batch may hold.
const (
	maxMetrics = 1000
	maxParams  = 100
	maxTags    = 100
	maxBatch   = 1000
)

func (d *Door) logRoutes() []route {
	id, key := need(text("run_id")), need(text("key"))
	point := []field{key, need(number("value")), need(whole("timestamp")), whole("step"), text("model_id"), text("dataset_name"), text("dataset_digest")}
	return []route{
		post("/mlflow/runs/log-metric", d.logMetric, append([]field{id}, point...)...),
		post("/mlflow/runs/log-parameter", d.logParam, id, key, text("value")),
		quickly(post("/mlflow/runs/log-batch", d.logBatch, id, list("metrics", point...), pairs("params"), pairs("tags")), quickBatch),
		post("/mlflow/runs/set-tag", d.setTag, id, key, text("value")),
		post("/mlflow/runs/delete-tag", d.deleteTag, id, key),
		post("/mlflow/runs/log-model", d.logModel, id, need(text("model_json"))),
	}
}

func point(m message) run.Point {
	return run.Point{
		Key: m.text("key"), Value: m.number("value"), Step: m.whole("step"), Time: m.whole("timestamp"), Model: m.text("model_id"),
		Dataset: run.Dataset{Name: m.text("dataset_name"), Digest: m.text("dataset_digest")},
	}
}

// points returns a list of points, which is one already where it was read quickly.
func (m message) points(name string) []run.Point {
	if list, ok := m[name].([]run.Point); ok {
		return list
	}
	list := make([]run.Point, 0, len(m.list(name)))
	for _, one := range m.list(name) {
		list = append(list, point(one))
	}
	return list
}

func (d *Door) logMetric(ctx context.Context, in message) (any, error) {
	return d.log(ctx, in, run.Batch{Points: []run.Point{point(in)}})
}

func (d *Door) logParam(ctx context.Context, in message) (any, error) {
	return d.log(ctx, in, run.Batch{Params: map[string]string{in.text("key"): in.text("value")}})
}

func (d *Door) setTag(ctx context.Context, in message) (any, error) {
	return d.log(ctx, in, run.Batch{Tags: map[string]string{in.text("key"): in.text("value")}})
}

func (d *Door) logBatch(ctx context.Context, in message) (any, error) {
	params, tags := in.list("params"), in.list("tags")
	b := run.Batch{Points: in.points("metrics"), Tags: in.pairs("tags")}
	err := checkBatch(len(b.Points), len(params), len(tags))
	if err != nil {
		return nil, err
	}
	if b.Params, err = uniqueParams(params); err != nil {
		return nil, err
	}
	return d.log(ctx, in, b)
}

func checkBatch(metrics, params, tags int) error {
	for _, c := range []struct {
		what      string
		have, may int
	}{{"metrics", metrics, maxMetrics}, {"params", params, maxParams}, {"tags", tags, maxTags}, {"metrics, params and tags together", metrics + params + tags, maxBatch}} {
		if c.have > c.may {
			return errs.New(errs.Invalid, "A batch logging request can contain at most %d %s. Got %d. Please split up %s across multiple requests and try again.", c.may, c.what, c.have, c.what)
		}
	}
	return nil
}

// uniqueParams refuses a key that comes with two values.
func uniqueParams(list []message) (map[string]string, error) {
	out := make(map[string]string, len(list))
	for _, p := range list {
		key, value := p.text("key"), p.text("value")
		if old, ok := out[key]; ok && old != value {
			return nil, errs.New(errs.Invalid, "Changing param values is not allowed. Param with key='%s' was logged with value='%s' and with value='%s' in one request.", key, old, value)
		}
		out[key] = value
	}
	return out, nil
}

var nameShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[/\p{L}\p{N}_.\- :]*$`) })

// checkNames keeps to the names that MLflow has: they must do as paths everywhere.
func checkNames(b run.Batch) error {
	for _, p := range b.Points {
		if err := checkName("metric", p.Key); err != nil {
			return err
		}
	}
	for what, pairs := range map[string]map[string]string{"parameter": b.Params, "tag": b.Tags} {
		for key := range pairs {
			if err := checkName(what, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainName spares the usual names the expression.
func plainName(key string) bool {
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-', c == '/', c == ' ', c == ':':
		default:
			return false
		}
	}
	return true
}

func checkName(what, key string) error {
	if !plainName(key) && !nameShape().MatchString(key) {
		return errs.New(errs.Invalid, "Invalid value %q for parameter '%s' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).", short(key, 250), what)
	}
	if key != path.Clean(key) || key == "." || strings.HasPrefix(key, "..") || strings.HasPrefix(key, "/") {
		return errs.New(errs.Invalid, "Invalid value %q for parameter '%s' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such.", short(key, 250), what)
	}
	return nil
}

// log stores a batch. The name of a run is one of its tags outside and not inside.
func (d *Door) log(ctx context.Context, in message, b run.Batch) (any, error) {
	id := in.text("run_id")
	if err := checkNames(b); err != nil {
		return nil, err
	}
	name, renamed := b.Tags[nameTag]
	delete(b.Tags, nameTag)
	if !renamed || len(b.Points)+len(b.Params)+len(b.Tags) > 0 {
		if err := d.opts.Runs.Log(ctx, id, b); err != nil {
			return nil, asInvalid(err)
		}
	}
	if !renamed {
		return nothing{}, nil
	}
	_, err := d.opts.Runs.Update(ctx, id, run.Change{Name: &name})
	return nothing{}, err
}

// asInvalid says "the param has another value already" in the words of this protocol.
func asInvalid(err error) error {
	if errs.Is(err, errs.Conflict) {
		return errs.Wrap(errs.Invalid, err, "Changing param values is not allowed")
	}
	return err
}

func (d *Door) deleteTag(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.DeleteTag(ctx, in.text("run_id"), in.text("key"))
}

const modelsTag = "mlflow.log-model.history"

// logModel is how clients before 3 said that a run has a model: it becomes one of a list in a tag.
func (d *Door) logModel(ctx context.Context, in message) (any, error) {
	var model map[string]json.RawMessage
	if err := json.Unmarshal([]byte(in.text("model_json")), &model); err != nil {
		return nil, errs.New(errs.Invalid, "Malformed model info: not valid JSON")
	}
	for _, name := range []string{"artifact_path", "flavors", "utc_time_created", "run_id"} {
		if model[name] == nil {
			return nil, errs.New(errs.Invalid, "Model json is missing mandatory field: %s", name)
		}
	}
	d.lists.Lock()
	defer d.lists.Unlock()
	r, err := d.opts.Runs.Get(ctx, in.text("run_id"))
	if err != nil {
		return nil, err
	}
	all, err := appendJSON(r.Tags[modelsTag], model)
	if err != nil {
		return nil, err
	}
	return nothing{}, d.opts.Runs.Log(ctx, r.ID, run.Batch{Tags: map[string]string{modelsTag: all}})
}

// appendJSON adds an element to a JSON list; what is no list is replaced by one.
func appendJSON(list string, element any) (string, error) {
	var all []any
	if json.Unmarshal([]byte(list), &all) != nil {
		all = nil
	}
	b, err := json.Marshal(append(all, element))
	return spaced(b), err
}
