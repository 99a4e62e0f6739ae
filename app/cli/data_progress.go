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
	err := c.followed(ctx, "data.progress", dataLine, func() error {
		return c.act(ctx, method, path, in, out, func() error { return nil })
	})
	if err != nil || c.json {
		return err
	}
	return print()
}

func dataLine(data json.RawMessage) string {
	var p dataset.Progress
	if json.Unmarshal(data, &p) != nil || p.Seconds < 1 {
		return "" // what is quick needs no words
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
