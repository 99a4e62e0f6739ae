package index

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	sqlite "modernc.org/sqlite"
	"modernc.org/sqlite/vtab"
)

// ErrAgain says that a question wants rows more than once that can be had only once.
var ErrAgain = errors.New("the rows are wanted more than once")

// Rows gives the rows of a table one after the other, each as long as its table has columns, until
// io.EOF. A row is valid until the next call.
type Rows func() ([]any, error)

// Stream answers a question of one table whose rows are read while SQLite asks for them, so that nothing is
// written anywhere; a question that wants them a second time ends with ErrAgain. What the rows end with is
// what it ends with.
func Stream(ctx context.Context, t ScratchTable, rows Rows, query string, fn func(columns []string, row []any) error) error {
	c, end, err := connect(ctx, ":memory:")
	if err != nil {
		return err
	}
	defer end()
	s, done := streaming(t, rows)
	defer done()
	for _, statement := range []string{s.create("main", t.Name), "PRAGMA query_only=1"} {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	err = answer(ctx, c, query, fn)
	if s.failed != nil && !errors.Is(s.failed, io.EOF) {
		return s.failed
	}
	return err
}

// stream is a table of SQLite whose rows come from elsewhere.
type stream struct {
	id     string
	shape  ScratchTable
	rows   Rows
	asked  bool
	row    []any
	number int64
	failed error // io.EOF after the last row
}

// streams are those that may be asked, by the id that their table names.
var streams sync.Map

var lastStream struct {
	sync.Mutex
	n int
}

func streaming(t ScratchTable, rows Rows) (s *stream, done func()) {
	lastStream.Lock()
	lastStream.n++
	s = &stream{id: strconv.Itoa(lastStream.n), shape: t, rows: rows}
	lastStream.Unlock()
	streams.Store(s.id, s)
	return s, func() { streams.Delete(s.id) }
}

func (s *stream) create(schema, name string) string {
	return fmt.Sprintf("CREATE VIRTUAL TABLE %s.%s USING %s(%s)", schema, quoted(name), streamModule, s.id)
}

const streamModule = "streamed"

// scratchDriver is SQLite with tables whose rows come from elsewhere, which the index has not.
var scratchDriver = sync.OnceValues(func() (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	return d, d.RegisterModule(streamModule, module{})
})

// openScratch opens a database that can have such tables.
func openScratch(dsn string) (*sql.DB, error) {
	d, err := scratchDriver()
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(scratchConnector{d, dsn}), nil
}

type scratchConnector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c scratchConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c scratchConnector) Driver() driver.Driver                        { return c.driver }

type module struct{}

func (m module) Create(c vtab.Context, args []string) (vtab.Table, error) { return m.Connect(c, args) }

func (module) Connect(c vtab.Context, args []string) (vtab.Table, error) {
	if len(args) == 4 {
		if s, ok := streams.Load(args[3]); ok {
			s := s.(*stream)
			return s, c.Declare(ScratchTable{Name: "x", Columns: s.shape.Columns}.create())
		}
	}
	return nil, errors.New("there are no such rows")
}

const manyRows = 1_000_000 // that a table is thought to have

func (s *stream) BestIndex(info *vtab.IndexInfo) error {
	info.EstimatedCost, info.EstimatedRows = manyRows, manyRows
	return nil
}

func (s *stream) Open() (vtab.Cursor, error) { return (*cursor)(s), nil }
func (s *stream) Disconnect() error          { return nil }
func (s *stream) Destroy() error             { return nil }

type cursor stream

func (c *cursor) Filter(int, string, []vtab.Value) error {
	if c.asked {
		c.failed = ErrAgain
		return ErrAgain
	}
	c.asked = true
	return c.Next()
}

func (c *cursor) Next() error {
	c.number++
	if c.row, c.failed = c.rows(); c.failed != nil && !errors.Is(c.failed, io.EOF) {
		return c.failed
	}
	return nil
}

func (c *cursor) Eof() bool                        { return c.failed != nil }
func (c *cursor) Column(i int) (vtab.Value, error) { return c.row[i], nil }
func (c *cursor) Rowid() (int64, error)            { return c.number, nil }
func (c *cursor) Close() error                     { return nil }
