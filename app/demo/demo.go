// Package demo turns the loop of the weather sample once, from the first snapshot
// to the rebuilt index, and prints what it saw. It is a client like any other: it
// speaks to a server over HTTP and believes only what comes back. Nothing of the
// product lives here.
package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"rondo/backend/errs"
)

// API is the control listener of the demo project's server.
type API interface {
	Get(ctx context.Context, path string, out any) error
	Post(ctx context.Context, path string, in, out any) error
	Send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error)
	Token() string
}

// Options say what the demo works with.
type Options struct {
	Dir     string
	Out     io.Writer
	Connect func(ctx context.Context) (API, error) // finds or starts the project's server
	// Forget stops the server and deletes this device's index of the project.
	Forget func(ctx context.Context) error
}

// Demo is one turn of the loop.
type Demo struct {
	Options
	api     API
	serving string
	token   string

	first         execution // the run behind version 1
	decision      string
	quiet, before window // of Seattle 2015 and of New York before the retrain
}

// Run turns the loop. The first step that did not really happen ends it.
func Run(ctx context.Context, opts Options) error {
	d := &Demo{Options: opts}
	if err := d.connect(ctx); err != nil {
		return err
	}
	started := time.Now()
	for i, s := range []struct {
		title string
		do    func(context.Context) error
	}{
		{"Snapshot the weather of Seattle, 2012–2014", d.snapshot},
		{"Train, register, judge, promote", d.train},
		{"Serve a quiet year: Seattle 2015", d.serveQuietYear},
		{"New York arrives: drift, then worse answers", d.serveNewYork},
		{"The trigger retrains, and the endpoint swaps under load", d.retrain},
		{"Serve New York 2015 with the new model", d.serveAfter},
		{"Roll back and forward", d.rollback},
		{"Repeat version 1's training and compare", d.reproduce},
		{"Delete the index and rebuild it", d.rebuild},
	} {
		fmt.Fprintf(d.Out, "\n%d. %s\n", i+1, s.title)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, s.title, err)
		}
	}
	fmt.Fprintf(d.Out, "\nThe loop has turned, in %.0f s. Look at it: rondo --project %s\n", time.Since(started).Seconds(), d.Dir)
	return nil
}

func (d *Demo) connect(ctx context.Context) (err error) {
	if d.api, err = d.Connect(ctx); err != nil {
		return err
	}
	var p struct {
		ServingURL string `json:"serving_url"`
	}
	if err := d.api.Get(ctx, "/project", &p); err != nil {
		return err
	}
	d.serving, d.token = p.ServingURL, d.api.Token()
	if d.serving == "" {
		return missing("the server's serving address")
	}
	return nil
}

func (d *Demo) say(format string, args ...any) {
	fmt.Fprintf(d.Out, "   "+format+"\n", args...)
}

// missing is the failure of a step that claims to have worked and left no trace.
func missing(format string, args ...any) error {
	return errs.New(errs.Internal, "expected "+format+", and it is not so", args...)
}

// until polls check until it holds; the API has no call that waits for all things.
func until(ctx context.Context, limit time.Duration, what string, check func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		done, err := check()
		if err != nil || done {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "waited %s for %s", limit, what)
		}
	}
}
