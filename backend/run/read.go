package run

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
	return unlisted(found)
}

// loadListed is load with what a run has many of as it is packed.
func loadListed(tx *index.Tx, ids []string) ([]Listed, error) {
	l := loader{tx: tx, where: "id", chosen: ids}
	if err := l.load(len(ids)); err != nil {
		return nil, err
	}
	return inOrder(ids, l.runs), nil
}

// loadHits is loadListed by numbers, which are quicker to find. An index that was made
// anew since the search has other numbers: then the ids count.
func loadHits(tx *index.Tx, hits []hit) ([]Listed, error) {
	numbers, ids := make([]int64, len(hits)), make([]string, len(hits))
	for i, h := range hits {
		numbers[i], ids[i] = h.no, h.id
	}
	l := loader{tx: tx, where: "no", chosen: numbers}
	if err := l.load(len(numbers)); err != nil {
		return nil, err
	}
	for _, h := range hits {
		if r := l.byNo[h.no]; r == nil || r.ID != h.id {
			return loadListed(tx, ids)
		}
	}
	return inOrder(numbers, l.byNo), nil
}

func inOrder[K comparable](chosen []K, runs map[K]*Listed) []Listed {
	list := make([]Listed, 0, len(chosen))
	for _, k := range chosen {
		if r := runs[k]; r != nil {
			list = append(list, *r)
		}
	}
	return list
}

// loader reads the parts of many runs, each with one query.
type loader struct {
	tx     *index.Tx
	where  string // column by which they are chosen
	chosen any    // list of its values
	ids    string // of those that are there; a JSON list, the one bound value of a query
	runs   map[string]*Listed
	byNo   map[int64]*Listed
}

func (l *loader) load(n int) error {
	if n == 0 {
		return nil
	}
	l.runs, l.byNo = make(map[string]*Listed, n), make(map[int64]*Listed, n)
	for _, part := range []func() error{l.rows, l.apart, l.found, l.inputs, l.links} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
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
	chosen, err := json.Marshal(l.chosen)
	if err != nil {
		return err
	}
	return l.each(`SELECT r.no, r.id, r.experiment, r.name, r.user, r.kind, r.status, r.lifecycle, r.parent, r.device, r.started, r.ended, r.deleted, r.exit, r.reason,
		r.params, r.tags, m.data, m.rest FROM run_runs r LEFT JOIN run_latest m ON m.run=r.no WHERE r.`+l.where+amongIDs, string(chosen), l.row)
}

func (l *loader) row(rows *sql.Rows) error {
	r := &Listed{}
	var no int64
	var started, ended, deleted, exit any // a Null type is several times as slow to scan into
	var params, tags, latest, rest sql.RawBytes
	err := rows.Scan(&no, &r.ID, &r.ExperimentID, &r.Name, &r.User, &r.Kind, &r.Status, &r.Lifecycle, &r.ParentID, &r.Device,
		&started, &ended, &deleted, &exit, &r.Reason, &params, &tags, &latest, &rest)
	r.StartedAt, r.EndedAt, r.DeletedAt = moment(started), moment(ended), moment(deleted)
	if s, ok := exit.(string); ok {
		r.Exit = json.RawMessage(s)
	}
	r.keep(params, tags, latest, rest)
	l.runs[r.ID], l.byNo[no] = r, r
	return err
}

func moment(ms any) time.Time {
	n, ok := ms.(int64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// found notes which runs there are.
func (l *loader) found() error {
	ids, err := json.Marshal(slices.Sorted(maps.Keys(l.runs)))
	l.ids = string(ids)
	return err
}

// apart reads the pairs that have rows of their own, see apart.go.
func (l *loader) apart() error {
	return errors.Join(
		l.pairsApart(paramsColumn, func(r *Listed) *[]byte { return &r.params }),
		l.pairsApart(tagsColumn, func(r *Listed) *[]byte { return &r.tags }))
}

func (l *loader) pairsApart(column string, of func(*Listed) *[]byte) error {
	apart := map[int64]map[string]string{}
	for no, r := range l.byNo {
		if _, many := unpackApart(*of(r)); many {
			apart[no] = map[string]string{}
		}
	}
	if len(apart) == 0 {
		return nil
	}
	err := eachApart(l.tx, column, slices.Collect(maps.Keys(apart)), func(no int64, k, v string) { apart[no][k] = v })
	for no, all := range apart {
		*of(l.byNo[no]) = packPairs(all)
	}
	return err
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
		ids, err := index.Column[string](tx, "SELECT id FROM run_runs WHERE device=? AND exit IS NULL AND kind<>'client' ORDER BY created", device)
		if err == nil {
			list, err = load(tx, ids)
		}
		return err
	})
	return list, err
}
