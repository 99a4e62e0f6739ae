package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"rondo/app/client"
)

// fetch gets path into out and, with --json, prints the answer as it is instead.
func (c *call) fetch(ctx context.Context, path string, out any, print func() error) error {
	return c.send(ctx, func(api *client.Client, into any) error { return api.Get(ctx, path, into) }, out, print)
}

// act posts or puts, and prints like fetch.
func (c *call) act(ctx context.Context, method, path string, in, out any, print func() error) error {
	return c.send(ctx, func(api *client.Client, into any) error { return api.Do(ctx, method, path, in, into) }, out, print)
}

func (c *call) send(ctx context.Context, ask func(*client.Client, any) error, out any, print func() error) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := ask(api, &raw); err != nil {
		return err
	}
	if out == nil { // nothing is to be told of what was done
		out = &struct{}{}
	}
	err = json.Unmarshal(raw, out)
	if c.json {
		c.sayRaw(raw)
		return nil
	}
	if err != nil {
		return err
	}
	return print()
}

// table prints aligned columns; the first row is the heading.
func (c *call) table(rows [][]string) {
	w := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		for i, cell := range r {
			r[i] = shown(cell)
		}
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
}

func (c *call) value(flag string) string { return c.flags.Lookup(flag).Value.String() }

func when(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
