package trace

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Search selects traces in MLflow's grammar.
type Search struct {
	ExperimentIDs []string
	Filter        string
	OrderBy       []string
	Limit         int
	Page          string // token of the page before
}

// page is where the next one begins. What came after the first one stays out.
type page struct {
	Offset int   `json:"offset"`
	Before int64 `json:"before"`
}

func readPage(token string) (p page, err error) {
	p.Before = math.MaxInt64
	if token == "" {
		return p, nil
	}
	b, err := base64.StdEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Offset < 0 {
		return p, errs.New(errs.Invalid, "Invalid page token: %.100q", token).WithHint("use the token of the answer before, or none for the first page")
	}
	return p, nil
}

// Search returns a page of traces and the token of the next one.
func (s *Service) Search(ctx context.Context, in Search) (list []Trace, next string, err error) {
	cond, err := where(in.Filter)
	if err != nil {
		return nil, "", err
	}
	order, err := orderBy(in.OrderBy)
	if err != nil {
		return nil, "", err
	}
	p, err := readPage(in.Page)
	if err != nil {
		return nil, "", err
	}
	query := "SELECT t.id FROM trace_traces t WHERE t.experiment" + among + " AND t.created<=?" + cond.text + " ORDER BY " + order.text + " LIMIT ? OFFSET ?"
	args := append(append(append([]any{asList(in.ExperimentIDs), p.Before}, cond.args...), order.args...), in.Limit+1, p.Offset)
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		ids, err := index.Column[string](tx, query, args...)
		if err != nil {
			return err
		}
		if len(ids) > in.Limit {
			ids = ids[:in.Limit]
			if next, err = p.next(tx, in.Limit); err != nil {
				return err
			}
		}
		list, err = load(tx, ids)
		return err
	})
	return list, next, err
}

func (p page) next(tx *index.Tx, limit int) (string, error) {
	if p.Before == math.MaxInt64 {
		if err := tx.QueryRow("SELECT max(created) FROM trace_traces").Scan(&p.Before); err != nil {
			return "", err
		}
	}
	p.Offset += limit
	b, err := json.Marshal(p)
	return base64.StdEncoding.EncodeToString(b), err
}

// Counts say how often two filters match, alone and together.
type Counts struct{ First, Second, Both, All int }

// Count counts the traces of experiments that pass a base filter and one, the other
// or both of two more.
func (s *Service) Count(ctx context.Context, experimentIDs []string, base, first, second string) (n Counts, err error) {
	conds := make([]condition, 3)
	for i, f := range []string{base, first, second} {
		if conds[i], err = where(f); err != nil {
			return n, err
		}
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		for _, c := range []struct {
			of    []int
			count *int
		}{{[]int{0}, &n.All}, {[]int{0, 1}, &n.First}, {[]int{0, 2}, &n.Second}, {[]int{0, 1, 2}, &n.Both}} {
			text, args := "", []any{asList(experimentIDs)}
			for _, i := range c.of {
				text, args = text+conds[i].text, append(args, conds[i].args...)
			}
			if err := tx.QueryRow("SELECT count(*) FROM trace_traces t WHERE t.experiment"+among+text, args...).Scan(c.count); err != nil {
				return searchError(err)
			}
		}
		return nil
	})
	return n, err
}
