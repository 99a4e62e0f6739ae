package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	sqlite "modernc.org/sqlite"
)

// Scratch is a database of its own, in a file that is removed when it is closed. It holds
// somebody's tables for somebody's questions and has nothing to do with the index.
type Scratch struct {
	path string
	db   *sql.DB
}

// OpenScratch makes an empty database at path.
func OpenScratch(path string) (*Scratch, error) {
	db, err := openScratch(fileURI(path) + "?_pragma=page_size(16384)&_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=locking_mode(exclusive)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &Scratch{path, db}, nil
}

// quoted writes a name so that SQL takes it as one.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// ScratchColumn is a column of a table: its type is one of SQLite's, or empty for any.
type ScratchColumn struct{ Name, Type string }

// ScratchTable is the form of a table.
type ScratchTable struct {
	Name    string
	Columns []ScratchColumn
}

// create is the statement that makes the table.
func (t ScratchTable) create() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = quoted(c.Name) + " " + c.Type
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", quoted(t.Name), strings.Join(columns, ", "))
}

// Understand reports what is wrong with a question about tables of these forms, and asks nothing.
func Understand(ctx context.Context, tables []ScratchTable, query string) error {
	c, end, err := connect(ctx, ":memory:")
	if err != nil {
		return err
	}
	defer end()
	for _, t := range tables {
		if _, err := c.ExecContext(ctx, t.create()); err != nil {
			return err
		}
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	return prepared.Close()
}

// connect opens a database for a question, which is kept from other files, and from memory that
// it has no use for. The connection ends with end.
func connect(ctx context.Context, dsn string) (c *sql.Conn, end func(), err error) {
	db, err := openScratch(dsn)
	if err != nil {
		return nil, nil, err
	}
	if c, err = db.Conn(ctx); err != nil {
		db.Close()
		return nil, nil, err
	}
	end = func() { c.Close(); db.Close() }
	const attached, length = 7, 0 // SQLITE_LIMIT_ATTACHED, SQLITE_LIMIT_LENGTH
	for limit, most := range map[int]int{attached: 0, length: 16 << 20} {
		if _, err := sqlite.Limit(c, limit, most); err != nil {
			end()
			return nil, nil, err
		}
	}
	return c, end, nil
}

// Drop removes a table, which is filled anew.
func (s *Scratch) Drop(ctx context.Context, table string) error {
	_, err := s.db.ExecContext(ctx, "DROP TABLE "+quoted(table))
	return err
}

// Fill makes a table and puts rows into it: SQLite takes them itself, which is faster than to hand it each.
func (s *Scratch) Fill(ctx context.Context, t ScratchTable, rows Rows) error {
	from, done := streaming(t, rows)
	defer done()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range []string{
		t.create(), from.create("temp", filling),
		fmt.Sprintf("INSERT INTO main.%s SELECT * FROM temp.%s", quoted(t.Name), quoted(filling)),
		"DROP TABLE temp." + quoted(filling),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			if from.failed != nil && !errors.Is(from.failed, io.EOF) {
				return from.failed
			}
			return err
		}
	}
	return tx.Commit()
}

const filling = "rows that come"

// Ask opens the file anew, so that nothing can be written to it and no other file be
// attached, and hands the answer's columns and rows to fn, which ends it by an error.
func (s *Scratch) Ask(ctx context.Context, query string, fn func(columns []string, row []any) error) error {
	if err := s.db.Close(); err != nil {
		return err
	}
	c, end, err := connect(ctx, fileURI(s.path)+"?mode=ro&immutable=1&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer end()
	return answer(ctx, c, query, fn)
}

// answer hands the columns of an answer to fn, and then its rows.
func answer(ctx context.Context, c *sql.Conn, query string, fn func(columns []string, row []any) error) error {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := fn(columns, nil); err != nil {
		return err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := fn(columns, row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Close removes the file.
func (s *Scratch) Close() error { return errors.Join(s.db.Close(), os.Remove(s.path)) }
