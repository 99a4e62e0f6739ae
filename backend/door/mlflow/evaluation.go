package mlflow

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/ref"
)

func (d *Door) evaluationRoutes() []route {
	id, one := need(text("dataset_id")), "/mlflow/datasets/{dataset_id}"
	experiments := texts("experiment_ids")
	search := []field{experiments, text("filter_string"), whole("max_results"), texts("order_by"), text("page_token")}
	return []route{
		post("/mlflow/datasets/create", d.createDataset, need(text("name")), experiments, text("tags")),
		post("/mlflow/datasets/search", d.searchDatasets, search...),
		get("/mlflow/datasets/search", d.searchDatasets, search...),
		get(one, d.getDataset, id),
		remove(one, d.deleteDataset, id),
		patch(one+"/tags", d.tagDataset, id, need(text("tags"))),
		remove(one+"/tags/{key}", d.untagDataset, id, need(text("key"))),
		get(one+"/experiment-ids", d.datasetExperiments, id),
		post(one+"/add-experiments", d.joinDataset, id, experiments),
		post(one+"/remove-experiments", d.leaveDataset, id, experiments),
		post(one+"/records", d.mergeRecords, id, need(text("records"))),
		get(one+"/records", d.getRecords, id, whole("max_results"), text("page_token")),
		remove(one+"/records", d.deleteRecords, id, texts("dataset_record_ids")),
	}
}

type wireEvaluation struct {
	ID            string   `json:"dataset_id"`
	Name          string   `json:"name"`
	Tags          string   `json:"tags"`
	Schema        string   `json:"schema,omitempty"`
	Profile       string   `json:"profile,omitempty"`
	Digest        string   `json:"digest"`
	Created       int64    `json:"created_time"`
	Updated       int64    `json:"last_update_time"`
	CreatedBy     string   `json:"created_by,omitempty"`
	UpdatedBy     string   `json:"last_updated_by,omitempty"`
	ExperimentIDs []string `json:"experiment_ids,omitempty"`
}

type evaluationAnswer struct {
	Dataset wireEvaluation `json:"dataset"`
}

func fromEvaluation(e evaluation.Dataset) wireEvaluation {
	if e.Tags == nil {
		e.Tags = map[string]string{}
	}
	out := wireEvaluation{
		ID: e.ID, Name: e.Name, Tags: spaced(asJSON(e.Tags)), Schema: spaced(e.Schema), Created: e.Created, Updated: e.Updated,
		CreatedBy: e.CreatedBy, UpdatedBy: e.UpdatedBy, ExperimentIDs: e.ExperimentIDs,
		Digest: ref.Of([]byte(e.Name + ":" + strconv.FormatInt(e.Updated, 10))).String()[:8],
	}
	if e.Records > 0 {
		out.Profile = `{"num_records": ` + strconv.Itoa(e.Records) + `}`
	}
	return out
}

// tagsOf reads tags that come as JSON in a text.
func tagsOf(in message) (tags map[string]string, err error) {
	if s := in.text("tags"); s != "" && json.Unmarshal([]byte(s), &tags) != nil {
		return nil, errs.New(errs.Invalid, "Invalid value for parameter 'tags' supplied: want a JSON object with texts")
	}
	return tags, nil
}

func (d *Door) createDataset(ctx context.Context, in message) (any, error) {
	tags, err := tagsOf(in)
	if err != nil {
		return nil, err
	}
	e, err := d.opts.Evaluation.CreateDataset(ctx, evaluation.Dataset{Name: in.text("name"), Tags: tags, ExperimentIDs: in.texts("experiment_ids")})
	return evaluationAnswer{fromEvaluation(e)}, err
}

func (d *Door) getDataset(ctx context.Context, in message) (any, error) {
	e, err := d.opts.Evaluation.Dataset(ctx, in.text("dataset_id"))
	return evaluationAnswer{fromEvaluation(e)}, err
}

func (d *Door) deleteDataset(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Evaluation.DeleteDataset(ctx, in.text("dataset_id"))
}

func (d *Door) changeDataset(ctx context.Context, in message, c evaluation.Change) (any, error) {
	e, err := d.opts.Evaluation.Change(ctx, in.text("dataset_id"), c)
	return evaluationAnswer{fromEvaluation(e)}, err
}

func (d *Door) tagDataset(ctx context.Context, in message) (any, error) {
	tags, err := tagsOf(in)
	if err != nil {
		return nil, err
	}
	return d.changeDataset(ctx, in, evaluation.Change{Tags: tags})
}

func (d *Door) untagDataset(ctx context.Context, in message) (any, error) {
	_, err := d.changeDataset(ctx, in, evaluation.Change{Untag: in.text("key")})
	return nothing{}, err
}

func (d *Door) joinDataset(ctx context.Context, in message) (any, error) {
	return d.changeDataset(ctx, in, evaluation.Change{Join: in.texts("experiment_ids")})
}

func (d *Door) leaveDataset(ctx context.Context, in message) (any, error) {
	return d.changeDataset(ctx, in, evaluation.Change{Leave: in.texts("experiment_ids")})
}

func (d *Door) datasetExperiments(ctx context.Context, in message) (any, error) {
	e, err := d.opts.Evaluation.Dataset(ctx, in.text("dataset_id"))
	var out struct {
		IDs []string `json:"experiment_ids,omitempty"`
	}
	out.IDs = e.ExperimentIDs
	return out, err
}

var datasetSearch = grammar{
	what:    "evaluation dataset",
	text:    map[string]bool{"name": true, "dataset_id": true, "digest": true, "created_by": true, "last_updated_by": true},
	number:  map[string]bool{"created_time": true, "last_update_time": true},
	order:   map[string]bool{"name": true, "created_time": true, "last_update_time": true, "dataset_id": true},
	usually: []string{"created_time DESC", "dataset_id ASC"},
}

func (d *Door) searchDatasets(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(1000, 50000)
	if err != nil {
		return nil, err
	}
	all, err := d.opts.Evaluation.Datasets(ctx)
	if err != nil {
		return nil, err
	}
	if ids := in.texts("experiment_ids"); len(ids) > 0 {
		all = slices.DeleteFunc(all, func(e evaluation.Dataset) bool {
			return !slices.ContainsFunc(e.ExperimentIDs, func(id string) bool { return slices.Contains(ids, id) })
		})
	}
	list, err := search(datasetSearch, all, datasetFacts, in.text("filter_string"), in.texts("order_by"))
	if err != nil {
		return nil, err
	}
	list, next, err := page(list, in.text("page_token"), limit)
	var out struct {
		Datasets []wireEvaluation `json:"datasets,omitempty"`
		Next     string           `json:"next_page_token,omitempty"`
	}
	for _, e := range list {
		out.Datasets = append(out.Datasets, fromEvaluation(e))
	}
	out.Next = next
	return out, err
}

func datasetFacts(e evaluation.Dataset) facts {
	return facts{
		text:   map[string]string{"name": e.Name, "dataset_id": e.ID, "created_by": e.CreatedBy, "last_updated_by": e.UpdatedBy, "digest": fromEvaluation(e).Digest},
		number: map[string]int64{"created_time": e.Created, "last_update_time": e.Updated},
		tags:   e.Tags,
	}
}

func (d *Door) mergeRecords(ctx context.Context, in message) (any, error) {
	var records []evaluation.Record
	if json.Unmarshal([]byte(in.text("records")), &records) != nil {
		return nil, errs.New(errs.Invalid, "Invalid value for parameter 'records' supplied: want a JSON list of objects with inputs, outputs, expectations and tags")
	}
	inserted, updated, err := d.opts.Evaluation.Merge(ctx, in.text("dataset_id"), records)
	return map[string]int{"inserted_count": inserted, "updated_count": updated}, err
}

type wireRecord struct {
	ID           string                     `json:"dataset_record_id"`
	DatasetID    string                     `json:"dataset_id"`
	Inputs       map[string]json.RawMessage `json:"inputs"`
	Outputs      json.RawMessage            `json:"outputs,omitempty"`
	Expectations map[string]json.RawMessage `json:"expectations,omitempty"`
	Tags         map[string]string          `json:"tags,omitempty"`
	Source       json.RawMessage            `json:"source,omitempty"`
	SourceType   string                     `json:"source_type,omitempty"`
	Created      int64                      `json:"created_time"`
	Updated      int64                      `json:"last_update_time"`
	CreatedBy    string                     `json:"created_by,omitempty"`
	UpdatedBy    string                     `json:"last_updated_by,omitempty"`
}

func fromRecord(id string, r evaluation.Record) wireRecord {
	var source struct {
		Type string `json:"source_type"`
	}
	if len(r.Source) > 0 && json.Unmarshal(r.Source, &source) != nil {
		r.Source = nil
	}
	if len(r.Outputs) == 0 {
		r.Outputs = json.RawMessage("{}")
	}
	return wireRecord{
		r.ID, id, r.Inputs, r.Outputs, r.Expectations, r.Tags, r.Source, strings.ToUpper(source.Type), r.Created, r.Updated, r.CreatedBy, r.UpdatedBy,
	}
}

func (d *Door) getRecords(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(1000, 50000)
	if err != nil {
		return nil, err
	}
	from, err := parseToken(in.text("page_token"))
	if err != nil {
		return nil, err
	}
	list, err := d.opts.Evaluation.Records(ctx, in.text("dataset_id"), from, limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(list) > limit {
		list, next = list[:limit], pageToken(from+limit, from+len(list))
	}
	records := make([]wireRecord, len(list))
	for i, r := range list {
		records[i] = fromRecord(in.text("dataset_id"), r)
	}
	var out struct {
		Records string `json:"records"`
		Next    string `json:"next_page_token,omitempty"`
	}
	out.Records, out.Next = spaced(asJSON(records)), next
	return out, nil
}

func (d *Door) deleteRecords(ctx context.Context, in message) (any, error) {
	n, err := d.opts.Evaluation.DeleteRecords(ctx, in.text("dataset_id"), in.texts("dataset_record_ids"))
	return map[string]int{"deleted_count": n}, err
}
