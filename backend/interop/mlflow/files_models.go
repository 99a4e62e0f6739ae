package mlflow

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// LoggedModels implements Source.
func (f *files) LoggedModels(ctx context.Context, experiment string, fn func(LoggedModel) error) error {
	models := path.Join(f.dirs[experiment], "models")
	for _, id := range f.folders(models) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		dir := path.Join(models, id)
		m, err := f.readMeta(path.Join(dir, metaFile))
		if err != nil {
			f.opts.Left("logged model", id, err.Error())
			continue
		}
		x := LoggedModel{URI: m.text("artifact_location", "artifact_uri"), Lifecycle: lifecycleOf(m.text("lifecycle_stage")), LoggedModel: run.LoggedModel{
			ID: id, ExperimentID: experiment, Name: m.text("name"), Type: m.text("model_type"), RunID: m.text("source_run_id"), Message: m.text("status_message"), Status: strings.ToUpper(m.text("status")),
			Params: f.texts(path.Join(dir, "params"), "logged model", id), Tags: f.texts(path.Join(dir, "tags"), "logged model", id),
			CreatedAt: m.moment("creation_timestamp"), UpdatedAt: m.moment("last_updated_timestamp"),
		}}
		if n, ok := m.whole("status"); ok {
			x.Status = modelState(n)
		}
		if !slices.Contains(modelStates, x.Status) {
			x.Status = run.ModelPending
		}
		if err := fn(x); err != nil {
			return err
		}
	}
	return nil
}

// Models implements Source.
func (f *files) Models(ctx context.Context, fn func(Model) error) error {
	for _, name := range f.folders("models") {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		dir := path.Join("models", name)
		in, err := f.readMeta(path.Join(dir, metaFile))
		if err != nil {
			f.opts.Left("model", name, err.Error())
			continue
		}
		m := Model{Next: 1, Model: registry.Model{
			Name: in.text("name"), Description: in.text("description"), Tags: f.texts(path.Join(dir, "tags"), "model", name), Aliases: map[string]int{},
			CreatedAt: in.moment("creation_timestamp"), UpdatedAt: in.moment("last_updated_timestamp"),
		}}
		if m.Name == "" {
			m.Name = name
		}
		for alias, text := range f.texts(path.Join(dir, "aliases"), "model", name) {
			n, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				f.opts.Left("alias", name, fmt.Sprintf("its alias %.80q points at %.80q", alias, text))
				continue
			}
			m.Aliases[alias] = n
		}
		f.versions(dir, &m)
		if err := fn(m); err != nil {
			return err
		}
	}
	return nil
}

func (f *files) versions(dir string, m *Model) {
	for _, name := range f.folders(dir) {
		if !strings.HasPrefix(name, "version-") {
			continue
		}
		in, err := f.readMeta(path.Join(dir, name, metaFile))
		n, ok := in.whole("version")
		if err == nil && !ok {
			var e error
			if n, e = strconv.ParseInt(in.text("version"), 10, 32); e != nil {
				err = fmt.Errorf("its meta.yaml has no version")
			}
		}
		if err != nil {
			f.opts.Left("version", m.Name+" "+name, err.Error())
			continue
		}
		m.Next = max(m.Next, int(n)+1)
		if in.text("current_stage") == deletedStage {
			continue
		}
		m.Versions = append(m.Versions, Version{Message: in.text("status_message"), Storage: in.text("storage_location"), ModelID: in.text("model_id"), Version: registry.Version{
			Model: m.Name, Version: int(n), Source: in.text("source"), RunID: in.text("run_id"), Status: readyOr(in.text("status")), Stage: stageOf(in.text("current_stage")),
			Description: in.text("description"), CreatedBy: in.text("user_id"), Tags: f.texts(path.Join(dir, name, "tags"), "version", m.Name+" "+name),
			CreatedAt: in.moment("creation_timestamp"), UpdatedAt: in.moment("last_updated_timestamp"),
		}})
	}
	slices.SortFunc(m.Versions, func(a, b Version) int { return a.Version.Version - b.Version.Version })
}

// Traces implements Source.
func (f *files) Traces(ctx context.Context, experiment string, fn func(Trace) error) error {
	traces := path.Join(f.dirs[experiment], "traces")
	for _, id := range f.folders(traces) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		dir := path.Join(traces, id)
		m, err := f.readMeta(path.Join(dir, "trace_info.yaml"))
		if err != nil {
			f.opts.Left("trace", id, err.Error())
			continue
		}
		t := Trace{Trace: trace.Trace{
			ID: id, ExperimentID: experiment, ClientID: m.text("client_request_id"), State: stateOf(m.text("status", "state")),
			Metadata: f.texts(path.Join(dir, "request_metadata"), "trace", id), Tags: f.texts(path.Join(dir, "tags"), "trace", id),
		}}
		t.Time, t.Duration = m.times()
		t.Request, t.Response = m.preview("request_preview"), m.preview("response_preview")
		f.assessments(dir, &t)
		t.learnPrompts()
		uri := t.Tags[trace.PlaceTag]
		f.walk(path.Join(dir, "artifacts"), func(key, _ string, size int64) { t.Mark += fmt.Sprintf("%s:%d\n", key, size) })
		t.Spans = func(ctx context.Context) ([]trace.Span, error) {
			return spansIn(ctx, f, Owner{"trace", id, experiment, uri})
		}
		if err := fn(t); err != nil {
			return err
		}
	}
	return nil
}

// times are numbers before version 3 and texts since.
func (m meta) times() (at int64, duration *int64) {
	at, ok := m.whole("timestamp_ms", "request_time")
	if !ok {
		if t, err := time.Parse(time.RFC3339Nano, m.text("request_time")); err == nil {
			at = t.UnixMilli()
		}
	}
	if n, ok := m.whole("execution_time_ms", "execution_duration_ms"); ok {
		duration = &n
	}
	return at, duration
}

func (m meta) preview(key string) *string {
	if m[key] == nil {
		return nil
	}
	s := m.text(key)
	return &s
}

func (f *files) assessments(dir string, t *Trace) {
	entries, err := fs.ReadDir(f.root.FS(), path.Join(dir, "assessments"))
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		m, err := f.readMeta(path.Join(dir, "assessments", e.Name()))
		if err != nil {
			f.opts.Left("assessment", e.Name(), err.Error())
			continue
		}
		if a, ok := m.assessment(); ok {
			a.TraceID = t.ID
			if a.ID == "" {
				a.ID = strings.TrimSuffix(e.Name(), ".yaml")
			}
			t.Assessments = append(t.Assessments, a)
		}
	}
}

// assessment reads one in the form that MLflow's files and its server have.
func (m meta) assessment() (a trace.Assessment, ok bool) {
	source := m.inner("source")
	a = trace.Assessment{
		ID: m.text("assessment_id"), SpanID: m.text("span_id"), Name: m.text("assessment_name", "name"), Source: trace.Source{Type: source.text("source_type"), ID: source.text("source_id")},
		Rationale: m.preview("rationale"), Overrides: m.text("overrides"), Valid: true, Created: m.instant("create_time"), Updated: m.instant("last_update_time"),
	}
	if v, is := m["valid"].(bool); is {
		a.Valid = v
	}
	for k, v := range m.inner("metadata") {
		if a.Metadata == nil {
			a.Metadata = map[string]string{}
		}
		a.Metadata[k] = fmt.Sprint(v)
	}
	var value any
	switch {
	case m["feedback"] != nil:
		in := m.inner("feedback")
		a.Kind, value = trace.Feedback, in["value"]
		if e := in["error"]; e != nil {
			a.Error = rawOf(e)
		}
	case m["expectation"] != nil:
		in := m.inner("expectation")
		a.Kind, value = trace.Expectation, in["value"]
		if s := in.inner("serialized_value"); s != nil && json.Valid([]byte(s.text("value"))) {
			value = json.RawMessage(s.text("value"))
		}
	case m["issue"] != nil:
		a.Kind, value = trace.Issue, m["issue"]
	default:
		return a, false
	}
	if value != nil || a.Error == nil {
		a.Value = rawOf(value)
	}
	return a, true
}

func rawOf(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

func (m meta) instant(key string) int64 {
	if n, ok := m.whole(key, key+"_ms"); ok {
		return n
	}
	t, err := time.Parse(time.RFC3339Nano, m.text(key))
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}
