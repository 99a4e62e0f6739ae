package run

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
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
	if len(ids) == 0 {
		return []Run{}, nil
	}
	b, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	l := loader{tx: tx, ids: string(b), runs: map[string]*Run{}}
	for _, part := range []func() error{l.rows, l.params, l.tags, l.metrics, l.inputs, l.links} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	list := make([]Run, 0, len(ids))
	for _, id := range ids {
		if r := l.runs[id]; r != nil {
			list = append(list, *r)
		}
	}
	return list, nil
}

// loader reads the parts of many runs, each with one query.
type loader struct {
	tx   *index.Tx
	ids  string // JSON list, the one bound value
	runs map[string]*Run
}

const amongIDs = " IN (SELECT value FROM json_each(?))"

func (l *loader) each(query string, fn func(rows *sql.Rows) error) error {
	rows, err := l.tx.Query(query, l.ids)
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
	return l.each("SELECT id, experiment, name, user, kind, status, lifecycle, parent, device, started, ended, deleted, exit, reason FROM run_runs WHERE id"+amongIDs,
		func(rows *sql.Rows) error {
			r := &Run{Params: map[string]string{}, Metrics: map[string]Metric{}, Tags: map[string]string{}}
			var started, ended, deleted sql.NullInt64
			var exit sql.NullString
			err := rows.Scan(&r.ID, &r.ExperimentID, &r.Name, &r.User, &r.Kind, &r.Status, &r.Lifecycle, &r.ParentID, &r.Device,
				&started, &ended, &deleted, &exit, &r.Reason)
			r.StartedAt, r.EndedAt, r.DeletedAt = moment(started), moment(ended), moment(deleted)
			if exit.Valid {
				r.Exit = json.RawMessage(exit.String)
			}
			l.runs[r.ID] = r
			return err
		})
}

func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func (l *loader) pairs(table string, into func(*Run) map[string]string) error {
	return l.each("SELECT run, key, value FROM "+table+" WHERE run"+amongIDs, func(rows *sql.Rows) error {
		var id, k, v string
		err := rows.Scan(&id, &k, &v)
		if r := l.runs[id]; r != nil {
			into(r)[k] = v
		}
		return err
	})
}

func (l *loader) params() error {
	return l.pairs("run_params", func(r *Run) map[string]string { return r.Params })
}

func (l *loader) tags() error {
	return l.pairs("run_tags", func(r *Run) map[string]string { return r.Tags })
}

func (l *loader) metrics() error {
	return l.each("SELECT run, key, bits, step, time, model, dataset, digest, min, max, count FROM run_metrics WHERE run"+amongIDs, func(rows *sql.Rows) error {
		var id string
		var k summary
		var low, high sql.NullFloat64
		err := rows.Scan(&id, &k.Key, &k.Latest.Bits, &k.Latest.Step, &k.Latest.Time, &k.Latest.Model, &k.Latest.Dataset, &k.Latest.Digest, &low, &high, &k.Count)
		k.Min, k.Max = orNaN(low), orNaN(high)
		if r := l.runs[id]; r != nil {
			r.Metrics[k.Key] = k.metric()
		}
		return err
	})
}

func orNaN(v sql.NullFloat64) Float {
	if !v.Valid {
		return Float(math.NaN())
	}
	return Float(v.Float64)
}

func (l *loader) inputs() error {
	return l.each("SELECT run, data FROM run_inputs WHERE run"+amongIDs+" ORDER BY run, name, digest", func(rows *sql.Rows) error {
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
	return l.each("SELECT run, model, output, step FROM run_model_links WHERE run"+amongIDs+" ORDER BY run, step, model", func(rows *sql.Rows) error {
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
