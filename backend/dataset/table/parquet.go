package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"rondo/backend/errs"
)

const (
	parquetMemory = 32 << 20  // bytes of a file that is read in memory; a larger one becomes a temporary file
	maxParquet    = 64 << 30  // bytes of a file
	maxRowGroup   = 512 << 20 // bytes of a column of a row group, unpacked: what a reader may have to hold
	parquetBatch  = 256       // rows that are read at once
)

// parquetRows reads a Parquet file row by row. The library trusts what it reads more than
// a file from elsewhere deserves; what it panics over is a file that is no table.
type parquetRows struct {
	groups []parquet.RowGroup
	rows   parquet.Rows
	leaves []leaf
	batch  []parquet.Row
	left   []parquet.Row
	row    []string
	null   []bool
}

func openParquet(open Opener) (*Reader, error) {
	file, size, done, err := spooled(open)
	if err != nil {
		return nil, err
	}
	t := &Reader{closers: []io.Closer{done}}
	p := &parquetRows{batch: make([]parquet.Row, parquetBatch)}
	err = guarded(func() error { return p.open(t, file, size) })
	if errors.Is(err, io.EOF) {
		err = parquetError("it is cut short")
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	t.next = func() (row []string, err error) {
		err = guarded(func() (err error) { row, err = p.next(); return err })
		return row, err
	}
	t.closers = append([]io.Closer{closing(p.close)}, t.closers...)
	return t, nil
}

type closing func() error

func (c closing) Close() error { return c() }

// guarded turns what a damaged file makes of the library into an answer.
func guarded(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = parquetError("%v", r)
		}
	}()
	err = fn()
	var known *errs.Error
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &known) {
		return err
	}
	return parquetError("%v", err)
}

func parquetError(format string, args ...any) error {
	e := errs.New(errs.Invalid, "no Parquet file: %.200s", fmt.Sprintf(format, args...))
	e.Err = quietTable{}
	return e.WithHint("write it again; until then the file is kept as it is, but not looked into")
}

// spooled makes a file that can be read at any place, which Parquet needs: it begins at its end.
func spooled(open Opener) (file io.ReaderAt, size int64, done io.Closer, err error) {
	r, err := open()
	if err != nil {
		return nil, 0, nil, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, parquetMemory))
	if err != nil {
		return nil, 0, nil, err
	}
	if len(head) < parquetMemory {
		return bytes.NewReader(head), int64(len(head)), closing(func() error { return nil }), nil
	}
	tmp, err := os.CreateTemp("", "rondo-parquet-*")
	if err != nil {
		return nil, 0, nil, err
	}
	done = closing(func() error { return errors.Join(tmp.Close(), os.Remove(tmp.Name())) })
	size, err = io.Copy(tmp, io.MultiReader(bytes.NewReader(head), io.LimitReader(r, maxParquet)))
	if err != nil {
		return nil, 0, nil, errors.Join(errs.Unwritten(tmp.Name(), err), done.Close())
	}
	return tmp, size, done, nil
}

func (p *parquetRows) open(t *Reader, file io.ReaderAt, size int64) error {
	if err := checkFooter(file, size); err != nil {
		return err
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	schema := f.Schema()
	paths := schema.Columns()
	if len(paths) == 0 || len(paths) > maxColumns {
		return parquetError("it has %d columns, and 1 to %d can be looked into", len(paths), maxColumns)
	}
	seen, halves := map[string]bool{}, halvesOf(f.Metadata().Schema)
	for _, path := range paths {
		column, ok := schema.Lookup(path...)
		name := strings.Join(path, ".")
		if !ok || seen[name] {
			return parquetError("the column %q is there twice", name)
		}
		seen[name] = true
		t.Columns, t.Types = append(t.Columns, name), append(t.Types, column.Node.Type().String())
		p.leaves = append(p.leaves, leafOf(schema, path, column, halves[len(p.leaves)]))
		t.Kinds = append(t.Kinds, p.leaves[len(p.leaves)-1].kind())
	}
	p.groups, p.row, p.null = f.RowGroups(), make([]string, len(paths)), make([]bool, len(paths))
	p.groups = slices.DeleteFunc(p.groups, func(g parquet.RowGroup) bool { return g.NumRows() == 0 })
	t.null = func(i int) bool { return p.null[i] }
	return p.checkColumns(f, file, size)
}

// checkFooter refuses an end that says to be longer than the file, for which the library makes room
// before it reads: four bytes of its length and "PAR1".
func checkFooter(file io.ReaderAt, size int64) error {
	var end [8]byte
	if _, err := file.ReadAt(end[:], max(0, size-8)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n := int64(binary.LittleEndian.Uint32(end[:])); n > size-12 {
		return parquetError("its end says that it has %d bytes", n)
	}
	return nil
}

// checkColumns refuses a file of which a little would fill the memory.
func (p *parquetRows) checkColumns(f *parquet.File, file io.ReaderAt, size int64) error {
	for _, g := range f.Metadata().RowGroups {
		for i, c := range g.Columns {
			if n := c.MetaData.TotalUncompressedSize; n < 0 || n > maxRowGroup {
				return parquetError("a column has %d bytes in one row group, over the limit of %d", n, maxRowGroup)
			}
			if i >= len(p.leaves) {
				return parquetError("a row group has more columns than the file")
			}
			if c.MetaData.NumValues == 0 { // such a column need have no pages
				continue
			}
			if c.MetaData.Codec == format.Lz4Raw { // the library hands out what was in memory before
				return parquetError("it is packed by LZ4, which is not read here")
			}
			if err := checkPages(file, size, &c.MetaData, p.leaves[i].list); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *parquetRows) next() ([]string, error) {
	for len(p.left) == 0 {
		if err := p.fill(); err != nil {
			return nil, err
		}
	}
	row := p.left[0]
	p.left = p.left[1:]
	clear(p.row)
	for i := range p.null {
		p.null[i] = true
	}
	row.Range(func(i int, values []parquet.Value) bool {
		if i < len(p.leaves) {
			p.row[i], p.null[i] = p.leaves[i].text(values)
		}
		return true
	})
	return p.row, nil
}

// fill reads some rows of the row group, or goes on to the next one.
func (p *parquetRows) fill() error {
	if p.rows == nil {
		if len(p.groups) == 0 {
			return io.EOF
		}
		rows, err := p.checkLists(p.groups[0])
		if err != nil {
			return err
		}
		p.batch = p.batch[:rows]
		p.rows, p.groups = p.groups[0].Rows(), p.groups[1:]
	}
	for i := range p.batch {
		p.batch[i] = p.batch[i][:0]
	}
	n, err := p.rows.ReadRows(p.batch)
	p.left = p.batch[:n]
	if errors.Is(err, io.EOF) || err == nil && n == 0 {
		err = p.rows.Close()
		p.rows = nil
	}
	return err
}

func (p *parquetRows) close() error {
	if p.rows == nil {
		return nil
	}
	return guarded(p.rows.Close)
}
