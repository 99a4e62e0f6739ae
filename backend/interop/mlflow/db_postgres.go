package mlflow

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"rondo/backend/errs"
)

// openPostgres reads a database in one transaction that sees one moment and can change
// nothing. Its address is SQLAlchemy's: postgresql+psycopg2://user:password@host/db.
func openPostgres(ctx context.Context, spec string, o Options) (Source, error) {
	_, rest, _ := strings.Cut(spec, "://")
	config, err := pgx.ParseConfig("postgresql://" + rest)
	if err != nil {
		return nil, errs.New(errs.Invalid, "the address of the database cannot be read").
			WithHint("write it as postgresql://user:password@host:port/database")
	}
	if config.Password == "" {
		config.Password = o.Getenv("PGPASSWORD")
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(1)
	d := &database{opts: o, one: &sync.Mutex{}, number: func(n int) string { return "$" + strconv.Itoa(n) }, close: []func() error{db.Close}}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		db.Close()
		return nil, refused(config, err)
	}
	d.close = append(d.close, tx.Rollback)
	if _, err := tx.ExecContext(ctx, alone); err != nil {
		d.Close()
		return nil, refused(config, err)
	}
	where := config.Host + ":" + strconv.Itoa(int(config.Port)) + "/" + config.Database
	if schema := schemaOf(rest); schema != "" {
		where += "?" + schema
	}
	d.about = About{ID: "postgresql:" + where, Words: "MLflow's database " + where}
	base, err := os.Getwd()
	if err != nil {
		base = "/"
	}
	d.ask, d.places = savepoints{tx}, newPlaces(base, o.Roots)
	if err := d.learn(ctx); err != nil {
		d.Close()
		return nil, err
	}
	d.ask = tx
	return d, nil
}

// alone lets the server work without helpers of its own: to start them for each run's
// points, as it does where a table was never analyzed, takes ten times what they save.
const alone = "SELECT set_config(name, '0', true) FROM pg_settings WHERE name='max_parallel_workers_per_gather'"

func schemaOf(rest string) string {
	_, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return values.Get("search_path") + values.Get("options")
}

func refused(c *pgx.ConnConfig, err error) error {
	where := c.Host + ":" + strconv.Itoa(int(c.Port))
	switch text := err.Error(); {
	case strings.Contains(text, "28P01") || strings.Contains(text, "28000"):
		return errs.New(errs.Invalid, "PostgreSQL at %s refuses the user %q with this password", where, c.User).
			WithHint("the password may also come from PGPASSWORD or ~/.pgpass")
	case strings.Contains(text, "3D000"):
		return errs.New(errs.NotFound, "PostgreSQL at %s has no database %q", where, c.Database)
	}
	return errs.New(errs.Unavailable, "PostgreSQL at %s does not answer: %w", where, err).WithHint("see that it runs, and that the address is right")
}

// savepoints keeps a transaction usable after a query for a table that is not there.
type savepoints struct{ tx *sql.Tx }

func (s savepoints) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if _, err := s.tx.ExecContext(ctx, "SAVEPOINT rondo"); err != nil {
		return nil, err
	}
	rows, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		if _, e := s.tx.ExecContext(context.WithoutCancel(ctx), "ROLLBACK TO SAVEPOINT rondo"); e != nil {
			return nil, e
		}
	}
	return rows, err
}
