package trace

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Get returns what is known of a trace, without its spans.
func (s *Service) Get(ctx context.Context, id string) (t Trace, err error) {
	list, err := s.GetMany(ctx, []string{id})
	if err == nil && len(list) == 0 {
		err = notFound(id)
	}
	if err != nil {
		return t, err
	}
	return list[0], nil
}

// GetMany returns traces in the order of the ids; missing ones are left out.
func (s *Service) GetMany(ctx context.Context, ids []string) (list []Trace, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err = load(tx, ids)
		return err
	})
	return list, err
}

// Spans returns the spans of a trace, the root first and then by their begin.
func (s *Service) Spans(ctx context.Context, id string) (list []Span, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if err := exists(tx, id); err != nil {
			return err
		}
		list, err = spansOf(tx, id)
		return err
	})
	return list, err
}

// Complete reports whether as many spans are here as the maker of the trace has counted.
func (t *Trace) Complete(spans int) bool {
	var size struct {
		Spans int `json:"num_spans"`
	}
	stats := t.Metadata[SizeKey]
	return stats == "" || json.Unmarshal([]byte(stats), &size) != nil || spans >= size.Spans
}

const among = " IN (SELECT value FROM json_each(?))"

func asList(ids []string) string {
	b, err := json.Marshal(ids)
	if err != nil {
		return "[]"
	}
	return string(b)
}

func load(tx *index.Tx, ids []string) ([]Trace, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, list := map[string]*Trace{}, asList(ids)
	for _, part := range []func(*index.Tx, string, map[string]*Trace) error{loadRows, loadPairs, loadAssessments, loadPrompts} {
		if err := part(tx, list, found); err != nil {
			return nil, err
		}
	}
	out := make([]Trace, 0, len(ids))
	for _, id := range ids {
		if t := found[id]; t != nil {
			out = append(out, *t)
		}
	}
	return out, nil
}

// each runs a query over the traces of a list.
func each(tx *index.Tx, query, list string, fn func(*sql.Rows) error) error {
	rows, err := tx.Query(query, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loadRows(tx *index.Tx, list string, found map[string]*Trace) error {
	return each(tx, "SELECT id, experiment, client, time, duration, state, request, response FROM trace_traces WHERE id"+among, list, func(rows *sql.Rows) error {
		t := &Trace{Metadata: map[string]string{}, Tags: map[string]string{}}
		err := rows.Scan(&t.ID, &t.ExperimentID, &t.ClientID, &t.Time, &t.Duration, &t.State, &t.Request, &t.Response)
		found[t.ID] = t
		return err
	})
}

func loadPairs(tx *index.Tx, list string, found map[string]*Trace) error {
	for _, table := range []string{"trace_tags", "trace_metadata"} {
		err := each(tx, "SELECT trace, key, value FROM "+table+" WHERE trace"+among, list, func(rows *sql.Rows) error {
			var id, key, value string
			err := rows.Scan(&id, &key, &value)
			t := found[id]
			switch {
			case t == nil:
			case table == "trace_tags":
				t.Tags[key] = value
			default:
				t.Metadata[key] = value
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func loadAssessments(tx *index.Tx, list string, found map[string]*Trace) error {
	return each(tx, "SELECT trace, data FROM trace_assessments WHERE trace"+among+" ORDER BY created, id", list, func(rows *sql.Rows) error {
		var id, data string
		var a Assessment
		if err := rows.Scan(&id, &data); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(data), &a); err != nil {
			return err
		}
		if t := found[id]; t != nil {
			t.Assessments = append(t.Assessments, a)
		}
		return nil
	})
}

// loadPrompts shows the prompts that a trace used as a tag, in the form that clients give it.
func loadPrompts(tx *index.Tx, list string, found map[string]*Trace) error {
	prompts := map[string][]map[string]string{}
	err := each(tx, "SELECT trace, target FROM trace_links WHERE kind='prompt' AND trace"+among+" ORDER BY trace, target", list, func(rows *sql.Rows) error {
		var id, target string
		err := rows.Scan(&id, &target)
		if name, version, ok := cutLast(target, '/'); ok {
			prompts[id] = append(prompts[id], map[string]string{"name": name, "version": version})
		}
		return err
	})
	for id, list := range prompts {
		b, e := json.Marshal(list)
		if t := found[id]; t != nil && e == nil && t.Tags[PromptsTag] == "" {
			t.Tags[PromptsTag] = string(b)
		}
	}
	return err
}

func cutLast(s string, c byte) (before, after string, ok bool) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == c {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// searchError says what SQLite has against a pattern in plain words.
func searchError(err error) error {
	if err != nil && strings.Contains(err.Error(), "pattern too complex") {
		return errs.New(errs.Invalid, "filter: the pattern is too complex")
	}
	return err
}
