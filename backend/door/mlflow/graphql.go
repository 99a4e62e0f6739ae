package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"rondo/backend/errs"
)

// graphqlRoutes answer the few queries that MLflow's pages ask in GraphQL. Each is one
// of the other requests under another name: the same checks, the same answers.
func (d *Door) graphqlRoutes() []route {
	ask := post("/graphql", d.graphql, need(text("query")), text("operationName"), anything("variables"))
	ask.bare = true
	get := get("/graphql", d.graphql, need(text("query")), text("operationName"))
	get.bare = true
	return []route{ask, get}
}

// resolvers are the fields at the root, by the request that answers each.
var resolvers = map[string]string{
	"mlflowGetExperiment":                "GET /mlflow/experiments/get",
	"mlflowGetRun":                       "GET /mlflow/runs/get",
	"mlflowSearchRuns":                   "POST /mlflow/runs/search",
	"mlflowListArtifacts":                "GET /mlflow/artifacts/list",
	"mlflowGetMetricHistoryBulkInterval": "GET /mlflow/metrics/get-history-bulk-interval",
	"mlflowSearchModelVersions":          "GET /mlflow/model-versions/search",
	"mlflowSearchDatasets":               "POST /mlflow/experiments/search-datasets",
}

type graphAnswer struct {
	Data   map[string]any `json:"data"`
	Errors []string       `json:"errors"`
}

func (d *Door) graphql(ctx context.Context, in message) (any, error) {
	variables, _ := in["variables"].(map[string]any)
	fields, err := parseQuery(in.text("query"), in.text("operationName"), variables)
	if err != nil {
		return graphAnswer{Errors: []string{err.Error()}}, nil
	}
	out := graphAnswer{Data: map[string]any{}}
	for _, f := range fields {
		v, err := d.resolve(ctx, f)
		if err != nil {
			return nil, err
		}
		if v, err = d.shape(ctx, v, f.fields); err != nil {
			return nil, err
		}
		out.Data[f.alias] = v
	}
	return out, nil
}

// resolve answers a field at the root. What went wrong becomes its apiError.
func (d *Door) resolve(ctx context.Context, f selected) (any, error) {
	if f.name == "test" {
		return map[string]any{"output": f.args["input_string"]}, nil
	}
	var out any
	r := d.named(resolvers[f.name])
	if r == nil {
		return nil, errs.New(errs.Invalid, "GraphQL: Rondo does not answer %q", short(f.name, 80))
	}
	raw, _ := f.args["input"].(map[string]any)
	in, err := r.in.fit("", raw)
	if err == nil {
		out, err = r.call(ctx, in)
	}
	if err != nil {
		refused := refusalOf(err)
		if refused.status >= http.StatusInternalServerError {
			return nil, err
		}
		return map[string]any{"api_error": map[string]any{"code": refused.code, "message": refused.text}}, nil
	}
	return plainJSON(out)
}

func (d *Door) named(name string) *route {
	for i := range d.routes {
		if r := &d.routes[i]; r.method+" "+r.path == name {
			return r
		}
	}
	return nil
}

func plainJSON(v any) (out any, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	err = dec.Decode(&out)
	return out, err
}

// longs are whole numbers that GraphQL carries as text, for they are larger than its own.
var longs = map[string]bool{
	"timestamp": true, "step": true, "file_size": true, "start_time": true, "end_time": true, "creation_time": true, "last_update_time": true,
	"creation_timestamp": true, "last_updated_timestamp": true,
}

// absentValues are what stands for fields that the other protocol leaves out.
var absentValues = map[string]any{"context": "", "file_size": "0"}

// lists are the fields that are empty lists where they are missing.
var lists = map[string]bool{
	"metrics": true, "params": true, "tags": true, "runs": true, "files": true, "model_versions": true, "dataset_summaries": true, "dataset_inputs": true, "model_inputs": true,
	"model_outputs": true,
}

// shape keeps of an answer what was asked for, under the names that were asked for.
func (d *Door) shape(ctx context.Context, v any, fields []selected) (any, error) {
	switch x := v.(type) {
	case []any:
		out := make([]any, len(x))
		for i, item := range x {
			var err error
			if out[i], err = d.shape(ctx, item, fields); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := map[string]any{}
		for _, f := range fields {
			value, err := d.part(ctx, x, f)
			if err != nil {
				return nil, err
			}
			out[f.alias] = value
		}
		return out, nil
	}
	return v, nil
}

func (d *Door) part(ctx context.Context, of map[string]any, f selected) (any, error) {
	key := snake(f.name)
	value, ok := of[key]
	switch {
	case f.name == "__typename":
		return nil, nil
	case !ok && lists[key] && key != "model_versions":
		return []any{}, nil
	case !ok && of["info"] != nil && (key == "experiment" || key == "model_versions"):
		return d.joined(ctx, of, f)
	case !ok:
		return absentValues[key], nil
	case value == "NaN" && key == "value":
		return nil, nil
	case longs[key]:
		return fmt.Sprint(value), nil
	}
	return d.shape(ctx, value, f.fields)
}

// joined follows a run to its experiment and to the versions made from it.
func (d *Door) joined(ctx context.Context, of map[string]any, f selected) (any, error) {
	info, _ := of["info"].(map[string]any)
	next := selected{name: "mlflowGetExperiment", args: map[string]any{"input": map[string]any{"experiment_id": info["experiment_id"]}}, fields: f.fields}
	key := "experiment"
	if f.name != "experiment" {
		id, _ := info["run_id"].(string)
		next.name, key = "mlflowSearchModelVersions", "model_versions"
		next.args = map[string]any{"input": map[string]any{"filter": "run_id='" + strings.ReplaceAll(id, "'", "") + "'"}}
	}
	v, err := d.resolve(ctx, next)
	if err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	if m[key] == nil && lists[key] {
		return []any{}, nil
	}
	return d.shape(ctx, m[key], f.fields)
}
