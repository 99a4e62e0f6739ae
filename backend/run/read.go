package run

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"rondo/backend/index"
)

// Get returns a run with everything but histories.
func (s *Service) Get(ctx context.Context, id string) (r Run, err error) {
	if err := s.settle(ctx); err != nil {
		return r, err
	}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		list, err := load(tx, []string{id})
		if err == nil && len(list) == 0 {
			err = notFound(id)
		}
		if err == nil {
			r = list[0]
		}
		return err
	})
	return r, err
}

// load reads whole runs, in the order of the ids; missing ones are left out.
func load(tx *index.Tx, ids []string) ([]Run, error) {
	found, err := loadListed(tx, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Run, len(found))
	for i := range found {
		list[i] = found[i].run()
	}
	return list, nil
}

// loadListed is load with what a run has many of as lists.
func loadListed(tx *index.Tx, ids []string) ([]Listed, error) {
	if len(ids) == 0 {
		return []Listed{}, nil
	}
	b, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	l := loader{
		tx: tx, ids: string(b), names: names{},
		runs: make(map[string]*Listed, len(ids)), byNo: make(map[int64]*Listed, len(ids)),
	}
	for _, part := range []func() error{l.rows, l.numbers, l.params, l.tags, l.metrics, l.inputs, l.links} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	list := make([]Listed, 0, len(ids))
	for _, id := range ids {
		if r := l.runs[id]; r != nil {
			list = append(list, *r)
		}
	}
	return list, nil
}

// loader reads the parts of many runs, each with one query.
type loader struct {
	tx    *index.Tx
	ids   string // JSON list, the one bound value; of numbers, where a query wants these
	nos   string
	runs  map[string]*Listed
	byNo  map[int64]*Listed
	names names
}

const amongIDs = " IN (SELECT value FROM json_each(?))"

func (l *loader) each(query, among string, fn func(rows *sql.Rows) error) error {
	rows, err := l.tx.Query(query, among)
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

func (l *loader) rows() error {
	return l.each("SELECT no, id, experiment, name, user, kind, status, lifecycle, parent, device, started, ended, deleted, exit, reason FROM run_runs WHERE id"+amongIDs, l.ids,
		func(rows *sql.Rows) error {
			r := &Listed{}
			var started, ended, deleted sql.NullInt64
			var exit sql.NullString
			var no int64
			err := rows.Scan(&no, &r.ID, &r.ExperimentID, &r.Name, &r.User, &r.Kind, &r.Status, &r.Lifecycle, &r.ParentID, &r.Device,
				&started, &ended, &deleted, &exit, &r.Reason)
			r.StartedAt, r.EndedAt, r.DeletedAt = moment(started), moment(ended), moment(deleted)
			if exit.Valid {
				r.Exit = json.RawMessage(exit.String)
			}
			l.runs[r.ID], l.byNo[no] = r, r
			return err
		})
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func (l *loader) numbers() error {
	b, err := json.Marshal(slices.Sorted(maps.Keys(l.byNo)))
	l.nos = string(b)
	return err
}

// packed reads the packed values of a table.
func (l *loader) packed(table string, fn func(no int64, data []byte) error) error {
	return l.each("SELECT run, data FROM "+table+" WHERE run"+amongIDs, l.nos, func(rows *sql.Rows) error {
		var no int64
		var data sql.RawBytes
		if err := rows.Scan(&no, &data); err != nil {
			return err
		}
		return fn(no, data)
	})
}

func (l *loader) params() error {
	return l.pairs("run_params", func(r *Listed) *[]Pair { return &r.ParamList })
}

func (l *loader) tags() error {
	return l.pairs("run_tags", func(r *Listed) *[]Pair { return &r.TagList })
}

func (l *loader) pairs(table string, of func(*Listed) *[]Pair) error {
	var apart []int64
	err := l.packed(table, func(no int64, data []byte) error {
		if _, many := unpackApart(data); many {
			apart = append(apart, no)
		}
		list := of(l.byNo[no])
		return eachPair(data, func(k, v []byte) { *list = append(*list, Pair{l.names.text(k), l.names.text(v)}) })
	})
	if err != nil || apart == nil {
		return err
	}
	return eachApart(l.tx, table, apart, func(no int64, k, v string) {
		list := of(l.byNo[no])
		*list = append(*list, Pair{k, v})
	})
}

func (l *loader) metrics() error {
	return l.each("SELECT l.run, l.data, s.data FROM run_latest l JOIN run_summaries s ON s.run=l.run WHERE l.run"+amongIDs, l.nos, func(rows *sql.Rows) error {
		var no int64
		var latest, rest sql.RawBytes
		if err := rows.Scan(&no, &latest, &rest); err != nil {
			return err
		}
		r := l.byNo[no]
		r.MetricList = make([]Metric, 0, len(latest)/12)
		return eachSummary(latest, rest, l.names, func(s *summary) { r.MetricList = append(r.MetricList, s.metric()) })
	})
}

func (l *loader) inputs() error {
	return l.each("SELECT run, data FROM run_inputs WHERE run"+amongIDs+" ORDER BY run, name, digest", l.ids, func(rows *sql.Rows) error {
		var id, data string
		var in Input
		if err := rows.Scan(&id, &data); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(data), &in)
		if r := l.runs[id]; r != nil {
			r.Inputs = append(r.Inputs, in)
		}
		return err
	})
}

func (l *loader) links() error {
	return l.each("SELECT run, model, output, step FROM run_model_links WHERE run"+amongIDs+" ORDER BY run, step, model", l.ids, func(rows *sql.Rows) error {
		var id string
		var out ModelOutput
		var output bool
		err := rows.Scan(&id, &out.ModelID, &output, &out.Step)
		switch r := l.runs[id]; {
		case r == nil:
		case output:
			r.ModelOutputs = append(r.ModelOutputs, out)
		default:
			r.ModelInputs = append(r.ModelInputs, out.ModelID)
		}
		return err
	})
}

// Unfinished lists the runs that a device started and whose end is not recorded, oldest first.
func (s *Service) Unfinished(ctx context.Context, device string) (list []Run, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		ids, err := column(tx, "SELECT id FROM run_runs WHERE device=? AND exit IS NULL AND kind<>'client' ORDER BY created", device)
		if err == nil {
			list, err = load(tx, ids)
		}
		return err
	})
	return list, err
}
