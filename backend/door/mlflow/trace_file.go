package mlflow

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// A trace's spans as a file: what MLflow's pages read, and how clients send spans that
// do not speak OpenTelemetry, or that hear too late that the server does.

const spanFile = "traces.json"

// attachments is the folder of a trace's files that spans name: pictures, sound, papers.
const attachments = "attachments"

func (d *Door) traceFile(w http.ResponseWriter, req *http.Request, in message) error {
	id := in.text("request_id")
	if id == "" {
		return &refusal{"BAD_REQUEST", http.StatusBadRequest, `Request must include the "request_id" query parameter.`}
	}
	if name := in.text("path"); name != "" {
		if err := checkPath(name); err != nil {
			return err
		}
		return d.sendAttachment(w, req, id, name)
	}
	if _, err := d.opts.Traces.Get(req.Context(), id); err != nil {
		return err
	}
	spans, err := d.opts.Traces.Spans(req.Context(), id)
	if err != nil {
		return err
	}
	return sendSpans(w, req, spans, spanfile.Write)
}

// sendSpans answers with the file of spans, each in the form that write gives it.
func sendSpans(w http.ResponseWriter, req *http.Request, spans []trace.Span, write func(trace.Span) ([]byte, error)) error {
	b, err := spanfile.File(spans, write)
	if err != nil {
		return err
	}
	send(w, req, spanFile, time.Time{}, bytes.NewReader(b))
	return nil
}

func (d *Door) listTrace(ctx context.Context, p place) (files []run.File, err error) {
	list, err := d.opts.Traces.Attachments(ctx, p.trace)
	if errs.Is(err, errs.NotFound) || p.path != "" && p.path != attachments {
		return nil, nil // what is not there is an empty folder
	}
	if err != nil {
		return nil, err
	}
	if p.path == "" {
		spans, err := d.opts.Traces.Spans(ctx, p.trace)
		if len(list) > 0 {
			files = append(files, run.File{Path: attachments, Dir: true})
		}
		if len(spans) > 0 {
			files = append(files, run.File{Path: spanFile})
		}
		return files, err
	}
	for _, a := range list {
		files = append(files, run.File{Path: a.Name, Size: a.Size, MTime: a.Time})
	}
	return files, nil
}

func (d *Door) sendTrace(w http.ResponseWriter, req *http.Request, p place) error {
	if name, ok := strings.CutPrefix(p.path, attachments+"/"); ok {
		return d.sendAttachment(w, req, p.trace, name)
	}
	spans, err := d.opts.Traces.Spans(req.Context(), p.trace)
	if err == nil && (p.path != spanFile || len(spans) == 0) {
		err = errs.New(errs.NotFound, "trace %s has no file %s", short(p.trace, 128), short(p.path, 200))
	}
	if err != nil {
		return err
	}
	return sendSpans(w, req, spans, spanfile.WriteOld)
}

func (d *Door) sendAttachment(w http.ResponseWriter, req *http.Request, id, name string) error {
	f, a, err := d.opts.Traces.OpenAttachment(req.Context(), id, name)
	if err != nil {
		return err
	}
	defer f.Close()
	send(w, req, name, a.Time, f)
	return nil
}

// putTrace takes the file apart: the spans in it are kept like all others.
func (d *Door) putTrace(w http.ResponseWriter, req *http.Request, p place) error {
	if name, ok := strings.CutPrefix(p.path, attachments+"/"); ok {
		return d.putAttachment(w, req, p.trace, name)
	}
	if p.path != spanFile {
		return errs.New(errs.Invalid, "a trace has the files %s and %s/<uuid>, and not %s", spanFile, attachments, short(p.path, 200)).WithHint("log the file as an artifact of a run")
	}
	b, err := limited(http.MaxBytesReader(w, req.Body, maxSpans+1))
	if err != nil {
		return err
	}
	if _, err := d.opts.Traces.Get(req.Context(), p.trace); err != nil {
		return err
	}
	g := trace.Group{Trace: p.trace}
	if g.Spans, err = spanfile.Parse(b); err != nil {
		return err
	}
	if _, err := d.opts.Traces.LogSpans(req.Context(), p.experiment, []trace.Group{g}); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}

func (d *Door) putAttachment(w http.ResponseWriter, req *http.Request, id, name string) error {
	err := d.opts.Traces.Attach(req.Context(), id, name, http.MaxBytesReader(w, req.Body, d.opts.MaxUpload))
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fileTooLarge(big.Limit)
	}
	if err == nil {
		writeJSON(w, http.StatusOK, nothing{})
	}
	return err
}
