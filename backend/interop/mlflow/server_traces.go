package mlflow

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/trace"
)

// Traces implements Source: in the form of version 3, or of 2 where the server is older.
func (s *server) Traces(ctx context.Context, experiment string, fn func(Trace) error) error {
	location := map[string]any{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": map[string]string{"experiment_id": experiment}}
	in := map[string]any{"locations": []any{location}, "max_results": 100}
	for {
		var out struct {
			Traces []meta `json:"traces"`
			Next   string `json:"next_page_token"`
		}
		err := s.ask(ctx, http.MethodPost, api3+"/traces/search", in, &out)
		if errs.Is(err, errs.NotFound) {
			return s.oldTraces(ctx, experiment, fn)
		}
		if err != nil {
			return err
		}
		for _, m := range out.Traces {
			if err := fn(s.trace(m, experiment)); err != nil {
				return err
			}
		}
		if out.Next == "" {
			return nil
		}
		in["page_token"] = out.Next
	}
}

func (s *server) oldTraces(ctx context.Context, experiment string, fn func(Trace) error) error {
	query := url.Values{"experiment_ids": {experiment}, "max_results": {"100"}}
	for {
		var out struct {
			Traces []meta `json:"traces"`
			Next   string `json:"next_page_token"`
		}
		err := s.ask(ctx, http.MethodGet, api2+"/traces?"+query.Encode(), nil, &out)
		if s.lacks(err, "traces") {
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range out.Traces {
			if err := fn(s.trace(m, experiment)); err != nil {
				return err
			}
		}
		if out.Next == "" {
			return nil
		}
		query.Set("page_token", out.Next)
	}
}

func (s *server) trace(m meta, experiment string) Trace {
	t := Trace{Trace: trace.Trace{
		ID: m.text("trace_id", "request_id"), ExperimentID: experiment, ClientID: m.text("client_request_id"), State: stateOf(m.text("state", "status")),
		Metadata: m.pairs("trace_metadata", "request_metadata"), Tags: m.pairs("tags"), Request: m.preview("request_preview"), Response: m.preview("response_preview"),
	}}
	t.Time, t.Duration = m.times()
	if d, err := time.ParseDuration(m.text("execution_duration")); err == nil {
		ms := d.Milliseconds()
		t.Duration = &ms
	}
	list, _ := m["assessments"].([]any)
	for _, x := range list {
		if in, ok := x.(map[string]any); ok {
			if a, ok := meta(in).assessment(); ok {
				t.Assessments = append(t.Assessments, a)
			}
		}
	}
	t.learnPrompts()
	t.Spans = func(ctx context.Context) ([]trace.Span, error) { return s.spans(ctx, t.ID) }
	return t
}

// pairs reads keys and values that are an object since version 3, and a list before.
func (m meta) pairs(keys ...string) map[string]string {
	out := map[string]string{}
	for _, key := range keys {
		for k, v := range m.inner(key) {
			out[k] = fmt.Sprint(v)
		}
		list, _ := m[key].([]any)
		for _, x := range list {
			if in, ok := x.(map[string]any); ok {
				out[meta(in).text("key")] = meta(in).text("value")
			}
		}
	}
	return out
}

func (s *server) spans(ctx context.Context, id string) ([]trace.Span, error) {
	res, err := s.send(ctx, http.MethodGet, "/ajax-api/2.0/mlflow/get-trace-artifact?"+url.Values{"request_id": {id}}.Encode(), nil)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := readAll(res.Body, maxSpanFile)
	if err != nil {
		return nil, err
	}
	return spanfile.Parse(b)
}

// Files implements Source. The server reads artifacts wherever they are and hands them on.
func (s *server) Files(_ context.Context, o Owner) (Tree, error) {
	switch o.Kind {
	case "run", "model":
		return &remote{s, o, ""}, nil
	case "version", "trace":
		rest, ok := strings.CutPrefix(o.URI, "mlflow-artifacts:")
		if !ok && o.Kind == "trace" {
			return &remote{s, o, ""}, nil
		}
		if !ok {
			return nil, &nowhere{fmt.Sprintf("its files are at %.200s, which is no run's or logged model's place", o.URI)}
		}
		u, err := url.Parse("mlflow-artifacts:" + rest)
		if err != nil || !fs.ValidPath(strings.Trim(u.Path, "/")) {
			return nil, &nowhere{fmt.Sprintf("its files are at %.200s, which is no address", o.URI)}
		}
		return &remote{s, o, strings.Trim(u.Path, "/")}, nil
	}
	return nil, nil
}

// remote is a tree that the server reads.
type remote struct {
	s    *server
	of   Owner
	root string // of a version or a trace: where it is in the server's own artifacts, if it is there
}

func (r *remote) Close() error { return nil }

type wireFile struct {
	Path string `json:"path"`
	Dir  bool   `json:"is_dir"`
	Size number `json:"file_size"`
}

const maxFolders = 100_000

// List implements Tree. What a server says is below a folder and is not, is left.
func (r *remote) List(ctx context.Context, below string, fn func(File) error, left func(name, why string)) error {
	queue := []string{below}
	for n := 0; len(queue) > 0; n++ {
		if n > maxFolders {
			return errs.New(errs.TooLarge, "the artifacts of %s are in more than %d folders", r.of.ID, maxFolders)
		}
		dir := queue[0]
		queue = queue[1:]
		list, err := r.folder(ctx, dir)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, f := range list {
			if !fs.ValidPath(f.Path) || path.Dir(f.Path) != orDot(dir) {
				left(f.Path, "is not below the folder in which the server lists it")
				continue
			}
			if f.Dir {
				queue = append(queue, f.Path)
				continue
			}
			if err := fn(File{f.Path, int64(f.Size), ""}); err != nil {
				return err
			}
		}
	}
	return nil
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

func (r *remote) folder(ctx context.Context, dir string) (list []wireFile, err error) {
	query, address := url.Values{}, api2+"/artifacts/list?"
	if dir != "" {
		query.Set("path", dir)
	}
	switch r.of.Kind {
	case "run":
		query.Set("run_id", r.of.ID)
	case "model":
		address = api2 + "/logged-models/" + url.PathEscape(r.of.ID) + "/artifacts/directories?"
		query.Del("path")
		if dir != "" {
			query.Set("artifact_directory_path", dir)
		}
	default:
		address = "/api/2.0/mlflow-artifacts/artifacts?"
		query.Set("path", path.Join(r.root, dir))
	}
	for {
		var out struct {
			Files []wireFile `json:"files"`
			Next  string     `json:"next_page_token"`
		}
		if err := r.s.ask(ctx, http.MethodGet, address+query.Encode(), nil, &out); err != nil {
			return nil, err
		}
		for _, f := range out.Files {
			if r.of.Kind == "version" { // names alone
				f.Path = path.Join(dir, path.Base(f.Path))
			}
			list = append(list, f)
		}
		if out.Next == "" {
			return list, nil
		}
		query.Set("page_token", out.Next)
	}
}

// Open implements Tree.
func (r *remote) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if r.of.Kind == "trace" && r.root == "" {
		return r.attachment(ctx, path.Base(name))
	}
	address := "/get-artifact?" + url.Values{"path": {name}, "run_uuid": {r.of.ID}, "run_id": {r.of.ID}}.Encode()
	switch r.of.Kind {
	case "model":
		address = "/ajax-api/2.0/mlflow/logged-models/" + url.PathEscape(r.of.ID) + "/artifacts/files?" + url.Values{"artifact_file_path": {name}}.Encode()
	case "version", "trace":
		address = "/api/2.0/mlflow-artifacts/artifacts/" + (&url.URL{Path: path.Join(r.root, name)}).EscapedPath()
	}
	res, err := r.s.send(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return &body{res.Body, res.ContentLength}, nil
}

// attachment reads a file of a trace whose files only the server reaches. A server from
// before attachments does not know path and answers with the spans, which its name for the
// file gives away.
func (r *remote) attachment(ctx context.Context, name string) (io.ReadCloser, error) {
	address := "/ajax-api/2.0/mlflow/get-trace-artifact?" + url.Values{"request_id": {r.of.ID}, "path": {name}}.Encode()
	res, err := r.s.send(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if _, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition")); err != nil || params["filename"] != name {
		res.Body.Close()
		return nil, errs.New(errs.NotFound, "its files are at %.200s, and this version of the server hands out no files of traces", r.of.URI)
	}
	return &body{res.Body, res.ContentLength}, nil
}

// body notices when an answer ends before the length that was told.
type body struct {
	io.ReadCloser
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left >= 0 {
		b.left -= int64(n)
		if err == io.EOF && b.left > 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}
