// Package client speaks to a project's server as every client does: over its HTTP
// API. It also finds the server that is running, or starts one.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"rondo/backend/errs"
)

// Client is a connection to one project's control listener.
type Client struct {
	base  string // http://127.0.0.1:port
	token string
	actor string // who makes the changes, for the history
	http  *http.Client
}

// New returns a client of the server at base.
func New(base, token, actor string) *Client {
	return &Client{base: base, token: token, actor: actor, http: &http.Client{}}
}

// Base returns the address of the control listener.
func (c *Client) Base() string { return c.base }

// Token returns the project's token.
func (c *Client) Token() string { return c.token }

// Get reads path, which begins with a slash and is relative to /api/v1, into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.Do(ctx, http.MethodGet, path, nil, out)
}

// Post acts.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	return c.Do(ctx, http.MethodPost, path, in, out)
}

// Put sets.
func (c *Client) Put(ctx context.Context, path string, in, out any) error {
	return c.Do(ctx, http.MethodPut, path, in, out)
}

// Delete removes.
func (c *Client) Delete(ctx context.Context, path string) error {
	return c.Do(ctx, http.MethodDelete, path, nil, nil)
}

// Do sends in as JSON and reads the answer into out; nil for neither. A failure
// comes back as the *errs.Error that the server answered with.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	res, err := c.Send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// Send sends a request and returns the answer for reading; a failure is closed and returned as an error.
func (c *Client) Send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("X-Rondo-Actor", c.actor)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	if res.StatusCode >= 400 {
		defer res.Body.Close()
		return nil, failure(res)
	}
	return res, nil
}

func unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.New(errs.Unavailable, "the project's server does not answer: %w", err).
		WithHint("do the same again: that starts the server anew, and what was done is not done twice")
}

// failure reads {"error":{kind,message,hint}}.
func failure(res *http.Response) error {
	var f struct {
		Error struct{ Kind, Message, Hint string } `json:"error"`
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if json.Unmarshal(b, &f) != nil || f.Error.Message == "" {
		return errs.New(errs.Internal, "the server answered %s", res.Status)
	}
	return &errs.Error{Kind: errs.ParseKind(f.Error.Kind), Msg: f.Error.Message, Hint: f.Error.Hint}
}
