package mlflow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"path"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// tracesOf writes the traces of an experiment.
func (l *leaving) tracesOf(ctx context.Context, e run.Experiment) error {
	for token := ""; ; {
		list, next, err := l.Traces.Search(ctx, trace.Search{ExperimentIDs: []string{e.ID}, Limit: page, Page: token})
		if err != nil {
			return err
		}
		for _, t := range list {
			if err := l.oneTrace(ctx, t); err != nil {
				return err
			}
		}
		if token = next; token == "" {
			return nil
		}
	}
}

func (l *leaving) oneTrace(ctx context.Context, t trace.Trace) error {
	spans, err := l.Traces.Spans(ctx, t.ID)
	if err != nil {
		return err
	}
	runs, prompts, err := l.Traces.Linked(ctx, t.ID)
	if err != nil {
		return err
	}
	err = l.put("INSERT INTO trace_info VALUES (?,?,?,?,?,?,?,?)", t.ID, t.ExperimentID, t.Time, t.Duration, t.State, orNull(t.ClientID), t.Request, t.Response)
	if err != nil {
		return err
	}
	t.Tags[trace.PlaceTag] = l.uri(path.Join(t.ExperimentID, "traces", t.ID, "artifacts"))
	if len(spans) > 0 {
		t.Tags[trace.SpansTag] = trace.SpansHere
	}
	if err := l.putPairs("INSERT INTO trace_tags VALUES (?,?,?)", t.Tags, t.ID); err != nil {
		return err
	}
	if err := l.putPairs("INSERT INTO trace_request_metadata VALUES (?,?,?)", t.Metadata, t.ID); err != nil {
		return err
	}
	if err := l.assessments(t); err != nil {
		return err
	}
	if err := l.spans(t, spans); err != nil {
		return err
	}
	for kind, ids := range map[string][]string{"run": runs, "prompt_version": prompts} {
		for _, id := range ids {
			if err := l.put("INSERT INTO entity_associations VALUES (?,'trace',?,?,?,?)", uuid(), t.ID, kind, id, t.Time); err != nil {
				return err
			}
		}
	}
	l.count("trace", fresh)
	return l.attachments(ctx, t)
}

// attachments copies the files that the spans of a trace speak of.
func (l *leaving) attachments(ctx context.Context, t trace.Trace) error {
	list, err := l.Traces.Attachments(ctx, t.ID)
	if errs.Is(err, errs.Invalid) { // no such folder can be
		return ctx.Err()
	}
	inside := path.Join("mlartifacts", t.ExperimentID, "traces", t.ID, "artifacts", "attachments")
	for _, a := range list {
		if err := l.attachment(ctx, t.ID, a.Name, inside); err != nil {
			return err
		}
	}
	return errors.Join(err, ctx.Err())
}

func (l *leaving) attachment(ctx context.Context, id, name, inside string) error {
	in, _, err := l.Traces.OpenAttachment(ctx, id, name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := l.root.MkdirAll(inside, 0o755); err != nil {
		return err
	}
	return l.fill(in, path.Join(inside, name))
}

func (l *leaving) spans(t trace.Trace, list []trace.Span) error {
	for _, s := range list {
		b, err := spanfile.Write(s)
		if err != nil {
			return err
		}
		status := "UNSET"
		if s.Status.Code > 0 && s.Status.Code < 3 {
			status = []string{"OK", "ERROR"}[s.Status.Code-1]
		}
		var end any
		if s.End > 0 {
			end = s.End
		}
		err = l.put("INSERT INTO spans (trace_id, experiment_id, span_id, parent_span_id, name, type, status, start_time_unix_nano, end_time_unix_nano, content) VALUES (?,?,?,?,?,?,?,?,?,?)",
			t.ID, t.ExperimentID, s.ID, orNull(s.ParentID), s.Name, s.Type(), status, s.Start, end, string(b))
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *leaving) assessments(t trace.Trace) error {
	for _, a := range t.Assessments {
		value := a.Value
		if len(value) == 0 {
			value = json.RawMessage("null")
		}
		var metadata any
		if len(a.Metadata) > 0 {
			b, err := json.Marshal(a.Metadata)
			if err != nil {
				return err
			}
			metadata = string(b)
		}
		err := l.put("INSERT INTO assessments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", a.ID, t.ID, a.Name, a.Kind, string(value), orNull(string(a.Error)), a.Created, a.Updated,
			a.Source.Type, orNull(a.Source.ID), nil, orNull(a.SpanID), a.Rationale, orNull(a.Overrides), a.Valid, metadata)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *leaving) scorersOf(ctx context.Context, e run.Experiment) error {
	newest, err := l.Evaluation.Scorers(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, n := range newest {
		if err := l.put("INSERT INTO scorers VALUES (?,?,?)", e.ID, n.Name, n.ID); err != nil {
			return err
		}
		all, err := l.Evaluation.Versions(ctx, e.ID, n.Name)
		if err != nil {
			return err
		}
		for _, sc := range all {
			if err := l.put("INSERT INTO scorer_versions VALUES (?,?,?,?)", n.ID, sc.Version, sc.Serialized, sc.Created); err != nil {
				return err
			}
			l.count("scorer", fresh)
		}
	}
	return nil
}

// registered writes the registered models, prompts among them.
func (l *leaving) registered(ctx context.Context) error {
	l.with(func() { l.progress.Doing = "registered models" })
	models, err := l.Registry.Models(ctx)
	if err != nil {
		return err
	}
	for _, m := range models {
		if err := l.put("INSERT INTO registered_models VALUES (?,?,?,?)", m.Name, ms(m.CreatedAt), ms(m.UpdatedAt), orNull(m.Description)); err != nil {
			return err
		}
		if err := l.putPairs("INSERT INTO registered_model_tags VALUES (?,?,?)", m.Tags, m.Name); err != nil {
			return err
		}
		for alias, n := range m.Aliases {
			if err := l.put("INSERT INTO registered_model_aliases VALUES (?,?,?)", alias, n, m.Name); err != nil {
				return err
			}
		}
		l.count("model", fresh)
		if err := l.versions(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (l *leaving) versions(ctx context.Context, m registry.Model) error {
	list, err := l.Registry.Versions(ctx, m.Name)
	if err != nil {
		return err
	}
	for _, v := range list {
		var storage any
		source := v.Source
		if !strings.EqualFold(m.Tags[promptTag], "true") && !v.Empty {
			dir, err := l.Registry.Materialise(ctx, m.Name, v.Version)
			if err != nil {
				return err
			}
			inside := path.Join("registry", m.Name, strconv.Itoa(v.Version))
			if err := l.copied(ctx, dir, inside); err != nil {
				return err
			}
			storage = l.uri(inside)
			if source == "" {
				source = l.uri(inside)
			}
		}
		err := l.put("INSERT INTO model_versions VALUES (?,?,?,?,?,?,?,?,?,?,NULL,NULL,?)", m.Name, v.Version, ms(v.CreatedAt), ms(v.UpdatedAt), orNull(v.Description), orNull(v.CreatedBy), v.Stage,
			source, orNull(v.RunID), v.Status, storage)
		if err != nil {
			return err
		}
		if err := l.putPairs("INSERT INTO model_version_tags VALUES (?,?,?,?)", v.Tags, m.Name, v.Version); err != nil {
			return err
		}
		l.count("version", fresh)
	}
	return nil
}

// evaluation writes the evaluation datasets.
func (l *leaving) evaluation(ctx context.Context) error {
	l.with(func() { l.progress.Doing = "evaluation datasets" })
	list, err := l.Evaluation.Datasets(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		profile, err := json.Marshal(map[string]int{"num_records": d.Records})
		if err != nil {
			return err
		}
		if err := l.put("INSERT INTO evaluation_datasets VALUES (?,?,?,?,?,?,?,?,?)", d.ID, d.Name, orNull(string(d.Schema)), string(profile), printOf(d.ID, d.Updated)[:8], d.Created, d.Updated, orNull(d.CreatedBy), orNull(d.UpdatedBy)); err != nil {
			return err
		}
		for k, v := range d.Tags {
			if err := l.put("INSERT INTO evaluation_dataset_tags VALUES (?,?,?)", d.ID, k, v); err != nil {
				return err
			}
		}
		for _, id := range d.ExperimentIDs {
			if err := l.put("INSERT INTO entity_associations VALUES (?,'evaluation_dataset',?,'experiment',?,?)", uuid(), d.ID, id, d.Created); err != nil {
				return err
			}
		}
		l.count("evaluation dataset", fresh)
		if err := l.records(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (l *leaving) records(ctx context.Context, d evaluation.Dataset) error {
	for offset := 0; ; offset += page {
		list, err := l.Evaluation.Records(ctx, d.ID, offset, page)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, r := range list {
			if err := l.record(d, r); err != nil {
				return err
			}
		}
	}
}

func (l *leaving) record(d evaluation.Dataset, r evaluation.Record) error {
	inputs, hash, err := hashed(r.Inputs)
	if err != nil {
		return err
	}
	var outputs, expectations, tags, source, kind any
	if len(r.Outputs) > 0 {
		outputs = `{"mlflow_wrapped": ` + string(r.Outputs) + `}`
	}
	if len(r.Expectations) > 0 {
		expectations = string(rawOf(r.Expectations))
	}
	if len(r.Tags) > 0 {
		tags = string(rawOf(r.Tags))
	}
	if len(r.Source) > 0 {
		var in struct {
			Type string `json:"source_type"`
		}
		if json.Unmarshal(r.Source, &in) == nil && in.Type != "" {
			kind = in.Type
		}
		source = string(r.Source)
	}
	return l.put("INSERT INTO evaluation_dataset_records VALUES (?,?,?,?,?,?,NULL,?,?,?,?,?,?,?)", r.ID, d.ID, inputs, expectations, tags, source, kind, r.Created, r.Updated, orNull(r.CreatedBy), orNull(r.UpdatedBy), hash, outputs)
}

// hashed is inputs as MLflow writes them, by whose digest it knows a record again: the
// JSON of Python's json.dumps with sorted keys.
func hashed(inputs map[string]json.RawMessage) (text, hash string, err error) {
	b, err := json.Marshal(inputs)
	if err != nil {
		return "", "", err
	}
	v, err := spanfile.Decode(b)
	if err != nil {
		return "", "", err
	}
	text = spanfile.Dump(v, true)
	sum := sha256.Sum256([]byte(text))
	return text, hex.EncodeToString(sum[:]), nil
}
