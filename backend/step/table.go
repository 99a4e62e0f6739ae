package step

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

// table is a CSV file in memory.
type table struct {
	path   string
	names  []string
	rows   [][]string
	ragged int // lines left out because they have another number of fields, or broken quotes
}

func readTable(ctx context.Context, root *os.Root, path string) (*table, error) {
	f, err := root.Open(path)
	if err != nil {
		return nil, errs.New(errs.NotFound, "table %s: %w", path, err).WithHint("run the stage that writes it, or fix its name in params.yaml")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	t := &table{path: path}
	if t.names, err = r.Read(); err != nil {
		return nil, errs.New(errs.Invalid, "table %s has no header line: %w", path, err)
	}
	t.names[0] = strings.TrimPrefix(t.names[0], "\ufeff")
	return t, t.fill(ctx, r)
}

func (t *table) fill(ctx context.Context, r *csv.Reader) error {
	for {
		row, err := r.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &parse) || err == nil && len(row) != len(t.names):
			t.ragged++
		case err != nil:
			return errs.New(errs.Unavailable, "table %s: %w", t.path, err)
		case ctx.Err() != nil:
			return ctx.Err()
		default:
			t.rows = append(t.rows, row)
		}
	}
}

// column returns the index of the named column.
func (t *table) column(name string) (int, error) {
	i := slices.Index(t.names, name)
	if i < 0 {
		return 0, errs.New(errs.Invalid, "table %s has no column %q; it has %s", t.path, name, strings.Join(t.names, ", ")).
			WithHint("name one of its columns in params.yaml")
	}
	return i, nil
}

// numbers returns the named column as numbers.
func (t *table) numbers(name string) ([]float64, error) {
	c, err := t.column(name)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(t.rows))
	for i, row := range t.rows {
		if out[i], err = strconv.ParseFloat(row[c], 64); err != nil {
			return nil, errs.New(errs.Invalid, "table %s, row %d, column %s: %q is not a number", t.path, i+1, name, row[c])
		}
	}
	return out, nil
}

func (t *table) texts(name string) ([]string, error) {
	c, err := t.column(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(t.rows))
	for i, row := range t.rows {
		out[i] = row[c]
	}
	return out, nil
}

func writeTable(root *os.Root, name string, names []string, rows [][]string) error {
	return writeFile(root, name, func(w io.Writer) error {
		c := csv.NewWriter(w)
		if err := c.Write(names); err != nil {
			return err
		}
		return c.WriteAll(rows)
	})
}

func writeFile(root *os.Root, name string, fill func(io.Writer) error) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return errs.New(errs.Unavailable, "folder of %s: %w", name, err)
	}
	f, err := root.Create(name)
	if err != nil {
		return errs.New(errs.Unavailable, "cannot write %s: %w", name, err)
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return errs.New(errs.Unavailable, "cannot write %s: %w", name, err)
	}
	return nil
}
