package run

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash/fnv"
	"runtime"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/run/search"
)

const (
	usualLimit = 1000
	maxLimit   = 50_000
)

var runSpace = search.Space{
	Plural: "runs", ID: "r.id", Owner: "run",
	Metrics: search.SQL{Text: "run_latest"}, Params: paramsColumn, Tags: tagsColumn, Datasets: "run_inputs", // read by table.go
	Attributes: map[string]search.Column{
		"run_id": {Expr: "r.id"}, "experiment_id": {Expr: "r.experiment"}, "kind": {Expr: "r.kind"},
		"run_name": {Expr: "r.name"}, "run name": {Expr: "r.name"}, "Run name": {Expr: "r.name"}, "Run Name": {Expr: "r.name"}, "name": {Expr: "r.name"},
		"user_id": {Expr: "r.user"}, "status": {Expr: "r.status"}, "artifact_uri": {Expr: artifactURI},
		"start_time": {Expr: "r.started", Number: true}, "created": {Expr: "r.started", Number: true}, "Created": {Expr: "r.started", Number: true},
		"end_time": {Expr: "r.ended", Number: true}, "duration": {Expr: "(r.ended-r.started)", Number: true},
	},
	TagColumns: map[string]search.Column{"mlflow.runName": {Expr: "r.name"}},
}

const artifactURI = "('mlflow-artifacts:/' || r.experiment || '/' || r.id || '/artifacts')"

var experimentSpace = search.Space{
	Plural: "experiments", ID: "e.id", Owner: "experiment", Tags: "run_experiment_tags",
	Attributes: map[string]search.Column{
		"name": {Expr: "e.name"}, "experiment_id": {Expr: "CAST(e.id AS INTEGER)", Number: true},
		"creation_time": {Expr: "e.created", Number: true}, "last_update_time": {Expr: "e.updated", Number: true},
	},
}

var modelSpace = search.Space{
	Plural: "logged models", ID: "m.id", Owner: "model", Metrics: search.SQL{Text: newestMetrics("")}, Params: "run_model_params", Tags: "run_model_tags",
	Attributes: map[string]search.Column{
		"name": {Expr: "m.name"}, "model_id": {Expr: "m.id"}, "model_type": {Expr: "m.type"}, "status": {Expr: "m.status"},
		"source_run_id": {Expr: "m.run"}, "experiment_id": {Expr: "m.experiment"},
		"creation_timestamp": {Expr: "m.created", Number: true}, "creation_time": {Expr: "m.created", Number: true},
		"last_updated_timestamp": {Expr: "m.updated", Number: true},
	},
}

// query is a search put together: what, among which, in which order, which page.
type query struct {
	space    search.Space
	from     string // table and alias
	usual    string // order where none is asked for
	tie      string // order of what is otherwise equal
	where    search.SQL
	join, by search.SQL
	limit    int
	at       page
}

// page is where the next one begins. Before keeps it steady: what is made after the
// first page was asked for stays out of the later ones.
type page struct {
	Offset int    `json:"o"`
	Before int64  `json:"b"`
	Query  uint32 `json:"q"`
}

func (q *query) prepare(in Search, made string) error {
	clauses, err := search.Parse(in.Filter)
	if err != nil {
		return err
	}
	orders, err := in.orders()
	if err != nil {
		return err
	}
	cond, err := q.space.Where(clauses)
	if err != nil {
		return err
	}
	q.where.Text, q.where.Args = q.where.Text+cond.Text, append(q.where.Args, cond.Args...)
	if q.join, q.by, err = q.space.OrderBy(orders); err != nil {
		return err
	}
	if q.by.Text += q.tie; len(orders) == 0 {
		q.by.Text = q.usual
	}
	if q.limit, err = limitOf(in.Limit); err != nil {
		return err
	}
	if q.at, err = readPage(in); err != nil {
		return err
	}
	if q.at.Before > 0 {
		q.where.Text += " AND " + made + "<=?"
		q.where.Args = append(q.where.Args, q.at.Before)
	}
	return nil
}

// orders reads what to order by, which of a logged model may be the metric of one dataset.
func (in Search) orders() (list []search.Order, err error) {
	if len(in.OrderOn) == 0 {
		return search.ParseOrders(in.OrderBy)
	}
	for i, s := range in.OrderBy {
		one, err := search.ParseOrders([]string{s})
		if err != nil {
			return nil, err
		}
		if d := in.OrderOn[i]; d.Name+d.Digest != "" && one[0].Entity == search.Metric {
			one[0].Among = search.SQL{Text: newestMetrics("WHERE (?='' OR dataset=?) AND (?='' OR digest=?)"), Args: []any{d.Name, d.Name, d.Digest, d.Digest}}
		}
		list = append(list, one...)
	}
	return list, search.Distinct(list)
}

// newestMetrics is the newest of each metric of a logged model among some.
func newestMetrics(among string) string {
	return `(SELECT model, key, value FROM (SELECT model, key, value, row_number() OVER (PARTITION BY model, key
		ORDER BY time DESC, step DESC, run, bits DESC, dataset, digest) AS place FROM run_model_metrics ` + among + `) WHERE place=1)`
}

func limitOf(n int) (int, error) {
	if n < 0 || n > maxLimit {
		return 0, errs.New(errs.Invalid, "a page holds 1 to %d, not %d", maxLimit, n)
	}
	if n == 0 {
		n = usualLimit
	}
	return n, nil
}

func (in Search) sum() uint32 {
	h := fnv.New32a()
	in.Page, in.Limit = "", 0
	_ = json.NewEncoder(h).Encode(in) // a hash takes everything
	return h.Sum32()
}

func readPage(in Search) (p page, err error) {
	if in.Page == "" {
		return page{Query: in.sum()}, nil
	}
	b, err := base64.URLEncoding.DecodeString(in.Page)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Offset < 0 {
		return p, errs.New(errs.Invalid, "Invalid page token: %.80q", in.Page).WithHint("use the token of the answer before, or none for the first page")
	}
	if p.Query != in.sum() {
		return p, errs.New(errs.Invalid, "Invalid page token: it belongs to another search").WithHint("keep filter and order while paging")
	}
	return p, nil
}

func (p page) token() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.URLEncoding.EncodeToString(b)
}

// run returns the ids of the page, the token of the next one, and how many match.
func (q *query) run(tx *index.Tx, count bool) (ids []string, next string, total int, err error) {
	args := append(append(append([]any{}, q.join.Args...), q.where.Args...), q.by.Args...)
	ids, err = index.Column[string](tx, "SELECT "+q.space.ID+" FROM "+q.from+q.join.Text+" WHERE 1=1"+q.where.Text+" ORDER BY "+q.by.Text+" LIMIT ? OFFSET ?",
		append(args, q.limit+1, q.at.Offset)...)
	if err != nil {
		return nil, "", 0, err
	}
	if more := len(ids) > q.limit; more {
		ids = ids[:q.limit]
		if q.at.Before == 0 {
			if err := tx.QueryRow("SELECT coalesce(max(clock), 0) FROM index_cursor").Scan(&q.at.Before); err != nil {
				return nil, "", 0, err
			}
		}
		q.at.Offset += q.limit
		next = q.at.token()
	}
	if count {
		err = tx.QueryRow("SELECT count(*) FROM "+q.from+" WHERE 1=1"+q.where.Text, q.where.Args...).Scan(&total)
	}
	return ids, next, total, err
}

// among adds a condition that a column is one of some ids; none means all.
func (q *query) among(expr string, ids []string) {
	if len(ids) == 0 {
		return
	}
	b, err := json.Marshal(ids)
	if err != nil {
		return // strings always encode
	}
	q.where.Text += " AND " + expr + amongIDs
	q.where.Args = append(q.where.Args, string(b))
}

// measured wants a metric that was computed on one of some datasets. What a filter says
// of metrics is then said of those, see model_filter.go.
func (q *query) measured(datasets []Dataset) {
	if len(datasets) == 0 {
		return
	}
	on := onDatasets(datasets)
	q.where.Text += " AND m.id IN (SELECT model FROM run_model_metrics WHERE " + on.Text + ")"
	q.where.Args = append(q.where.Args, on.Args...)
}

func (q *query) view(expr string, v View) {
	if text, ok := map[View]string{ViewActive: Active, ViewDeleted: Deleted}[v]; ok {
		q.where.Text += " AND " + expr + "=?"
		q.where.Args = append(q.where.Args, text)
	}
}

// Search selects runs. Total counts all that match.
func (s *Service) Search(ctx context.Context, in Search) (list []Run, next string, total int, err error) {
	found, next, total, err := s.SearchListed(ctx, in)
	if err == nil {
		list, err = unlisted(found)
	}
	return list, next, total, err
}

// SearchListed is Search for who wants the params, tags and metrics of each run only to write them.
func (s *Service) SearchListed(ctx context.Context, in Search) (list []Listed, next string, total int, err error) {
	f, err := newFinder(&s.table, in)
	if err != nil {
		return nil, "", 0, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, "", 0, err
	}
	var page []hit
	err = s.table.use(s, ctx, func(tx *index.Tx) error {
		page, next, total, err = f.run(ctx, tx)
		return err
	})
	if err != nil {
		return nil, "", 0, err
	}
	list, err = s.loadPage(ctx, page)
	return list, next, total, err
}

// atOnce is how many runs are worth a reader of their own.
const atOnce = 150

// loadPage reads runs, with as many readers at once as there are processors to keep busy.
func (s *Service) loadPage(ctx context.Context, page []hit) ([]Listed, error) {
	parts := min(runtime.GOMAXPROCS(0), mostReaders, 1+len(page)/atOnce)
	lists, fails := make([][]Listed, parts), make([]error, parts)
	var wg sync.WaitGroup
	for i := range parts {
		part := page[i*len(page)/parts : (i+1)*len(page)/parts]
		wg.Go(func() {
			fails[i] = s.opts.Ledger.View(ctx, func(tx *index.Tx) (err error) {
				lists[i], err = loadHits(tx, part)
				return err
			})
		})
	}
	wg.Wait()
	return slices.Concat(lists...), errors.Join(fails...)
}

const mostReaders = 2 // of one search: others want to read too

// searchError says what SQLite has against a pattern or a number in plain words.
func searchError(err error) error {
	if strings.Contains(err.Error(), "pattern too complex") {
		return errs.New(errs.Invalid, "filter: the pattern is too complex")
	}
	return err
}

// SearchExperiments selects experiments in MLflow's grammar.
func (s *Service) SearchExperiments(ctx context.Context, in Search) (list []Experiment, next string, err error) {
	q := query{space: experimentSpace, from: "run_experiments e", usual: "e.created DESC, CAST(e.id AS INTEGER)", tie: "CAST(e.id AS INTEGER) DESC"}
	q.view("e.lifecycle", in.View)
	if err := q.prepare(in, "(e.created*65536)"); err != nil {
		return nil, "", err
	}
	list = []Experiment{}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		var ids []string
		if ids, next, _, err = q.run(tx, false); err != nil {
			return searchError(err)
		}
		for _, id := range ids {
			e, err := experimentByID(tx, id)
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		return nil
	})
	return list, next, err
}
