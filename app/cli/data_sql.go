package cli

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"rondo/backend/dataset/query"
)

func dataSQL(ctx context.Context, c *call) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var a query.Answer
	in := map[string]string{"query": c.args[1]}
	return c.act(ctx, http.MethodPost, dataPath(name, "snapshots", strconv.Itoa(number), "sql"), in, &a, func() error {
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
		return nil
	})
}

func sqlWord(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
