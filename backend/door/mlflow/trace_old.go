package mlflow

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/trace"
)

// Traces as clients before 3 knew them: begun here, ended by a second request.

type oldTrace struct {
	ID           string `json:"request_id"`
	ExperimentID string `json:"experiment_id"`
	Time         int64  `json:"timestamp_ms"`
	Duration     *int64 `json:"execution_time_ms,omitempty"`
	Status       string `json:"status"`
	Metadata     []pair `json:"request_metadata,omitempty"`
	Tags         []pair `json:"tags,omitempty"`
}

type oldTraceAnswer struct {
	Info oldTrace `json:"trace_info"`
}

func fromOldTrace(t trace.Trace) oldTrace {
	status := t.State
	if status == trace.Unspecified {
		status = "TRACE_STATUS_UNSPECIFIED"
	}
	return oldTrace{t.ID, t.ExperimentID, t.Time, t.Duration, status, listed(t.Metadata), listed(t.Tags)}
}

func (d *Door) startOldTrace(ctx context.Context, in message) (any, error) {
	if in.text("experiment_id") == "" {
		return nil, missing("trace")
	}
	t, err := d.opts.Traces.Start(ctx, trace.Trace{
		ID: "tr-" + ref.NewID(), ExperimentID: in.text("experiment_id"), Time: in.whole("timestamp_ms"), State: trace.InProgress,
		Metadata: in.pairs("request_metadata"), Tags: in.pairs("tags"),
	})
	return oldTraceAnswer{fromOldTrace(t)}, err
}

func (d *Door) endOldTrace(ctx context.Context, in message) (any, error) {
	t, err := d.opts.Traces.Get(ctx, in.text("trace_id"))
	if err != nil {
		return nil, err
	}
	if t.State = in.text("status"); t.State == "" || t.State == "TRACE_STATUS_UNSPECIFIED" {
		t.State = trace.Unspecified
	}
	took := in.whole("timestamp_ms") - t.Time
	if took < 0 {
		return nil, errs.New(errs.Invalid, "the trace ends before it begins")
	}
	t.Duration, t.Metadata, t.Tags, t.Assessments = &took, in.pairs("request_metadata"), in.pairs("tags"), nil
	t, err = d.opts.Traces.Start(ctx, t)
	return oldTraceAnswer{fromOldTrace(t)}, err
}

func (d *Door) getOldTrace(ctx context.Context, in message) (any, error) {
	t, err := d.opts.Traces.Get(ctx, in.text("trace_id"))
	return oldTraceAnswer{fromOldTrace(t)}, err
}

func (d *Door) searchOldTraces(ctx context.Context, in message) (any, error) {
	list, next, err := d.findTraces(ctx, in, in.texts("experiment_ids"))
	var out struct {
		Traces []oldTrace `json:"traces,omitempty"`
		Next   string     `json:"next_page_token,omitempty"`
	}
	for _, t := range list {
		out.Traces = append(out.Traces, fromOldTrace(t))
	}
	out.Next = next
	return out, err
}
