package run

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rondo/backend/index"
	"rondo/backend/run/search"
)

// finder is a search of runs put together.
type finder struct {
	table   *table
	in      Search
	limit   int
	at      page
	clauses []search.Clause
	orders  []search.Order
	columns map[search.Source]*kept
	sorted  []*kept // of orders
}

func newFinder(t *table, in Search) (*finder, error) {
	f := &finder{table: t, in: in}
	var err error
	if f.clauses, err = search.Parse(in.Filter); err != nil {
		return nil, err
	}
	if f.orders, err = search.ParseOrders(in.OrderBy); err != nil {
		return nil, err
	}
	if _, err := runSpace.Where(f.clauses); err != nil { // as SQL it is not needed, but what it would refuse is refused
		return nil, err
	}
	if _, _, err = runSpace.OrderBy(f.orders); err != nil {
		return nil, err
	}
	if f.limit, err = limitOf(in.Limit); err != nil {
		return nil, err
	}
	f.at, err = readPage(in)
	return f, err
}

// hit is a run that was found: by its number it is quick to load, by its id sure.
type hit struct {
	no int64
	id string
}

// run returns the runs of the page, the token of the next one, and how many match.
func (f *finder) run(ctx context.Context, tx *index.Tx) (page []hit, next string, total int, err error) {
	if f.columns, err = f.table.want(tx, f.sources()); err != nil {
		return nil, "", 0, err
	}
	for _, o := range f.orders {
		f.sorted = append(f.sorted, f.columns[runSpace.Find(o.Entity, o.Key)])
	}
	rows, err := f.match(ctx, tx)
	if err != nil {
		return nil, "", 0, err
	}
	total = len(rows)
	top := search.Top(rows, f.at.Offset+f.limit+1, f.compare)
	top = top[min(f.at.Offset, len(top)):]
	if len(top) > f.limit {
		top = top[:f.limit]
		if f.at.Before == 0 {
			if err := tx.QueryRow("SELECT coalesce(max(clock), 0) FROM index_cursor").Scan(&f.at.Before); err != nil {
				return nil, "", 0, err
			}
		}
		f.at.Offset += f.limit
		next = f.at.token()
	}
	page = make([]hit, len(top))
	for i, r := range top {
		page[i] = hit{int64(r), f.table.rows[r].id}
	}
	return page, next, total, nil
}

func (f *finder) sources() (list []search.Source) {
	for _, c := range f.clauses {
		if c.Entity != search.Dataset {
			list = append(list, runSpace.Find(c.Entity, c.Key))
		}
	}
	for _, o := range f.orders {
		list = append(list, runSpace.Find(o.Entity, o.Key))
	}
	return list
}

// match returns the rows that are asked for.
func (f *finder) match(ctx context.Context, tx *index.Tx) ([]int32, error) {
	rows := f.among()
	for _, c := range f.clauses {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c.Entity == search.Dataset {
			var err error
			if rows, err = keepDataset(tx, rows, c); err != nil {
				return nil, err
			}
			continue
		}
		rows = f.columns[runSpace.Find(c.Entity, c.Key)].Keep(rows, c)
	}
	return rows, nil
}

// among returns the rows of the experiments and the view.
func (f *finder) among() []int32 {
	all := f.table.rows
	wanted := make([]bool, len(f.table.groups))
	for _, id := range f.in.ExperimentIDs {
		if place, known := f.table.groups[id]; known {
			wanted[place] = true
		}
	}
	rows := make([]int32, 0, len(all))
	for i := range all {
		r := &all[i]
		if r.id == "" || f.in.View == ViewActive && !r.active || f.in.View == ViewDeleted && r.active || f.at.Before > 0 && r.created > f.at.Before {
			continue
		}
		if len(f.in.ExperimentIDs) == 0 || wanted[r.experiment] {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

func keepDataset(tx *index.Tx, rows []int32, c search.Clause) ([]int32, error) {
	where, err := runSpace.Where([]search.Clause{c})
	if err != nil {
		return nil, err
	}
	list, err := numbers(tx, "SELECT r.no FROM run_runs r WHERE 1=1"+where.Text, where.Args...)
	if err != nil {
		return nil, searchError(err)
	}
	have := make(map[int32]bool, len(list))
	for _, no := range list {
		have[int32(no)] = true
	}
	return slices.DeleteFunc(rows, func(r int32) bool { return !have[r] }), nil
}

// compare orders rows as asked; what is equal then, by the newest start and the id.
func (f *finder) compare(a, b int32) int {
	for i := range f.orders {
		if n := f.sorted[i].Order(a, b, f.orders[i].Desc); n != 0 {
			return n
		}
	}
	x, y := &f.table.rows[a], &f.table.rows[b]
	if x.unstarted != y.unstarted {
		if x.unstarted {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(y.started, x.started), strings.Compare(x.id, y.id))
}
