package dataset

import (
	"context"
	"errors"
	"io"
	"slices"

	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// Rows is a page of a table.
type Rows struct {
	File    string     `json:"file"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Offset  int64      `json:"offset"`
	Total   int64      `json:"total"` // as the profile counted them; 0 while it is being made
}

const (
	maxPage      = 1000
	maxPageBytes = 8 << 20
)

// Rows returns some rows of a table of a snapshot: of the first table where file is empty.
func (s *Service) Rows(ctx context.Context, snap Snapshot, file string, offset int64, limit int) (Rows, error) {
	f, err := s.tableFile(ctx, snap, file)
	if err == nil {
		err = s.whatCame(snap, f)
	}
	if err != nil {
		return Rows{}, err
	}
	out, err := RowsOf(ctx, f.Path, s.opener(ctx, f.Digest), offset, limit)
	if t, err := s.totals(ctx, snap); err == nil {
		out.Total = t[f.Path]
	}
	return out, err
}

// RowsOf returns some rows of a table, from offset on: limit, or 100 where that is 0.
func RowsOf(ctx context.Context, file string, open table.Opener, offset int64, limit int) (Rows, error) {
	out := Rows{File: file, Columns: []string{}, Rows: [][]string{}, Offset: offset}
	if offset < 0 || limit < 0 || limit > maxPage {
		return out, errs.New(errs.Invalid, "want an offset from 0 up and a limit from 1 to %d", maxPage)
	}
	if limit == 0 {
		limit = 100
	}
	t, err := table.Open(file, open)
	if err != nil {
		return out, asked(file, err)
	}
	defer t.Close()
	out.Columns = t.Columns
	return out, asked(file, out.fill(ctx, t, limit))
}

// asked turns a fault in a table into an answer to the one who asked for its rows.
func asked(file string, err error) error {
	if errors.Is(err, table.ErrNotTable) {
		return errs.New(errs.Precondition, "%s cannot be read as a table: %w", file, err).WithHint("%s", errs.HintOf(err))
	}
	return err
}

func (out *Rows) fill(ctx context.Context, t *table.Reader, limit int) error {
	size := 0
	for n := int64(0); len(out.Rows) < limit && size < maxPageBytes; n++ {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n < out.Offset {
			continue
		}
		for _, v := range row {
			size += len(v)
		}
		out.Rows = append(out.Rows, slices.Clone(row))
	}
	return nil
}

const whatHasRows = "rows are shown of .csv, .tsv, .jsonl, .ndjson and .parquet files"

func (s *Service) tableFile(ctx context.Context, snap Snapshot, file string) (store.TreeFile, error) {
	if file != "" {
		f, err := s.file(ctx, snap, file)
		if err == nil && !table.Is(f.Path) {
			err = errs.New(errs.Precondition, "%s is no table by its name", file).WithHint("%s; `rondo data cat %s %s` prints it", whatHasRows, snap.Ref(), file)
		}
		return f, err
	}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return store.TreeFile{}, err
	}
	for f, err := range l.All(ctx) {
		if err != nil || table.Is(f.Path) {
			return f, err
		}
	}
	return store.TreeFile{}, errs.New(errs.NotFound, "%s holds no table", snap.Ref()).WithHint(whatHasRows)
}

// totals are the rows of each table, where the profile is made already.
func (s *Service) totals(ctx context.Context, snap Snapshot) (map[string]int64, error) {
	if snap.Profile.IsZero() {
		return nil, nil
	}
	p, err := s.recorded(ctx, snap)
	rows := map[string]int64{}
	for _, t := range p.Tables {
		rows[t.Path] = t.Rows
	}
	return rows, err
}
