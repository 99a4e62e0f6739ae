package run

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"rondo/backend/index"
	"rondo/backend/run/search"
)

// table keeps what searches look at as columns in memory, a row for each run at the
// place of its number: comparing a hundred thousand of them takes a millisecond, where
// SQLite takes a tree for each. It is as new as the transaction that asks, since that
// also reads which runs have changed. Columns come when they are first asked for.
type table struct {
	mu      sync.Mutex
	at      int64 // the change up to which all columns are current
	rows    []row
	groups  map[string]int32 // of experiments' ids: their place among those that have runs
	columns map[search.Source]*kept
	clock   int64 // counts searches
}

// row is what every search wants of a run.
type row struct {
	id         string // empty: there is none of this number
	started    int64  // ms since 1970
	created    int64  // clock
	experiment int32  // its place
	active     bool
	unstarted  bool
}

type kept struct {
	*search.Cells
	used int64
}

const maxColumns = 96 << 20 // bytes of all columns together

// use runs fn with the table as new as tx. Who searches meanwhile waits.
func (t *table) use(s *Service, ctx context.Context, fn func(tx *index.Tx) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if err := t.refresh(tx); err != nil {
			t.drop()
			return err
		}
		t.clock++
		return fn(tx)
	})
}

func (t *table) drop() {
	t.at, t.rows, t.groups, t.columns = 0, nil, map[string]int32{}, map[search.Source]*kept{}
}

// refresh reads the rows that have changed, or all where that is less work.
func (t *table) refresh(tx *index.Tx) error {
	var oldest, newest int64
	if err := tx.QueryRow("SELECT coalesce((SELECT min(at) FROM run_changes), 0), coalesce((SELECT max(at) FROM run_changes), 0)").Scan(&oldest, &newest); err != nil {
		return err
	}
	if t.rows != nil && newest == t.at {
		return nil
	}
	if t.rows == nil || newest < t.at || oldest > t.at+1 || newest-t.at > int64(1000+len(t.rows)) {
		return t.readAll(tx, newest)
	}
	changed, err := numbers(tx, "SELECT DISTINCT run FROM run_changes WHERE at>? ORDER BY run", t.at)
	if err != nil {
		return err
	}
	if err := t.readRows(tx, "WHERE no"+amongIDs, changed); err != nil {
		return err
	}
	if err := t.fill(tx, t.columns, changed); err != nil {
		return err
	}
	t.at = newest
	return nil
}

func numbers(tx *index.Tx, query string, args ...any) (list []int64, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

func (t *table) readAll(tx *index.Tx, at int64) error {
	t.drop()
	var n int64
	if err := tx.QueryRow("SELECT coalesce(max(no), 0) FROM run_runs").Scan(&n); err != nil {
		return err
	}
	t.rows = make([]row, 0, n+n/8+1)
	t.at = at
	return t.readRows(tx, "", nil)
}

// readRows reads what every search wants, of all runs or of some.
func (t *table) readRows(tx *index.Tx, where string, some []int64) error {
	return eachOf(tx, "SELECT no, id, experiment, lifecycle='active', started, created FROM run_runs "+where, some, func(rows *sql.Rows) error {
		var no int64
		var r row
		var experiment sql.RawBytes
		var started sql.NullInt64
		if err := rows.Scan(&no, &r.id, &experiment, &r.active, &started, &r.created); err != nil {
			return err
		}
		r.started, r.unstarted, r.experiment = started.Int64, !started.Valid, t.group(experiment)
		t.grow(int(no) + 1)
		t.rows[no] = r
		return nil
	})
}

// group returns the place of an experiment among those that have runs.
func (t *table) group(id []byte) int32 {
	place, known := t.groups[string(id)]
	if !known {
		place = int32(len(t.groups))
		t.groups[string(id)] = place
	}
	return place
}

func (t *table) grow(n int) {
	if n > len(t.rows) {
		t.rows = append(t.rows, make([]row, n-len(t.rows))...)
	}
}

// eachOf runs a query, with a list of numbers as its value where there is one.
func eachOf(tx *index.Tx, query string, some []int64, fn func(*sql.Rows) error) error {
	var args []any
	if some != nil {
		b, err := json.Marshal(some)
		if err != nil {
			return err
		}
		args = append(args, string(b))
	}
	rows, err := tx.Query(query, args...)
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

// want returns the columns, read where they are not there yet.
func (t *table) want(tx *index.Tx, sources []search.Source) (map[search.Source]*kept, error) {
	out, fresh := map[search.Source]*kept{}, map[search.Source]*kept{}
	for _, s := range sources {
		c := t.columns[s]
		if c == nil {
			c = &kept{Cells: search.NewCells(s.Number)}
			t.columns[s], fresh[s] = c, c
		}
		c.used, out[s] = t.clock, c
	}
	if err := t.take(tx, fresh); err != nil {
		t.drop()
		return nil, err
	}
	t.forget()
	return out, nil
}

// forget lets go of the columns that were not asked for for the longest time.
func (t *table) forget() {
	for {
		total, oldest, at := 0, search.Source{}, t.clock
		for s, c := range t.columns {
			total += c.Bytes()
			if c.used < at {
				oldest, at = s, c.used
			}
		}
		if total <= maxColumns || at == t.clock {
			return
		}
		delete(t.columns, oldest)
	}
}

const userTag = "mlflow.user"

// fill reads columns, of all runs or of some.
func (t *table) fill(tx *index.Tx, columns map[search.Source]*kept, some []int64) error {
	byEntity := map[string][]search.Source{}
	for s, c := range columns {
		c.Grow(len(t.rows))
		byEntity[s.Entity] = append(byEntity[s.Entity], s)
	}
	for entity, list := range byEntity {
		slices.SortFunc(list, func(a, b search.Source) int { return strings.Compare(a.Key, b.Key) })
		cells := make([]*search.Cells, len(list))
		for i, s := range list {
			cells[i] = columns[s].Cells
			for _, no := range some {
				cells[i].Clear(int(no))
			}
			if entity == search.Tag && s.Key == userTag { // who has not the tag has the user
				if err := fillAttribute(tx, search.Source{Expr: "r.user"}, cells[i], some); err != nil {
					return err
				}
			}
		}
		if err := fillEntity(tx, entity, list, cells, some); err != nil {
			return err
		}
	}
	return nil
}

// take reads fresh columns of all runs. Where an entity has few keys, all of them come
// along, since going through the runs is most of the work.
func (t *table) take(tx *index.Tx, fresh map[search.Source]*kept) error {
	for _, entity := range []string{search.Metric, search.Param, search.Tag} {
		g := &gatherer{rows: len(t.rows), wanted: map[string]*search.Cells{}, more: map[string]*search.Cells{}}
		for s, c := range fresh {
			if s.Entity == entity && !(entity == search.Tag && s.Key == userTag) {
				g.wanted[s.Key] = c.Cells
				c.Grow(g.rows)
				delete(fresh, s)
			}
		}
		if len(g.wanted) == 0 {
			continue
		}
		if err := g.gather(tx, entity); err != nil {
			return err
		}
		for key, cells := range g.more {
			s := search.Source{Entity: entity, Key: key, Number: entity == search.Metric}
			if t.columns[s] == nil && !(entity == search.Tag && key == userTag) {
				t.columns[s] = &kept{cells, t.clock - 1}
			}
		}
	}
	return t.fill(tx, fresh, nil)
}

// packed says where the pairs or latest values of all runs are, by run.
var packed = map[string]struct{ column, run, table string }{
	search.Metric: {"data", "run", "run_latest"}, search.Param: {paramsColumn, "no", "run_runs"}, search.Tag: {tagsColumn, "no", "run_runs"},
}

// eachPacked calls fn for the packed bytes of an entity, of all runs or of some; they are
// worthless after it returns.
func eachPacked(tx *index.Tx, entity string, some []int64, fn func(no int, data []byte) error) error {
	p, where := packed[entity], ""
	if some != nil {
		where = " WHERE " + p.run + amongIDs
	}
	return eachOf(tx, "SELECT "+p.run+", "+p.column+" FROM "+p.table+where, some, func(rows *sql.Rows) error {
		var no int
		var data sql.RawBytes
		if err := rows.Scan(&no, &data); err != nil {
			return err
		}
		return fn(no, data)
	})
}

func fillEntity(tx *index.Tx, entity string, list []search.Source, cells []*search.Cells, some []int64) error {
	if entity == search.Attribute {
		for i, s := range list {
			if err := fillAttribute(tx, s, cells[i], some); err != nil {
				return err
			}
		}
		return nil
	}
	keys := make([]string, len(list))
	for i, s := range list {
		keys[i] = s.Key
	}
	var apart []int
	err := eachPacked(tx, entity, some, func(no int, data []byte) error {
		if entity == search.Metric {
			return findLatest(data, keys, func(i int, v float64) { cells[i].Number(no, v) })
		}
		if _, many := unpackApart(data); many {
			apart = append(apart, no)
		}
		return findPairs(data, keys, func(i int, v string) { cells[i].Text(no, v) })
	})
	if err == nil {
		err = fillApart(tx, entity, keys, cells, apart)
	}
	return err
}

func fillApart(tx *index.Tx, entity string, keys []string, cells []*search.Cells, runs []int) error {
	for _, no := range runs {
		have, err := apartPairs(tx, packed[entity].column, int64(no), keys)
		if err != nil {
			return err
		}
		for i, k := range keys {
			if v, ok := have[k]; ok {
				cells[i].Text(no, v)
			}
		}
	}
	return nil
}

func fillAttribute(tx *index.Tx, s search.Source, cells *search.Cells, some []int64) error {
	where := ""
	if some != nil {
		where = " WHERE r.no" + amongIDs
	}
	return eachOf(tx, "SELECT r.no, "+s.Expr+" FROM run_runs r"+where, some, func(rows *sql.Rows) error {
		var no int
		var v any
		if err := rows.Scan(&no, &v); err != nil {
			return err
		}
		switch v := v.(type) {
		case int64:
			cells.Number(no, float64(v))
		case float64:
			cells.Number(no, v)
		case string:
			cells.Text(no, v)
		default:
			cells.Null(no)
		}
		return nil
	})
}
