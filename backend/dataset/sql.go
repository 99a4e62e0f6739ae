package dataset

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/store"
)

// Answer is what a question in SQL gave.
type Answer struct {
	Tables  []string `json:"tables"` // that were loaded, as the question can name them
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
	More    bool     `json:"more"` // there are more rows than are given
	Millis  int64    `json:"ms"`
}

const (
	maxAnswer      = 10_000  // rows
	maxAnswerBytes = 8 << 20 // of texts
	maxLoaded      = 5_000_000
	maxQuery       = 64 << 10
	sqlTime        = 60 * time.Second
)

var errEnough = errors.New("enough")

// questionForm is what only reads. What looks like it and does not is stopped by the database.
var questionForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)^\s*(select|with|values|explain)\b`) })

// SQL asks a question of a snapshot's tables. Each is a table of SQLite, named after its
// file without the extension; those that the question names are loaded.
func (s *Service) SQL(ctx context.Context, snap Snapshot, query string) (a Answer, err error) {
	a = Answer{Tables: []string{}, Columns: []string{}, Rows: [][]any{}}
	if err := checkQuestion(query); err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, sqlTime)
	defer cancel()
	start := s.opts.Now()
	dir := filepath.Join(s.opts.Device, "tmp")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return a, errs.Unwritten(dir, err)
	}
	f, err := os.CreateTemp(dir, "sql-*.db")
	if err != nil {
		return a, errs.Unwritten(dir, err)
	}
	f.Close()
	db, err := index.OpenScratch(f.Name())
	if err != nil {
		return a, err
	}
	defer db.Close()
	if err := s.load(ctx, db, snap, query, &a); err != nil {
		return a, late(ctx, err)
	}
	err = db.Ask(ctx, query, a.take())
	if errors.Is(err, errEnough) {
		err = nil
	}
	a.Millis = s.opts.Now().Sub(start).Milliseconds()
	if err != nil && ctx.Err() == nil {
		return a, errs.New(errs.Invalid, "%w", err).WithHint("the tables are: %s", strings.Join(a.Tables, ", "))
	}
	return a, late(ctx, err)
}

func checkQuestion(query string) error {
	switch {
	case len(query) > maxQuery:
		return errs.New(errs.TooLarge, "the question has %d bytes, and may have %d", len(query), maxQuery).WithHint("ask for less at once")
	case !questionForm().MatchString(query):
		return errs.New(errs.Invalid, "that is no question: it must begin with SELECT, WITH, VALUES or EXPLAIN").
			WithHint("snapshots never change; write what you get into a file and `rondo data add` it")
	case another().MatchString(literals().ReplaceAllString(query, "''")):
		return errs.New(errs.Invalid, "these are several questions").WithHint("ask one at a time")
	}
	return nil
}

// literals are texts, quoted names and comments of SQL, in which a semicolon ends nothing.
var literals = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?s)'[^']*'|\"[^\"]*\"|`[^`]*`|\\[[^]]*\\]|--[^\\n]*|/\\*.*?\\*/")
})

// another is what follows the end of a question and is none itself.
var another = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`;[^;]*[^;\s'][^;]*`) })

func late(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errs.New(errs.Precondition, "the question takes longer than %s", sqlTime).WithHint("ask for less, or of a smaller table")
	}
	return err
}

// take gathers rows until there are enough.
func (a *Answer) take() func(columns []string, row []any) error {
	size := 0
	return func(columns []string, row []any) error {
		if a.Columns = columns; row == nil {
			return nil
		}
		if len(a.Rows) == maxAnswer || size > maxAnswerBytes {
			a.More = true
			return errEnough
		}
		one := make([]any, len(row))
		for i, v := range row {
			switch v := v.(type) {
			case []byte:
				one[i] = fmt.Sprintf("%d bytes", len(v))
			case float64:
				if one[i] = v; math.IsInf(v, 0) || math.IsNaN(v) {
					one[i] = fmt.Sprint(v)
				}
			case string:
				size += len(v)
				one[i] = v
			default:
				one[i] = v
			}
		}
		a.Rows = append(a.Rows, one)
		return nil
	}
}

// load fills the tables that the question names; the only one in any case.
func (s *Service) load(ctx context.Context, db *index.Scratch, snap Snapshot, query string, a *Answer) error {
	files, err := s.Files(ctx, snap)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	var tables []store.TreeFile
	var names []string
	for _, f := range files {
		if !table.Is(f.Path) {
			continue
		}
		name := strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))
		if taken[strings.ToLower(name)] {
			name = f.Path
		}
		taken[strings.ToLower(name)] = true
		tables, names = append(tables, f), append(names, name)
	}
	if len(tables) == 0 {
		return errs.New(errs.NotFound, "%s holds no table", snap.Ref()).WithHint("tables are .csv, .tsv, .jsonl, .ndjson and .parquet files")
	}
	a.Tables = append(a.Tables, names[:min(len(names), maxTables)]...)
	asked := strings.ToLower(query)
	for i, f := range tables {
		if len(tables) > 1 && !strings.Contains(asked, strings.ToLower(names[i])) {
			continue
		}
		err := s.whatCame(snap, f)
		if err == nil {
			err = s.loadOne(ctx, db, names[i], f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) loadOne(ctx context.Context, db *index.Scratch, name string, f store.TreeFile) error {
	t, err := table.Open(f.Path, s.opener(ctx, f.Digest))
	if err != nil {
		return asked(f.Path, err)
	}
	defer t.Close()
	values, rows := make([]any, len(t.Columns)), 0
	return asked(f.Path, db.Fill(ctx, name, t.Columns, func() ([]any, error) {
		row, err := t.Next()
		if err != nil {
			return nil, err
		}
		if rows++; rows > maxLoaded {
			return nil, errs.New(errs.TooLarge, "%s has more than %d rows", f.Path, maxLoaded).WithHint("ask DuckDB or pandas of the file itself: rondo data checkout")
		}
		for i, v := range row {
			values[i] = profile.Value(v)
		}
		return values, nil
	}))
}
