// Package index is the SQLite view of a project's history: quick to ask, safe to
// delete. It is the only importer of the SQLite driver. What the tables mean
// belongs to the nouns, each of which brings its schema and its apply functions.
package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// Noun is one noun's part of the index.
type Noun struct {
	Name   string
	Schema string   // CREATE statements, run once on an empty database
	Tables []string // every table of Schema, for the dump
	// Apply turns a record into rows, by record kind. It must depend on nothing
	// but its arguments, so that a rebuild gives the same rows.
	Apply map[string]func(tx *Tx, rec journal.Record) error
	// Refresh rebuilds the rows that come from files of the project folder
	// instead of records. It runs once after a rebuild; nil where there are none.
	Refresh func(tx *Tx) error
}

// DB is the open index. One goroutine writes at a time; many read.
type DB struct {
	path    string
	nouns   []Noun
	apply   map[string]func(*Tx, journal.Record) error
	db      *sql.DB
	writer  *Tx
	readers chan *Tx
}

const readers = 4

// Open opens the index at path. A file that is missing, damaged or of another
// schema is replaced by an empty one: it is only a view, and Cursor then says
// that everything is still to be applied.
func Open(ctx context.Context, path string, nouns ...Noun) (*DB, error) {
	d := &DB{path: path, nouns: nouns, apply: map[string]func(*Tx, journal.Record) error{}}
	for _, n := range nouns {
		for kind, fn := range n.Apply {
			if d.apply[kind] != nil {
				return nil, errs.New(errs.Internal, "two nouns apply %q", kind)
			}
			d.apply[kind] = fn
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if err := d.connect(ctx); err == nil && d.current(ctx) {
		return d, nil
	}
	return d, d.Reset(ctx)
}

// Reset throws the rows away and starts with an empty schema.
func (d *DB) Reset(ctx context.Context) error {
	d.Close()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(d.path + suffix); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	return d.create(ctx)
}

func (d *DB) connect(ctx context.Context) error {
	pragmas := []string{"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(5000)", "foreign_keys(1)", "temp_store(MEMORY)", "case_sensitive_like(1)"}
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("?", "%3f", "#", "%23", "%", "%25").Replace(d.path)+"?_pragma="+strings.Join(pragmas, "&_pragma="))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(readers + 1)
	db.SetMaxIdleConns(readers + 1)
	d.db = db
	if d.writer, err = d.conn(ctx); err != nil {
		return errors.Join(err, d.Close())
	}
	d.readers = make(chan *Tx, readers)
	for range readers {
		d.readers <- nil // opened when first wanted
	}
	return nil
}

func (d *DB) conn(ctx context.Context) (*Tx, error) {
	c, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Tx{conn: c, stmts: map[string]*sql.Stmt{}}, nil
}

// schemaID changes whenever any noun's schema does.
func (d *DB) schemaID() string {
	var b strings.Builder
	b.WriteString("rondo index 3\n")
	for _, n := range d.nouns {
		fmt.Fprintf(&b, "%s\n%s\n", n.Name, n.Schema)
	}
	return ref.Of([]byte(b.String())).String()
}

func (d *DB) current(ctx context.Context) bool {
	var id string
	err := d.writer.QueryRow("SELECT schema FROM index_state").Scan(&id)
	return err == nil && id == d.schemaID()
}

const ownSchema = `
CREATE TABLE index_state (schema TEXT PRIMARY KEY, refreshed INTEGER NOT NULL) STRICT;
CREATE TABLE index_cursor (device TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL, clock INTEGER NOT NULL) STRICT;
CREATE TABLE index_sealed (device TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (device, number)) STRICT, WITHOUT ROWID;
CREATE TABLE index_unfit (device TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (device, seq)) STRICT, WITHOUT ROWID;`

func (d *DB) create(ctx context.Context) error {
	return d.Update(ctx, func(tx *Tx) error {
		for _, ddl := range append([]string{ownSchema}, schemas(d.nouns)...) {
			if _, err := tx.conn.ExecContext(ctx, ddl); err != nil {
				return fmt.Errorf("schema %.80q: %w", ddl, err)
			}
		}
		_, err := tx.Exec("INSERT INTO index_state VALUES (?, 0)", d.schemaID())
		return err
	})
}

func schemas(nouns []Noun) (list []string) {
	for _, n := range nouns {
		if strings.TrimSpace(n.Schema) != "" {
			list = append(list, n.Schema)
		}
	}
	return list
}

// Close ends every connection. The write-ahead log is folded in by SQLite.
func (d *DB) Close() error {
	if d.db == nil {
		return nil
	}
	for range cap(d.readers) {
		if tx := <-d.readers; tx != nil {
			tx.close()
		}
	}
	if d.writer != nil {
		d.writer.close()
	}
	err := d.db.Close()
	d.db, d.writer, d.readers = nil, nil, nil
	return err
}
