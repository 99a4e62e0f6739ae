package dataset

import (
	"errors"
	"io"
	"path"
	"strings"
)

// Kinds of tables, by the file's extension.
const (
	csvTable     = "csv"
	jsonTable    = "jsonl"
	parquetTable = "parquet"
)

func tableKind(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv":
		return csvTable
	case ".jsonl", ".ndjson":
		return jsonTable
	case ".parquet", ".parq":
		return parquetTable
	}
	return ""
}

// isTable reports whether a file is one that is read as a table.
func isTable(name string) bool { return tableKind(name) != "" }

// opener opens a table's file from its start, as often as it is asked.
type opener func() (io.ReadCloser, error)

// table reads rows one after the other in bounded memory. Every value is text; one that
// is missing is empty.
type table struct {
	Columns []string
	Types   []string // as the file itself declares them; none in CSV
	next    func() ([]string, error)
	closers []io.Closer
}

// Next returns the next row; it is valid until the next call. io.EOF ends the table.
func (t *table) Next() ([]string, error) { return t.next() }

func (t *table) Close() {
	for _, c := range t.closers {
		_ = c.Close() // it was only read
	}
}

// openTable reads the header. A file that is not the table its name promises is an error
// that is errTable.
func openTable(name string, open opener) (*table, error) {
	switch tableKind(name) {
	case jsonTable:
		return openJSON(open)
	case parquetTable:
		return openParquet(open)
	}
	r, err := open()
	if err != nil {
		return nil, err
	}
	c, err := openCSV(name, r)
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &table{Columns: c.Columns, next: c.Next, closers: []io.Closer{r}}, nil
}
