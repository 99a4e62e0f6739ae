package mlflow

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"rondo/backend/errs"
)

// database is MLflow's schema in SQLite or PostgreSQL, of any version from 1.0 on: what
// a version does not have yet is empty.
type database struct {
	opts   Options
	about  About
	places *places
	ask    queryer
	one    sync.Locker                // held while rows are read, where there is one connection
	tables map[string]map[string]bool // columns
	number func(n int) string         // how the nth value of a query is written
	close  []func() error
	models map[string][]measured // of the experiment whose runs are read, by run
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

func (d *database) About() About { return d.about }

func (d *database) Close() (err error) {
	for i := len(d.close) - 1; i >= 0; i-- {
		if e := d.close[i](); err == nil {
			err = e
		}
	}
	return err
}

// known are the tables that are read.
var known = []string{
	"alembic_version", "experiments", "experiment_tags", "runs", "params", "tags", "metrics", "datasets", "inputs", "input_tags",
	"registered_models", "registered_model_tags", "registered_model_aliases", "model_versions", "model_version_tags",
	"logged_models", "logged_model_params", "logged_model_tags", "logged_model_metrics",
	"trace_info", "trace_tags", "trace_request_metadata", "assessments", "spans", "entity_associations",
	"evaluation_datasets", "evaluation_dataset_tags", "evaluation_dataset_records", "scorers", "scorer_versions",
}

// strangers are tables of things that Rondo has no place for.
var strangers = []struct{ table, words string }{
	{"webhooks", "webhooks: their secrets are encrypted with the server's key; make them anew"},
	{"secrets", "secrets of the AI gateway"},
	{"endpoints", "endpoints of the AI gateway"},
	{"issues", "issues"},
	{"label_schemas", "label schemas"},
	{"review_queues", "review queues"},
	{"mcp_servers", "MCP servers"},
	{"jobs", "background jobs"},
	{"online_scoring_configs", "settings of online scoring"},
}

// learn finds out which version's schema this is.
func (d *database) learn(ctx context.Context) error {
	d.tables = map[string]map[string]bool{}
	for _, t := range known {
		rows, err := d.ask.QueryContext(ctx, "SELECT * FROM "+t+" WHERE 1=0")
		if err != nil {
			if ctx.Err() != nil || busy(err) {
				return unreadable(err)
			}
			continue
		}
		names, err := rows.Columns()
		rows.Close()
		if err != nil {
			return err
		}
		d.tables[t] = map[string]bool{}
		for _, n := range names {
			d.tables[t][n] = true
		}
	}
	if d.tables["experiments"] == nil || d.tables["runs"] == nil || d.tables["metrics"] == nil {
		return errs.New(errs.Invalid, "this is no database of MLflow: it has no experiments, runs and metrics").
			WithHint("name the database that `mlflow server --backend-store-uri` uses")
	}
	d.lacks()
	return d.stays(ctx)
}

func (d *database) lacks() {
	for _, l := range []struct{ table, words string }{
		{"registered_models", "registered models"},
		{"registered_model_aliases", "aliases"},
		{"datasets", "datasets of runs"},
		{"trace_info", "traces"},
		{"logged_models", "logged models"},
		{"assessments", "assessments of traces"},
		{"spans", "spans (they are read from the artifacts of traces)"},
		{"evaluation_datasets", "evaluation datasets"},
		{"scorers", "scorers"},
	} {
		if d.tables[l.table] == nil {
			d.about.Lacks = append(d.about.Lacks, l.words)
		}
	}
}

func (d *database) stays(ctx context.Context) error {
	for _, s := range strangers {
		var n int
		if d.each(ctx, "SELECT count(*) FROM "+s.table, nil, func(r *sql.Rows) error { return r.Scan(&n) }) == nil && n > 0 {
			d.about.Stays = append(d.about.Stays, fmt.Sprintf("%d %s", n, s.words))
		}
	}
	if !d.has("experiments", "workspace") {
		return nil
	}
	var n int
	err := d.each(ctx, "SELECT count(*) FROM experiments WHERE workspace<>'default'", nil, func(r *sql.Rows) error { return r.Scan(&n) })
	if n > 0 {
		d.about.Stays = append(d.about.Stays, fmt.Sprintf("%d experiments of workspaces other than the default one", n))
	}
	return err
}

func (d *database) has(table string, columns ...string) bool {
	for _, c := range columns {
		if !d.tables[table][c] {
			return false
		}
	}
	return d.tables[table] != nil
}

// columns lists columns for a SELECT; those that this version has not are NULL.
func (d *database) columns(table, alias string, names ...string) string {
	list := make([]string, len(names))
	for i, n := range names {
		if list[i] = "NULL"; d.tables[table][n] {
			list[i] = alias + "." + n
		}
	}
	return strings.Join(list, ", ")
}

// own is the condition that keeps to the default workspace.
func (d *database) own(table, alias string) string {
	if d.has(table, "workspace") {
		return alias + ".workspace='default'"
	}
	return "1=1"
}

// each asks a query with ? for its values and calls fn for every row.
func (d *database) each(ctx context.Context, query string, args []any, fn func(*sql.Rows) error) error {
	var b strings.Builder
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
			b.WriteString(d.number(n))
			continue
		}
		b.WriteRune(c)
	}
	d.one.Lock()
	defer d.one.Unlock()
	rows, err := d.ask.QueryContext(ctx, b.String(), args...)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return unreadable(rows.Err())
}

const page = 300 // entities whose parts are asked together

// among is " IN (?,?,…)" with its values.
func among(ids []string) (string, []any) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return " IN (?" + strings.Repeat(",?", len(ids)-1) + ")", args
}

// pairs reads keys and values of many owners.
func (d *database) pairs(ctx context.Context, table, owner, key, value string, ids []string, into func(id string) map[string]string) error {
	if d.tables[table] == nil || len(ids) == 0 {
		return nil
	}
	in, args := among(ids)
	return d.each(ctx, fmt.Sprintf("SELECT %s, %s, %s FROM %s WHERE %s%s", owner, key, value, table, owner, in), args, func(r *sql.Rows) error {
		var id, k string
		var v sql.NullString
		if err := r.Scan(&id, &k, &v); err != nil {
			return err
		}
		if m := into(id); m != nil {
			m[k] = v.String
		}
		return nil
	})
}

func busy(err error) bool {
	return strings.Contains(err.Error(), "locked") || strings.Contains(err.Error(), "busy")
}

// unreadable says what is wrong with a database in words.
func unreadable(err error) error {
	switch {
	case err == nil:
		return nil
	case errs.KindOf(err) != errs.Internal:
		return err
	case busy(err):
		return errs.New(errs.Unavailable, "the database is locked: another program is writing to it").
			WithHint("stop it for the time of the import, or import from its address")
	case strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "not a database") || strings.Contains(err.Error(), "disk image"):
		return errs.New(errs.Corrupt, "the database is damaged or cut: %w", err).WithHint("`sqlite3 FILE \"PRAGMA integrity_check\"` says more")
	}
	return errs.Wrap(errs.Unavailable, err, "read MLflow's database")
}
