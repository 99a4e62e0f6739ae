package dataset

import (
	"context"
	"io"
	"path/filepath"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/query"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// Rows returns some rows of a table of a snapshot: of the first table where file is empty.
func (s *Service) Rows(ctx context.Context, snap Snapshot, file string, offset int64, limit int) (query.Rows, error) {
	f, err := s.tableFile(ctx, snap, file)
	if err != nil {
		return query.Rows{}, err
	}
	header := s.headerOf(snap.Dataset)
	out, err := query.Page(ctx, table.File{Path: f.Path, Header: header}, s.openerOf(ctx, snap, f), offset, limit)
	if t := s.knownAll(ctx, snap)[f.Path]; t != nil && t.Current(header) {
		out.Total, out.Faults = t.Rows, t.Faults
	}
	return out, err
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

// knownAll is what the profile tells of each table, where it is made already.
func (s *Service) knownAll(ctx context.Context, snap Snapshot) map[string]*profile.Table {
	known := map[string]*profile.Table{}
	if p, err := s.recorded(ctx, snap); err == nil {
		for i, t := range p.Tables {
			known[t.Path] = &p.Tables[i]
		}
	}
	return known
}

// SQL asks a question of a snapshot's tables.
func (s *Service) SQL(ctx context.Context, snap Snapshot, question string) (query.Answer, error) {
	files, err := s.Files(ctx, snap)
	if err != nil {
		return query.Answer{}, err
	}
	var tables []query.Table
	count, of := &store.Count{}, &total{}
	profiled, header := s.knownAll(ctx, snap), s.headerOf(snap.Dataset)
	for _, f := range files {
		if !table.Is(f.Path) {
			continue
		}
		one := query.Table{File: table.File{Path: f.Path, Header: header}, Open: readings(f, count, of, s.openerOf(ctx, snap, f))}
		if t := profiled[f.Path]; t != nil && t.Current(header) && t.Problem == "" {
			one.Known = t
		}
		tables = append(tables, one)
	}
	if len(tables) == 0 {
		return query.Answer{}, errs.New(errs.NotFound, "%s holds no table", snap.Ref()).WithHint("tables are .csv, .tsv, .jsonl, .ndjson and .parquet files")
	}
	defer s.follow("sql", snap.Dataset, count, of)()
	return query.SQL(ctx, tables, question, filepath.Join(s.opts.Device, "tmp"))
}

// readings counts what is read of a table, and adds to what there is to read: its beginning is
// looked at first, and then it is read as often as its columns turn out to hold something else.
func readings(f store.TreeFile, count *store.Count, of *total, open table.Opener) table.Opener {
	open, opened := counting(count, f.Path, open), 0
	return func() (io.ReadCloser, error) {
		switch opened++; opened {
		case 1:
			of.more(1, 0)
		default:
			of.more(0, f.Size)
		}
		return open()
	}
}

// openerOf refuses a file that was never brought here.
func (s *Service) openerOf(ctx context.Context, snap Snapshot, f store.TreeFile) table.Opener {
	return func() (io.ReadCloser, error) {
		if err := s.whatCame(snap, f); err != nil {
			return nil, err
		}
		return s.opener(ctx, f.Digest)()
	}
}
