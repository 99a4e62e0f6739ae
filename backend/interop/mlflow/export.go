package mlflow

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/run"
)

//go:embed schema.sql
var schema string

// Exported says what an export wrote.
type Exported struct {
	Folder    string   `json:"folder"`
	URI       string   `json:"uri"`       // of the database, for --backend-store-uri
	Artifacts string   `json:"artifacts"` // folder, for --artifacts-destination
	Counts    []Count  `json:"counts"`    // New is how many were written
	Points    int64    `json:"points"`
	Files     int64    `json:"files"`
	Bytes     int64    `json:"bytes"`
	Notes     []string `json:"notes"`
	Seconds   float64  `json:"seconds"`
}

// leaving is one export: a database and a folder of artifacts that have their names
// when they are whole.
type leaving struct {
	*Importer
	to   string // where it will be
	temp string // where it is written
	root *os.Root
	db   *sql.DB
	tx   *sql.Tx
	*tally
	datasets map[[3]string]string // uuids by experiment, name and digest
	models   map[string]bool      // logged models that are there
	names    map[string]bool      // of experiments
	stmts    map[string]*sql.Stmt
	infinite int
}

// Export writes everything that MLflow can hold into a folder that is empty or not
// there yet: an SQLite database and the artifacts beside it.
func (im *Importer) Export(ctx context.Context, folder string, tell func(Progress)) (x Exported, err error) {
	if err := free(folder); err != nil {
		return x, err
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return x, errs.Wrap(errs.Unavailable, err, "make %s", folder)
	}
	temp, err := os.MkdirTemp(filepath.Dir(folder), ".rondo-export-")
	if err != nil {
		return x, errs.Wrap(errs.Unavailable, err, "write beside %s", folder)
	}
	defer os.RemoveAll(temp)
	l := &leaving{
		Importer: im, to: folder, temp: temp, tally: newTally(tell), datasets: map[[3]string]string{}, models: map[string]bool{}, names: map[string]bool{}, stmts: map[string]*sql.Stmt{},
	}
	if err := errors.Join(os.Chmod(temp, 0o755), os.Mkdir(filepath.Join(temp, "mlartifacts"), 0o755)); err != nil {
		return x, errs.Wrap(errs.Unavailable, err, "write to %s", temp)
	}
	if l.root, err = os.OpenRoot(temp); err != nil {
		return x, errs.Wrap(errs.Unavailable, err, "write to %s", temp)
	}
	defer l.root.Close()
	if err := l.all(ctx); err != nil {
		return x, written(err)
	}
	if err := l.place(); err != nil {
		return x, err
	}
	return l.exported(), nil
}

func free(folder string) error {
	list, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return errs.New(errs.Invalid, "%s is no folder that can be written to: %w", folder, err)
	case len(list) > 0:
		return errs.New(errs.Conflict, "%s is not empty", folder).WithHint("name a folder that is empty or not there yet")
	}
	return nil
}

func written(err error) error {
	if errs.KindOf(err) != errs.Internal || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.Wrap(errs.Unavailable, err, "the store could not be written")
}

func (l *leaving) place() error {
	err := atomicfile.SyncAll(l.temp)
	if err == nil {
		if err = os.Remove(l.to); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(l.temp, l.to)
	}
	if err == nil {
		err = atomicfile.SyncDir(filepath.Dir(l.to))
	}
	return errs.Wrap(errs.Unavailable, err, "give the store its name")
}

func (l *leaving) exported() Exported {
	a := l.finish(About{})
	if l.infinite > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d infinite values are written as ±1.797e308, as MLflow's databases have them", l.infinite))
	}
	at := filepath.ToSlash(filepath.Join(l.to, "mlflow.db"))
	return Exported{
		Folder: l.to, URI: "sqlite:///" + at, Artifacts: filepath.Join(l.to, "mlartifacts"), Counts: a.Counts, Points: a.Points, Files: a.Files, Bytes: a.Bytes,
		Notes: a.Notes, Seconds: a.Seconds,
	}
}

func (l *leaving) all(ctx context.Context) (err error) {
	if l.db, err = index.MakeForeign(filepath.Join(l.temp, "mlflow.db")); err != nil {
		return err
	}
	defer func() {
		if e := l.db.Close(); err == nil {
			err = e
		}
	}()
	if _, err := l.db.ExecContext(ctx, schema); err != nil {
		return err
	}
	if err := l.begin(ctx); err != nil {
		return err
	}
	defer l.tx.Rollback()
	list, err := l.allExperiments(ctx)
	if err != nil {
		return err
	}
	l.with(func() { l.progress.Of = len(list) })
	for i, e := range list {
		l.with(func() { l.progress.Experiment, l.progress.Doing = i+1, "experiment "+e.Name })
		for _, part := range []func(context.Context, run.Experiment) error{l.experiment, l.logged, l.runsOf, l.tracesOf, l.scorersOf} {
			if err := part(ctx, e); err != nil {
				return err
			}
		}
	}
	for _, part := range []func(context.Context) error{l.registered, l.evaluation} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return l.tx.Commit()
}

func (l *leaving) begin(ctx context.Context) (err error) {
	l.tx, err = l.db.BeginTx(ctx, nil)
	return err
}

// put inserts a row, with statements that are prepared once.
func (l *leaving) put(query string, args ...any) error {
	s := l.stmts[query]
	if s == nil {
		var err error
		if s, err = l.tx.Prepare(query); err != nil {
			return err
		}
		l.stmts[query] = s
	}
	_, err := s.Exec(args...)
	return err
}

// pairs inserts keys with values in the order of the columns key, value, owner….
func (l *leaving) putPairs(query string, pairs map[string]string, owner ...any) error {
	for k, v := range pairs {
		if err := l.put(query, append([]any{k, v}, owner...)...); err != nil {
			return err
		}
	}
	return nil
}

// uri is the address of artifacts where the store will be.
func (l *leaving) uri(inside string) string {
	at := filepath.ToSlash(filepath.Join(l.to, "mlartifacts", filepath.FromSlash(inside)))
	if at[0] != '/' {
		at = "/" + at
	}
	return "file://" + (&url.URL{Path: at}).EscapedPath()
}

// artifacts copies those of a run or logged model, when they are what came.
func (l *leaving) artifacts(ctx context.Context, owner, inside string) error {
	if err := l.Runs.CheckArtifacts(ctx, owner, ""); err != nil {
		return err
	}
	return l.copied(ctx, l.Runs.ArtifactDir(owner), inside)
}

// copied copies a folder of the project's own into the artifacts.
func (l *leaving) copied(ctx context.Context, from, inside string) error {
	src, err := os.OpenRoot(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer src.Close()
	return fs.WalkDir(src.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		at := path.Join("mlartifacts", inside, name)
		if d.IsDir() {
			return l.root.MkdirAll(at, 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		return l.copyFile(src, name, at)
	})
}

func (l *leaving) copyFile(src *os.Root, name, at string) error {
	in, err := src.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	return l.fill(in, at)
}

// fill writes one file of the artifacts.
func (l *leaving) fill(in io.Reader, at string) error {
	out, err := l.root.Create(at)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, in)
	l.with(func() { l.progress.Files, l.progress.Bytes = l.progress.Files+1, l.progress.Bytes+n })
	if e := out.Close(); err == nil {
		err = e
	}
	return err
}

// ms is a time for a column; none is NULL.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// uuid is an id in the form that MLflow gives its own rows.
func uuid() string { return ref.NewID() }
