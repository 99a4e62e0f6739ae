package profile

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"rondo/backend/dataset/background"
	"rondo/backend/dataset/table"
)

const (
	partRows    = 1024
	partBytes   = 4 << 20
	maxGatherer = 8 // columns that are summarised at a time
)

// part are some rows of a table after each other.
type part struct {
	t      *table.Reader
	rows   int
	fields []string // row by row
	null   []bool   // the same, where the table tells null
}

// read takes the next rows; io.EOF is among them.
func (p *part) read() error {
	p.rows, p.fields, p.null = 0, p.fields[:0], p.null[:0]
	for size := 0; p.rows < partRows && size < partBytes; p.rows++ {
		row, err := p.t.Next()
		if err != nil {
			return err
		}
		p.fields = append(p.fields, row...)
		for i, v := range row {
			size += len(v)
			if p.t.Tells() {
				p.null = append(p.null, p.t.Null(i))
			}
		}
	}
	return nil
}

// gather reads a table to its end, each column into a summary; also may see its rows. Columns are summarised
// beside each other, and while the rows after them are read. The table is closed.
func gather(ctx context.Context, f table.File, open table.Opener, also func(t *table.Reader, row []string)) (t *table.Reader, columns []*summary, rows int64, err error) {
	if t, err = table.Open(f, open); err != nil {
		return nil, nil, 0, err
	}
	defer t.Close()
	columns = make([]*summary, len(t.Columns))
	for i := range columns {
		columns[i] = newSummary(len(columns))
	}
	now, next := &part{t: t}, &part{t: t}
	var gathering sync.WaitGroup
	defer gathering.Wait()
	for {
		err := now.read()
		gathering.Wait()
		rows += int64(now.rows)
		if err != nil && !errors.Is(err, io.EOF) {
			return t, columns, rows, err
		}
		now.summarise(&gathering, columns, also)
		if err != nil {
			return t, columns, rows, nil
		}
		if err := background.GiveWay(ctx); err != nil {
			return t, columns, rows, err
		}
		now, next = next, now
	}
}

// summarise adds the rows to the summaries, in the background.
func (p *part) summarise(gathering *sync.WaitGroup, columns []*summary, also func(t *table.Reader, row []string)) {
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), maxGatherer, len(columns)) {
		gathering.Go(func() {
			for i := int(taken.Add(1)) - 1; i <= len(columns); i = int(taken.Add(1)) - 1 {
				if i < len(columns) {
					p.column(i, columns[i])
				} else if also != nil {
					for r := range p.rows {
						also(p.t, p.fields[r*len(columns):(r+1)*len(columns)])
					}
				}
			}
		})
	}
}

// column adds the values of one column.
func (p *part) column(i int, s *summary) {
	width := len(p.t.Columns)
	for at := i; at < p.rows*width; at += width {
		switch v := p.fields[at]; {
		case !p.t.Tells():
			s.add(v, p.t.Plain(v))
		case p.null[at] || p.t.Kinds[i] == table.Real && v == "NaN":
			s.missing++
		default:
			v = strings.TrimSpace(v)
			s.value(v, v)
		}
	}
}
