package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rondo/backend/errs"
	"rondo/backend/journal"
)

// Tx is a connection inside a transaction. It is used by one goroutine at a time
// and is worthless after the function that received it returns.
type Tx struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // of Exec and QueryRow, which are finished before the next use
	depth int
}

const maxStmts = 256

// Exec runs a statement.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	s, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// Query returns rows; the caller closes them.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.conn.QueryContext(context.Background(), query, args...)
}

// QueryRow returns at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	if s, err := tx.prepare(query); err == nil {
		return s.QueryRow(args...)
	}
	return tx.conn.QueryRowContext(context.Background(), query, args...) // which reports the error at Scan
}

func (tx *Tx) prepare(query string) (*sql.Stmt, error) {
	if s := tx.stmts[query]; s != nil {
		return s, nil
	}
	if len(tx.stmts) >= maxStmts {
		tx.forget()
	}
	s, err := tx.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	tx.stmts[query] = s
	return s, nil
}

func (tx *Tx) forget() {
	for q, s := range tx.stmts {
		s.Close()
		delete(tx.stmts, q)
	}
}

func (tx *Tx) close() {
	tx.forget()
	tx.conn.Close()
}

// ErrLost says that SQLite has given up the whole transaction, as it does where the disk
// is full or fails in the middle of one. What was written in it before is gone.
var ErrLost = errors.New("the transaction was given up")

// Nested runs fn and undoes only what fn did if it fails.
func (tx *Tx) Nested(fn func() error) (err error) {
	tx.depth++
	name := fmt.Sprintf("nested%d", tx.depth)
	defer func() { tx.depth-- }()
	if _, err := tx.Exec("SAVEPOINT " + name); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, e1 := tx.Exec("ROLLBACK TO " + name)
		_, e2 := tx.Exec("RELEASE " + name)
		if e := errors.Join(e1, e2); e != nil {
			return errors.Join(err, ErrLost, e)
		}
		return err
	}
	_, err = tx.Exec("RELEASE " + name)
	return err
}

// Update runs fn in a write transaction. Callers take care that only one runs at a time.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := d.Begin(ctx); err != nil {
		return err
	}
	if err := fn(d.writer); err != nil {
		return errors.Join(err, d.Rollback())
	}
	return d.Commit()
}

// Begin starts the write transaction that Writer then works in.
func (d *DB) Begin(ctx context.Context) error {
	if d.db == nil {
		return errs.New(errs.Unavailable, "the project is closed")
	}
	_, err := d.writer.conn.ExecContext(context.WithoutCancel(ctx), "BEGIN IMMEDIATE")
	return err
}

// Writer returns the write transaction begun by Begin.
func (d *DB) Writer() *Tx { return d.writer }

// Commit ends the write transaction.
func (d *DB) Commit() error {
	_, err := d.writer.conn.ExecContext(context.Background(), "COMMIT")
	if err != nil {
		return errors.Join(err, d.Rollback())
	}
	return nil
}

// Rollback undoes the write transaction.
func (d *DB) Rollback() error {
	_, err := d.writer.conn.ExecContext(context.Background(), "ROLLBACK")
	return err
}

// View runs fn on a consistent snapshot.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) (err error) {
	if d.db == nil {
		return errs.New(errs.Unavailable, "the project is closed")
	}
	pool := d.readers
	var tx *Tx
	select {
	case tx = <-pool:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { pool <- tx }()
	if tx == nil {
		if tx, err = d.conn(ctx); err != nil {
			return err
		}
		if _, err := tx.conn.ExecContext(ctx, "PRAGMA query_only=1"); err != nil {
			return err
		}
	}
	if _, err := tx.conn.ExecContext(context.WithoutCancel(ctx), "BEGIN"); err != nil {
		return err
	}
	defer func() {
		if _, e := tx.conn.ExecContext(context.Background(), "ROLLBACK"); e != nil && err == nil {
			err = e
		}
	}()
	return fn(tx)
}

// Apply turns one record into rows; SetCursor then notes how far the device's records went.
func (d *DB) Apply(tx *Tx, rec journal.Record) error {
	if fn := d.apply[rec.Kind]; fn != nil {
		if err := fn(tx, rec); err != nil {
			return err
		}
	}
	return nil
}

// SetCursor notes, inside the write transaction, that rec and all before it are applied.
func (d *DB) SetCursor(rec journal.Record) error {
	_, err := d.writer.Exec(`INSERT INTO index_cursor VALUES (?,?,?,?)
		ON CONFLICT (device) DO UPDATE SET seq=excluded.seq, hash=excluded.hash, clock=excluded.clock`,
		rec.Device, rec.Seq, rec.Hash.String(), int64(rec.Clock))
	return err
}

// Checkpoint makes everything that is committed durable.
func (d *DB) Checkpoint(ctx context.Context) error {
	if d.db == nil {
		return nil
	}
	_, err := d.writer.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// Knows reports whether some noun applies records of the kind.
func (d *DB) Knows(kind string) bool { return d.apply[kind] != nil }
