package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rondo/backend/dataset"
)

// actOnData is act for work on data that may take long: it shows how far that has come.
func (c *call) actOnData(ctx context.Context, method, path string, in, out any, print func() error) error {
	return c.actWith(ctx, dataLine, method, path, in, out, print)
}

// actWith is actOnData that shows what line makes of it.
func (c *call) actWith(ctx context.Context, line lineOf, method, path string, in, out any, print func() error) error {
	err := c.followed(ctx, "data.progress", line, func() error {
		return c.act(ctx, method, path, in, out, func() error { return nil })
	})
	if err != nil || c.json {
		return err
	}
	return print()
}

// dataLine tells nothing of profiles, which are made beside other work.
func dataLine(data json.RawMessage) string {
	p := progressIn(data)
	if p.Verb == "profile" {
		return ""
	}
	return workLine(p)
}

// profileLine tells of the profile of one dataset.
func profileLine(name string) lineOf {
	return func(data json.RawMessage) string {
		p := progressIn(data)
		if p.Verb != "profile" || p.Dataset != name {
			return ""
		}
		return workLine(p)
	}
}

func progressIn(data json.RawMessage) (p dataset.Progress) {
	_ = json.Unmarshal(data, &p) // what cannot be read is none
	return p
}

func workLine(p dataset.Progress) string {
	if p.Seconds < 1 {
		return "" // what is quick needs no words
	}
	if p.Note != "" {
		return harmless(strings.TrimSpace(p.Verb+" "+p.Dataset) + ": " + p.Note)
	}
	if far := p.Verb == "push" || p.Verb == "fetch" || p.Verb == "remote-status"; far && p.Files+p.Bytes+p.OfFiles == 0 {
		return strings.TrimSpace(p.Verb+" "+p.Dataset) + ": asking the remote"
	}
	if p.Verb == "remote-status" {
		return fmt.Sprintf("%s: %s of %d seen", p.Verb, counted(p.Files, "pack"), p.OfFiles)
	}
	what := "file"
	if p.Dataset == "" || p.Verb == "push" || p.Verb == "fetch" {
		what = "object"
	}
	line := fmt.Sprintf("%s: %s, %s", strings.TrimSpace(p.Verb+" "+p.Dataset), counted(p.Files, what), size(p.Bytes))
	if p.OfFiles > 0 {
		line += fmt.Sprintf(" of %s, %s", counted(p.OfFiles, what), size(p.OfBytes))
	}
	if p.Left > 0 {
		line += ", about " + time.Duration(p.Left*float64(time.Second)).Round(time.Second).String() + " left"
	}
	return line
}
