package cli

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
)

func dataProfile(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var p dataset.Profile
	return c.actWith(ctx, profileLine(name), http.MethodGet, dataPath(name, "snapshots", strconv.Itoa(number), "profile"), nil, &p, func() error {
		for _, w := range p.Warnings {
			c.say("%s", shown(w))
		}
		for _, t := range p.Tables {
			if t.Problem == "" {
				c.sayProfile(t)
			}
		}
		if len(p.Tables) == 0 {
			c.say("%s holds no tables; %s.", dataset.Ref(name, number), counts(int64(p.Opaque), "file", "is kept as it is", "are kept as they are"))
		}
		return nil
	})
}

func (c *call) sayProfile(t profile.Table) {
	c.say("%s: %s", t.Path, counted(t.Rows, "row"))
	rows := [][]string{{"COLUMN", "TYPE", "MISSING", "DISTINCT", "LEAST", "MEDIAN", "MOST", "FREQUENT"}}
	for _, col := range t.Columns {
		distinct := strconv.Itoa(col.Distinct)
		if col.DistinctMore {
			distinct += "+"
		}
		rows = append(rows, []string{
			col.Name, col.Type, strconv.FormatInt(col.Missing, 10), distinct, value(col.Min), median(col), value(col.Max), frequent(col),
		})
	}
	c.table(rows)
	c.sayAssociations(t.Associations)
}

func value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return fmt.Sprint(v)
}

func median(c profile.Column) string {
	if m, ok := c.Quantiles["p50"]; ok {
		return value(m)
	}
	return ""
}

func frequent(c profile.Column) string {
	var words []string
	for i, v := range c.Categories {
		if i == 3 {
			words = append(words, "…")
			break
		}
		words = append(words, fmt.Sprintf("%s (%d)", clipped(v.Value, 32), v.Count))
	}
	return strings.Join(words, ", ")
}
