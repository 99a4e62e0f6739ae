package pipeline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ledger"
	"rondo/backend/ref"
)

// Index is the part of the index that executions and repetitions live in.
func Index() index.Noun {
	return index.Noun{
		Name: "pipeline",
		Schema: `
CREATE TABLE pipeline_executions (id TEXT PRIMARY KEY, state TEXT NOT NULL, clock INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE INDEX pipeline_executions_clock ON pipeline_executions (clock);
CREATE TABLE pipeline_reproductions (id TEXT PRIMARY KEY, run TEXT NOT NULL, state TEXT NOT NULL, clock INTEGER NOT NULL, data TEXT NOT NULL) STRICT;`,
		Tables: []string{"pipeline_executions", "pipeline_reproductions"},
		Apply: map[string]func(*index.Tx, journal.Record) error{
			"execution.start": applyStart, "execution.finish": applyFinish,
			"reproduction.start": applyRepeat, "reproduction.finish": applyRepeated,
		},
	}
}

func applyStart(tx *index.Tx, rec journal.Record) error {
	var e Execution
	if err := json.Unmarshal(rec.Data, &e); err != nil {
		return err
	}
	e.ID, e.StartedAt, e.StartedBy, e.Device = rec.ID, rec.Time(), rec.By, rec.Device
	e.complete()
	return put(tx, "INSERT INTO pipeline_executions (state, clock, data, id) VALUES (?,?,?,?) ON CONFLICT DO NOTHING", e.State, int64(rec.Clock), e, e.ID)
}

// complete leaves no list or map that would be null in JSON.
func (e *Execution) complete() {
	if e.Stages == nil {
		e.Stages = []StageResult{}
	}
	if e.Outs == nil {
		e.Outs = map[string]Artifact{}
	}
	if e.Snapshots == nil {
		e.Snapshots = []string{}
	}
	if e.Params == nil {
		e.Params = map[string]string{}
	}
	if e.Metrics == nil {
		e.Metrics = map[string]float64{}
	}
	if e.Env == nil {
		e.Env = map[string]string{}
	}
}

func put(tx *index.Tx, query, state string, clock int64, v any, more ...any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Exec(query, append([]any{state, clock, string(b)}, more...)...)
	return err
}

func applyFinish(tx *index.Tx, rec journal.Record) error {
	var clock int64
	e, err := executionRow(tx, rec.ID, &clock)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(rec.Data, &e); err != nil {
		return err
	}
	e.complete()
	return put(tx, "UPDATE pipeline_executions SET state=?, clock=?, data=? WHERE id=?", e.State, clock, e, e.ID)
}

func executionRow(tx *index.Tx, id string, clock *int64) (e Execution, err error) {
	var data string
	err = tx.QueryRow("SELECT data, clock FROM pipeline_executions WHERE id=?", id).Scan(&data, clock)
	if errors.Is(err, sql.ErrNoRows) {
		return e, errs.New(errs.NotFound, "there is no execution %.40q", id).WithHint("`rondo runs --experiment pipeline` lists them")
	}
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(data), &e)
}

// Execution returns one. While it runs, its stages are told as they are now.
func (s *Service) Execution(ctx context.Context, id string) (Execution, error) {
	e, err := s.stored(ctx, id)
	if err != nil {
		return e, err
	}
	return s.live(e), nil
}

func (s *Service) stored(ctx context.Context, id string) (e Execution, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		var clock int64
		e, err = executionRow(tx, id, &clock)
		return err
	})
	return e, err
}

// live adds what the runner has left so far.
func (s *Service) live(e Execution) Execution {
	if e.State != Running {
		return e
	}
	g, err := e.graph()
	if err != nil {
		return e
	}
	results, err := readResults(s.opts.RunDir(e.ID))
	if err != nil {
		return e // one is being replaced; the next look finds it
	}
	for _, n := range g {
		r, ok := results[n.Name]
		if !ok {
			r = newResult(n)
			r.State = Waiting
		}
		e.Stages = append(e.Stages, r)
	}
	return e
}

const usualLimit = 100

// Executions lists them, newest first; limit 0 means 100.
func (s *Service) Executions(ctx context.Context, limit int) ([]Execution, error) {
	if limit <= 0 || limit > 1000 {
		limit = usualLimit
	}
	all, err := list[Execution](ctx, s, "SELECT data FROM pipeline_executions ORDER BY clock DESC, id LIMIT ?", limit)
	for i, e := range all {
		all[i] = s.live(e)
	}
	return all, err
}

// Ended lists the ids of those among the last executions that ended well, newest first.
func (s *Service) Ended(ctx context.Context, limit int) (ids []string, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var id, state string
			if err := rows.Scan(&id, &state); err != nil {
				return err
			}
			if state == Finished {
				ids = append(ids, id)
			}
			return nil
		}, "SELECT id, state FROM pipeline_executions ORDER BY clock DESC, id LIMIT ?", limit)
	})
	return ids, err
}

func list[T any](ctx context.Context, s *Service, query string, args ...any) ([]T, error) {
	return ledger.List[T](ctx, s.opts.Ledger, query, args...)
}

// Touching lists the executions whose stages read or made content with the digest, newest
// first.
func (s *Service) Touching(ctx context.Context, d ref.Digest, limit int) ([]Execution, error) {
	return list[Execution](ctx, s, "SELECT data FROM pipeline_executions WHERE instr(data, ?) > 0 ORDER BY clock DESC, id LIMIT ?", d.String(), limit)
}
