package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/serve"
)

// input reads an argument: JSON as it stands, @FILE, or - for what is piped in.
func (c *call) input(arg string, into any) error {
	b, err := c.read(arg)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errs.New(errs.Invalid, "%.60s is not the JSON that is wanted: %w", arg, err).WithHint("see `rondo help %s`", c.verb.name)
	}
	return nil
}

const maxInput = 64 << 20 // bytes; the server takes no larger body

func (c *call) read(arg string) ([]byte, error) {
	name, file := strings.CutPrefix(arg, "@")
	var from io.Reader
	switch {
	case arg == "-":
		from = c.Stdin
	case file:
		f, err := os.Open(c.abs(name))
		if err != nil {
			return nil, errs.New(errs.NotFound, "%s: %w", arg, err).WithHint("give the path of a file with JSON in it")
		}
		defer f.Close()
		from = f
	default:
		return []byte(arg), nil
	}
	b, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s: %w", arg, err).WithHint("give the path of a file with JSON in it")
	}
	if len(b) > maxInput {
		return nil, errs.New(errs.TooLarge, "%s has more than %d MiB", arg, maxInput>>20).WithHint("send it in several parts")
	}
	return b, nil
}

// rows reads one object or a list of them.
func (c *call) rows(arg string) ([]map[string]any, error) {
	var raw json.RawMessage
	if err := c.input(arg, &raw); err != nil {
		return nil, err
	}
	var rows []map[string]any
	if err := json.Unmarshal(raw, &rows); err == nil {
		return rows, nil
	}
	var row map[string]any
	if err := json.Unmarshal(raw, &row); err != nil {
		return nil, errs.New(errs.Invalid, "a row is an object of columns, such as {\"temp\": 12}").WithHint("see `rondo help %s`", c.verb.name)
	}
	return []map[string]any{row}, nil
}

func endpointPredict(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	rows, err := c.askedRows(ctx)
	if err != nil {
		return err
	}
	var out struct {
		ID          string             `json:"id"`
		Version     int                `json:"version"`
		LatencyUS   float64            `json:"latency_us"`
		Predictions []serve.Prediction `json:"predictions"`
	}
	in := map[string]any{"id": c.value("id"), "rows": rows}
	return c.act(ctx, http.MethodPost, endpointPath(c.args[0], "predict"), in, &out, func() error {
		table := [][]string{{"ID", "PREDICTION", "SCORE"}}
		for i, p := range out.Predictions {
			id := out.ID
			if len(out.Predictions) > 1 {
				id += "." + strconv.Itoa(i)
			}
			table = append(table, []string{id, fmt.Sprint(p.Label), scoreText(p.Score)})
		}
		c.table(table)
		c.say("version %d, %s", out.Version, micros(out.LatencyUS))
		return nil
	})
}

// scoreText is a probability, or a dash of a model that tells none.
func scoreText(score *float64) string {
	if score == nil {
		return "–"
	}
	return fmt.Sprintf("%.4g", *score)
}

func (c *call) askedRows(ctx context.Context) ([]map[string]any, error) {
	if len(c.args) == 2 {
		return c.rows(c.args[1])
	}
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	var e serve.Endpoint
	if err := api.Get(ctx, endpointPath(c.args[0]), &e); err != nil {
		return nil, err
	}
	if e.Example == nil {
		return nil, errs.New(errs.Invalid, "endpoint %s has no example; give it a row", e.Name)
	}
	return []map[string]any{e.Example}, nil
}

func endpointTruth(ctx context.Context, c *call) error {
	if err := c.want(2, 3); err != nil {
		return err
	}
	rows := []map[string]any{}
	if len(c.args) == 3 {
		rows = append(rows, map[string]any{"id": c.args[1], "label": scalar(c.args[2])})
	} else {
		var err error
		if rows, err = c.rows(c.args[1]); err != nil {
			return err
		}
	}
	var out serve.Told
	return c.act(ctx, http.MethodPost, endpointPath(c.args[0], "truth"), map[string]any{"rows": rows}, &out, func() error {
		c.say("%d of %s.", out.Matched, counts(int64(len(rows)), "id", "was captured", "were captured"))
		if len(out.Unknown) > 0 {
			c.say("Not captured here, and kept all the same: %s", strings.Join(out.Unknown[:min(len(out.Unknown), 20)], ", "))
		}
		return nil
	})
}

// scalar reads a label as JSON would, and as text where that is nothing.
func scalar(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	return v
}

func endpointCaptures(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	q := url.Values{"limit": {c.value("limit")}, "newest": {strconv.FormatBool(c.value("oldest") == "false")}}
	for _, name := range []string{"after", "labelled"} {
		if v := c.value(name); v != "" {
			q.Set(name, v)
		}
	}
	var list []serve.Capture
	return c.fetch(ctx, endpointPath(c.args[0], "captures")+"?"+q.Encode(), &list, func() error {
		if len(list) == 0 {
			c.say("Nothing was captured that fits.")
			return nil
		}
		rows := [][]string{{"WHEN", "ID", "VERSION", "INPUTS", "PREDICTION", "TRUTH"}}
		for _, x := range list {
			truth := ""
			if x.Truth != nil {
				truth = fmt.Sprint(x.Truth.Label)
			}
			rows = append(rows, []string{when(x.Time), x.ID, strconv.Itoa(x.Version), columnWords(x.Inputs), fmt.Sprint(x.Prediction), truth})
		}
		c.table(rows)
		return nil
	})
}

const maxColumnWords = 60 // characters of a row's inputs in a table

func columnWords(inputs map[string]any) string {
	var parts []string
	for name, v := range inputs {
		parts = append(parts, fmt.Sprintf("%s=%v", name, v))
	}
	slices.Sort(parts)
	text := []rune(strings.Join(parts, " "))
	if len(text) > maxColumnWords {
		text = append(text[:maxColumnWords-1], '…')
	}
	return string(text)
}
