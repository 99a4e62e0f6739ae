package run

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"rondo/backend/errs"
)

// Trait is one thing that can be said of a run, for comparing.
type Trait struct {
	Group string // attribute, param, metric, tag, input, code, environment or package
	Key   string
	Value string
}

// Comparison sets runs side by side.
type Comparison struct {
	Runs []Run           `json:"runs"`
	Rows []ComparisonRow `json:"rows"` // by group and key
}

// ComparisonRow is one trait of all runs.
type ComparisonRow struct {
	Group  string    `json:"group"`
	Key    string    `json:"key"`
	Values []*string `json:"values"` // as many as runs; null where a run has it not
	Same   bool      `json:"same"`
}

const maxCompared = 50

// Compare sets runs side by side, with what more says of each beyond what is known here.
func (s *Service) Compare(ctx context.Context, ids []string, more func(Run) []Trait) (Comparison, error) {
	c := Comparison{Runs: []Run{}, Rows: []ComparisonRow{}}
	if len(ids) < 2 || len(ids) > maxCompared {
		return c, errs.New(errs.Invalid, "2 to %d runs can be compared, not %d", maxCompared, len(ids))
	}
	rows := map[[2]string]int{}
	for i, id := range ids {
		r, err := s.Get(ctx, id)
		if err != nil {
			return c, err
		}
		c.Runs = append(c.Runs, r)
		list := r.traits()
		if more != nil {
			list = append(list, more(r)...)
		}
		for _, t := range list {
			c.add(rows, t, i, len(ids))
		}
	}
	c.finish()
	return c, nil
}

func (c *Comparison) add(rows map[[2]string]int, t Trait, column, columns int) {
	at, known := rows[[2]string{t.Group, t.Key}]
	if !known {
		at = len(c.Rows)
		rows[[2]string{t.Group, t.Key}] = at
		c.Rows = append(c.Rows, ComparisonRow{Group: t.Group, Key: t.Key, Values: make([]*string, columns)})
	}
	c.Rows[at].Values[column] = &t.Value
}

var groupOrder = []string{"attribute", "param", "metric", "tag", "input", "code", "environment", "package"}

func (c *Comparison) finish() {
	for i := range c.Rows {
		first, same := c.Rows[i].Values[0], true
		for _, v := range c.Rows[i].Values {
			same = same && first != nil && v != nil && *v == *first
		}
		c.Rows[i].Same = same
	}
	slices.SortFunc(c.Rows, func(a, b ComparisonRow) int {
		return cmp.Or(cmp.Compare(slices.Index(groupOrder, a.Group), slices.Index(groupOrder, b.Group)), cmp.Compare(a.Key, b.Key))
	})
}

func (r Run) traits() []Trait {
	list := []Trait{{"attribute", "status", r.Status}, {"attribute", "kind", r.Kind}, {"attribute", "user", r.User}}
	if !r.StartedAt.IsZero() {
		list = append(list, Trait{"attribute", "started", r.StartedAt.Format(time.RFC3339)})
	}
	if !r.StartedAt.IsZero() && !r.EndedAt.IsZero() {
		list = append(list, Trait{"attribute", "duration", r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()})
	}
	for k, v := range r.Params {
		list = append(list, Trait{"param", k, v})
	}
	for k, m := range r.Metrics {
		list = append(list, Trait{"metric", k, strconv.FormatFloat(float64(m.Value), 'g', -1, 64)})
	}
	for k, v := range r.Tags {
		list = append(list, Trait{"tag", k, v})
	}
	for _, in := range r.Inputs {
		list = append(list, Trait{"input", in.Name, in.Digest})
	}
	return list
}
