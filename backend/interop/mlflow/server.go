package mlflow

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
)

// server reads a running MLflow server over its REST protocol, as its own client does.
type server struct {
	opts   Options
	about  About
	base   string
	http   *http.Client
	auth   func(*http.Request)
	models map[string][]measured
	mu     sync.Mutex
	seen   map[string]bool // kinds of which the server was said to have none
}

const (
	maxAnswer = 512 << 20 // bytes of one JSON answer
	tries     = 6
	firstWait = 250 * time.Millisecond
	patience  = 60 * time.Second // until an answer begins
)

func openServer(ctx context.Context, spec string, o Options) (Source, error) {
	u, err := url.Parse(strings.TrimRight(spec, "/"))
	if err != nil || u.Host == "" {
		return nil, errs.New(errs.Invalid, "%.200q is no address of a server", spec)
	}
	s := &server{opts: o, auth: credentials(u, o.Getenv), seen: map[string]bool{}}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	s.base = u.String()
	transport, err := transportFor(o.Getenv)
	if err != nil {
		return nil, err
	}
	s.http = &http.Client{Transport: transport}
	version, err := s.version(ctx)
	if err != nil {
		return nil, err
	}
	s.about = About{ID: s.base, Words: "the MLflow server " + s.base + version}
	s.about.Lacks = append(s.about.Lacks, "links of traces to runs that were made after the trace")
	s.about.Stays = append(s.about.Stays, "webhooks, if it has any: their secrets cannot be read")
	return s, nil
}

// credentials are those of the address, or of the variables that MLflow's client reads.
func credentials(u *url.URL, getenv func(string) string) func(*http.Request) {
	user, password := getenv("MLFLOW_TRACKING_USERNAME"), getenv("MLFLOW_TRACKING_PASSWORD")
	if u.User != nil {
		user = u.User.Username()
		password, _ = u.User.Password()
	}
	token := getenv("MLFLOW_TRACKING_TOKEN")
	return func(req *http.Request) {
		switch {
		case user != "" && password != "":
			req.SetBasicAuth(user, password)
		case token != "":
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
}

func transportFor(getenv func(string) string) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout, t.MaxIdleConnsPerHost = patience, 8
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: strings.EqualFold(getenv("MLFLOW_TRACKING_INSECURE_TLS"), "true")} //nolint:gosec // asked for by name
	if at := getenv("MLFLOW_TRACKING_SERVER_CERT_PATH"); at != "" {
		pem, err := os.ReadFile(at)
		pool := x509.NewCertPool()
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return nil, errs.New(errs.Invalid, "MLFLOW_TRACKING_SERVER_CERT_PATH names %s, which is no certificate", at)
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return t, nil
}

// version asks which MLflow this is; one before 1.30 does not say.
func (s *server) version(ctx context.Context) (string, error) {
	res, err := s.send(ctx, http.MethodGet, "/version", nil)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := readAll(res.Body, 100)
	if err != nil || len(b) == 0 || strings.ContainsAny(string(b), "<{\n") {
		return "", nil //nolint:nilerr // only for the person
	}
	return ", version " + string(b), nil
}

func (s *server) About() About { return s.about }

func (s *server) Close() error {
	s.http.CloseIdleConnections()
	return nil
}

// send asks until there is an answer, or trying again makes no sense.
func (s *server) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	wait := firstWait
	for n := 1; ; n++ {
		res, err := s.once(ctx, method, path, payload)
		if err == nil || !again(err) || n == tries {
			return res, plainly(err, s.base)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
		wait *= 2
	}
}

// passing is a failure that may pass.
type passing struct{ error }

func (p *passing) Unwrap() error { return p.error }

func again(err error) bool {
	var p *passing
	return errors.As(err, &p)
}

func plainly(err error, base string) error {
	var p *passing
	if errors.As(err, &p) {
		return errs.New(errs.Unavailable, "the MLflow server at %s does not answer: %w", base, p.error).WithHint("see that it runs, then import again: what has come stays")
	}
	return err
}

func (s *server) once(ctx context.Context, method, path string, payload []byte) (*http.Response, error) {
	var body io.Reader
	if payload != nil {
		body = bytes.NewReader(payload)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s: %w", path, err)
	}
	if payload != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	s.auth(req)
	res, err := s.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &passing{err}
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, s.failure(res, path)
}

func (s *server) failure(res *http.Response, path string) error {
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	var said struct {
		Code    string `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(b, &said) != nil || said.Message == "" {
		said.Message = res.Status
	}
	path, _, _ = strings.Cut(path, "?")
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return errs.New(errs.Precondition, "the MLflow server at %s refuses: %.200s", s.base, said.Message).
			WithHint("set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN")
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed || code == http.StatusNotImplemented:
		return errs.New(errs.NotFound, "%s: %.200s", path, said.Message)
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 502:
		return &passing{fmt.Errorf("%s: %.200s", path, said.Message)}
	}
	return errs.New(errs.Invalid, "%s: %.300s", path, said.Message)
}

// ask sends a request and reads the answer, in which NaN may stand bare.
func (s *server) ask(ctx context.Context, method, path string, body, out any) error {
	res, err := s.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := readAll(res.Body, maxAnswer)
	if err != nil {
		return errs.New(errs.Unavailable, "the answer of %s did not arrive whole: %w", s.base, err)
	}
	v, err := spanfile.Decode(b)
	if err == nil {
		b, err = json.Marshal(v)
	}
	if err == nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		return errs.New(errs.Invalid, "%s does not answer as an MLflow server does", s.base).WithHint("is this the address that MLFLOW_TRACKING_URI has?")
	}
	return nil
}

const (
	api2 = "/api/2.0/mlflow"
	api3 = "/api/3.0/mlflow"
)

// lacks notes that this server has none of a kind: its version came before.
func (s *server) lacks(err error, kind string) bool {
	if !errs.Is(err, errs.NotFound) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen[kind] {
		s.seen[kind] = true
		s.about.Lacks = append(s.about.Lacks, kind)
	}
	return true
}
