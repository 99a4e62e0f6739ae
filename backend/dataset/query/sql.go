package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/errs"
	"rondo/backend/index"
)

// Answer is what a question in SQL gave.
type Answer struct {
	Tables  []string `json:"tables"` // that were loaded, as the question can name them
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"` // whole numbers beyond 2^53 are texts
	More    bool     `json:"more"` // there are more rows than are given
	Millis  int64    `json:"ms"`

	Faults []Faulty `json:"faults,omitempty"` // tables with lines that are no rows, which were not asked
}

// Faulty is a table with lines that are no rows of it.
type Faulty struct {
	Table string `json:"table"`
	table.Faults
}

// faulty notes the lines of a table that are no rows, as its profile has them, else as they were met.
func (a *Answer) faulty(one asking, met *table.Faults) {
	if one.Known != nil {
		met = one.Known.Faults
	}
	if met != nil {
		a.Faults = append(a.Faults, Faulty{one.name, *met})
	}
}

const (
	maxAnswer      = 10_000  // rows
	maxAnswerBytes = 8 << 20 // of texts
	maxNamed       = 200     // tables of which an answer tells the names
	maxLoaded      = 5_000_000
	maxQuestion    = 64 << 10
	sqlTime        = 60 * time.Second
	exact          = 1 << 53 // up to which programs that read JSON tell whole numbers apart
)

var errEnough = errors.New("enough")

// questionForm is what only reads. What looks like it and does not is stopped by the database.
var questionForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)^\s*(select|with|values|explain)\b`) })

// Table is a file that can be asked.
type Table struct {
	table.File // whose path ends as table.Is wants it

	Open  table.Opener
	Known *profile.Table // where it is made already
}

// SQL asks a question of tables. Each is one of SQLite, named after its file without the
// extension. One that the question names once is read while it is answered; others are loaded, into a file
// in the folder dir, which is made.
func SQL(ctx context.Context, tables []Table, question, dir string) (a Answer, err error) {
	a = Answer{Tables: []string{}, Columns: []string{}, Rows: [][]any{}}
	if err := checkQuestion(question); err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, sqlTime)
	defer cancel()
	start := time.Now()
	err = a.ask(ctx, tables, question, dir)
	a.Millis = time.Since(start).Milliseconds()
	return a, late(ctx, err)
}

func (a *Answer) ask(ctx context.Context, tables []Table, question, dir string) error {
	about, err := a.understand(ctx, tables, question)
	if err != nil {
		return err
	}
	if streams(question, about) {
		if answered, err := a.stream(ctx, about[0], question); answered || err != nil {
			return a.ended(ctx, err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errs.Unwritten(dir, err)
	}
	f, err := os.CreateTemp(dir, "sql-*.db")
	if err != nil {
		return errs.Unwritten(dir, err)
	}
	f.Close()
	db, err := index.OpenScratch(f.Name())
	if err != nil {
		return err
	}
	defer db.Close()
	for _, one := range about {
		faults, err := one.fill(ctx, db)
		if err != nil {
			return err
		}
		a.faulty(one, faults)
	}
	return a.ended(ctx, db.Ask(ctx, question, a.take()))
}

// ended is what an answer ends with: enough is no error, and what SQLite says is put into words.
func (a *Answer) ended(ctx context.Context, err error) error {
	var known *errs.Error
	switch {
	case err == nil, errors.Is(err, errEnough):
		return nil
	case ctx.Err() != nil, errors.As(err, &known):
		return err
	}
	return a.refused(err, nil)
}

// refused says what the database does not understand, without its own numbers, and what there is to ask.
func (a *Answer) refused(err error, about []asking) error {
	words := wrapped().ReplaceAllString(err.Error(), "$1")
	hint := "the tables are: " + strings.Join(a.Tables, ", ")
	if strings.Contains(words, "no such column") && len(about) == 1 {
		hint = "the columns of " + about[0].name + " are: " + strings.Join(about[0].columns, ", ")
	}
	return errs.New(errs.Invalid, "%s", words).WithHint("%s", hint)
}

// wrapped is what the driver puts around SQLite's own words.
var wrapped = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^SQL logic error: (.*) \(\d+\)$`) })

func checkQuestion(question string) error {
	switch {
	case len(question) > maxQuestion:
		return errs.New(errs.TooLarge, "the question has %d bytes, and may have %d", len(question), maxQuestion).WithHint("ask for less at once")
	case !questionForm().MatchString(question):
		return errs.New(errs.Invalid, "that is no question: it must begin with SELECT, WITH, VALUES or EXPLAIN").
			WithHint("snapshots never change; write what you get into a file and `rondo data add` it")
	case another().MatchString(literals().ReplaceAllString(question, "''")):
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
			case int64:
				if one[i] = v; v > exact || v < -exact {
					one[i] = strconv.FormatInt(v, 10)
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

// understand finds the tables that the question names, the only one in any case, with the columns that it
// names. What cannot be answered is known before anything is read.
func (a *Answer) understand(ctx context.Context, tables []Table, question string) (about []asking, err error) {
	names := namesOf(tables)
	a.Tables = append(a.Tables, names[:min(len(names), maxNamed)]...)
	var shapes []index.ScratchTable
	var none error // of a table that is none, and may not be meant
	for i, t := range tables {
		if len(tables) > 1 && mentioned(question, names[i]) == 0 {
			continue
		}
		one, err := askingOf(t, names[i], question)
		if errors.Is(err, table.ErrNotTable) && len(tables) > 1 {
			none = cmp.Or(none, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		about, shapes = append(about, one), append(shapes, one.shape())
	}
	if err := index.Understand(ctx, shapes, question); err != nil {
		if none != nil && strings.Contains(err.Error(), "no such table") {
			return nil, none
		}
		return nil, a.refused(err, about)
	}
	return about, nil
}

// namesOf are what a question calls the tables: two that would be called alike have their paths.
func namesOf(tables []Table) (names []string) {
	taken := map[string]bool{}
	for _, t := range tables {
		name := strings.TrimSuffix(path.Base(t.Path), path.Ext(t.Path))
		if taken[strings.ToLower(name)] {
			name = t.Path
		}
		taken[strings.ToLower(name)] = true
		names = append(names, name)
	}
	return names
}
