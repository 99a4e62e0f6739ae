package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"rondo/backend/dataset/query"
)

// sqlAnswer is query.Answer with its values as they were sent: a float64 has no room for
// every whole number of 64 bits.
type sqlAnswer struct {
	Columns []string            `json:"columns"`
	Rows    [][]json.RawMessage `json:"rows"`
	More    bool                `json:"more"`
	Faults  []query.Faulty      `json:"faults"`
}

func dataSQL(ctx context.Context, c *call) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var a sqlAnswer
	in := map[string]string{"query": c.args[1]}
	return c.actOnData(ctx, http.MethodPost, dataPath(name, "snapshots", strconv.Itoa(number), "sql"), in, &a, func() error {
		rows := [][]string{a.Columns}
		for _, r := range a.Rows {
			line := make([]string, len(r))
			for i, v := range r {
				line[i] = sqlWord(v)
			}
			rows = append(rows, line)
		}
		c.table(rows)
		if a.More {
			c.say("… and more; add a limit, or ask for less")
		}
		for _, f := range a.Faults { // the answer is the same to who reads it further
			fmt.Fprintln(c.Stderr, "rondo: "+shown(f.Table)+": "+shown(f.Faults.String()))
		}
		return nil
	})
}

// sqlWord is a value as a table of the terminal shows it: texts without quotes, numbers digit by digit.
func sqlWord(v json.RawMessage) string {
	var text *string
	if err := json.Unmarshal(v, &text); err != nil {
		return string(v)
	}
	if text == nil {
		return "NULL"
	}
	return *text
}
