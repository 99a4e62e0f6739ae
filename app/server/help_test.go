package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"rondo/app/sample"
	"rondo/app/server"
	"rondo/backend/project"
)

var pages = fstest.MapFS{
	"index.html":      {Data: []byte("<!doctype html><title>Rondo</title>")},
	"assets/app-1.js": {Data: []byte("1")},
}

// weather makes the sample project in a new folder.
func weather(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := sample.Write("weather", dir); err != nil {
		t.Fatal(err)
	}
	if _, err := project.Init(dir, ""); err != nil {
		t.Fatal(err)
	}
	return dir
}

func options(t *testing.T, dir, home string) server.Options {
	env := map[string]string{"RONDO_HOME": home}
	return server.Options{
		Dir: dir, Getenv: func(k string) string { return env[k] }, UI: pages, Port: -1, ServingPort: -1,
		Version: "test", Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// serve runs a server until the test ends.
func serve(t *testing.T, opts server.Options) *server.Server {
	t.Helper()
	s, err := server.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return s
}

// ask sends a request with headers given as "Name: value".
func ask(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		} else {
			req.Header.Set(name, value)
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") == "text/event-stream" {
		return res, ""
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}
