package mlflow

import (
	"context"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/run"
)

const versionsTag = "mlflow.modelVersions"

// states are the words for the status of a logged model, outside by inside.
var states = map[string]string{"PENDING": "LOGGED_MODEL_PENDING", "READY": "LOGGED_MODEL_READY", "FAILED": "LOGGED_MODEL_UPLOAD_FAILED"}

func (d *Door) loggedRoutes() []route {
	id := need(text("model_id"))
	status := need(choice("status", "", "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"))
	one := "/mlflow/logged-models/{model_id}"
	return []route{
		post("/mlflow/logged-models", d.createLogged, need(text("experiment_id")), text("name"), text("model_type"), text("source_run_id"), pairs("params"), pairs("tags")),
		post("/mlflow/logged-models/search", d.searchLogged, texts("experiment_ids"), text("filter"), list("datasets", text("dataset_name"), text("dataset_digest")),
			whole("max_results"), list("order_by", need(text("field_name")), flag("ascending"), text("dataset_name"), text("dataset_digest")), text("page_token")),
		get(one, d.getLogged, id),
		patch(one, d.finalizeLogged, id, status),
		remove(one, d.deleteLogged, id),
		patch(one+"/tags", d.tagLogged, id, pairs("tags")),
		remove(one+"/tags/{tag_key}", d.untagLogged, id, need(text("tag_key"))),
		post(one+"/params", d.paramsLogged, id, pairs("params")),
	}
}

type loggedInfo struct {
	ID            string         `json:"model_id"`
	ExperimentID  string         `json:"experiment_id"`
	Name          string         `json:"name"`
	Created       int64          `json:"creation_timestamp_ms"`
	Updated       int64          `json:"last_updated_timestamp_ms"`
	ArtifactURI   string         `json:"artifact_uri"`
	Status        string         `json:"status"`
	Type          string         `json:"model_type"`
	RunID         string         `json:"source_run_id"`
	Message       string         `json:"status_message,omitempty"`
	Tags          []pair         `json:"tags,omitempty"`
	Registrations []registration `json:"registrations,omitempty"`
}

type registration struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type loggedModel struct {
	Info loggedInfo `json:"info"`
	Data struct {
		Params  []pair   `json:"params,omitempty"`
		Metrics []metric `json:"metrics,omitempty"`
	} `json:"data"`
}

type loggedAnswer struct {
	Model loggedModel `json:"model"`
}

// logged answers with a logged model and every point of its metrics.
func (d *Door) logged(ctx context.Context, m run.LoggedModel) (out loggedModel, err error) {
	if m.Metrics, err = d.opts.Runs.ModelHistory(ctx, m); err != nil {
		return out, err
	}
	return fromLogged(m), nil
}

// oneLogged is that for a call that ended with m or an error.
func (d *Door) oneLogged(ctx context.Context, m run.LoggedModel, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out, err := d.logged(ctx, m)
	return loggedAnswer{out}, err
}

func fromLogged(m run.LoggedModel) (out loggedModel) {
	out.Info = loggedInfo{
		ID: m.ID, ExperimentID: m.ExperimentID, Name: m.Name, Created: millis(m.CreatedAt), Updated: millis(m.UpdatedAt), ArtifactURI: loggedURI(m.ExperimentID, m.ID),
		Status: states[m.Status], Type: m.Type, RunID: m.RunID, Message: m.Message, Tags: listed(m.Tags), Registrations: registrations(m.Tags[versionsTag]),
	}
	out.Data.Params = listed(m.Params)
	for _, x := range m.Metrics {
		w := wireMetric(&x)
		if w.Model, w.RunID = m.ID, x.Run; w.RunID == "" {
			w.RunID = m.RunID
		}
		out.Data.Metrics = append(out.Data.Metrics, w)
	}
	return out
}

// registrations reads the tag in which clients keep what a logged model became.
func registrations(tag string) (list []registration) {
	var all []struct {
		Name    string
		Version json.RawMessage // 1 or "1"
	}
	if json.Unmarshal([]byte(tag), &all) != nil {
		return nil
	}
	for _, v := range all {
		var s string
		if json.Unmarshal(v.Version, &s) != nil {
			s = string(v.Version)
		}
		list = append(list, registration{v.Name, s})
	}
	return list
}

func (d *Door) createLogged(ctx context.Context, in message) (any, error) {
	m, err := d.opts.Runs.CreateLoggedModel(ctx, run.LoggedModel{
		ExperimentID: in.text("experiment_id"), Name: in.text("name"), Type: in.text("model_type"), RunID: in.text("source_run_id"),
		Params: in.pairs("params"), Tags: in.pairs("tags"),
	})
	return d.oneLogged(ctx, m, err)
}

func (d *Door) getLogged(ctx context.Context, in message) (any, error) {
	m, err := d.opts.Runs.LoggedModel(ctx, in.text("model_id"))
	return d.oneLogged(ctx, m, err)
}

func (d *Door) finalizeLogged(ctx context.Context, in message) (any, error) {
	status := ""
	for inside, outside := range states {
		if outside == in.text("status") {
			status = inside
		}
	}
	m, err := d.opts.Runs.FinalizeLoggedModel(ctx, in.text("model_id"), status, "")
	return d.oneLogged(ctx, m, err)
}

func (d *Door) deleteLogged(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Runs.DeleteLoggedModel(ctx, in.text("model_id"))
}

func (d *Door) tagLogged(ctx context.Context, in message) (any, error) {
	_, err := d.opts.Runs.TagLoggedModel(ctx, in.text("model_id"), in.pairs("tags"), nil)
	return nothing{}, err
}

func (d *Door) untagLogged(ctx context.Context, in message) (any, error) {
	m, err := d.opts.Runs.LoggedModel(ctx, in.text("model_id"))
	if err != nil {
		return nil, err
	}
	key := in.text("tag_key")
	if _, ok := m.Tags[key]; !ok {
		return nil, errs.New(errs.NotFound, "No tag with key %s in model with ID %s", short(key, 200), m.ID)
	}
	_, err = d.opts.Runs.TagLoggedModel(ctx, m.ID, nil, []string{key})
	return nothing{}, err
}

func (d *Door) paramsLogged(ctx context.Context, in message) (any, error) {
	return nothing{}, asInvalid(d.opts.Runs.LogModelParams(ctx, in.text("model_id"), in.pairs("params")))
}

func (d *Door) searchLogged(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(100, 1000)
	if err != nil {
		return nil, err
	}
	q := run.Search{ExperimentIDs: in.texts("experiment_ids"), Filter: in.text("filter"), Limit: limit, Page: in.text("page_token")}
	var out struct {
		Models []loggedModel `json:"models,omitempty"`
		Next   string        `json:"next_page_token,omitempty"`
	}
	if len(q.ExperimentIDs) == 0 {
		return out, nil
	}
	for _, x := range in.list("datasets") {
		q.Datasets = append(q.Datasets, run.Dataset{Name: x.text("dataset_name"), Digest: x.text("dataset_digest")})
	}
	for _, o := range in.list("order_by") {
		word := o.text("field_name") + " ASC"
		if o.has("ascending") && !o.flag("ascending") {
			word = o.text("field_name") + " DESC"
		}
		q.OrderBy = append(q.OrderBy, word)
		q.OrderOn = append(q.OrderOn, run.Dataset{Name: o.text("dataset_name"), Digest: o.text("dataset_digest")})
	}
	list, next, err := d.opts.Runs.SearchLoggedModels(ctx, q)
	out.Next = next
	for i := 0; i < len(list) && err == nil; i++ {
		var m loggedModel
		m, err = d.logged(ctx, list[i])
		out.Models = append(out.Models, m)
	}
	return out, err
}
