package mlflow

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// openSQLite opens a database file for reading. One in write-ahead mode is copied with
// its log first: to read it in place, SQLite would write beside it.
func openSQLite(ctx context.Context, at string, o Options) (Source, error) {
	at, err := filepath.Abs(at)
	if err != nil {
		return nil, err
	}
	if !isFile(at) {
		return nil, errs.New(errs.NotFound, "there is no file %s", at)
	}
	d := &database{opts: o, one: noLock{}, number: func(int) string { return "?" }}
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", at)
	}
	d.about = About{ID: "sqlite:" + real, Words: "MLflow's database " + at}
	dir := filepath.Dir(real) // not itself a root: a database may lie in a home folder
	d.places = newPlaces(dir, o.Roots, filepath.Join(dir, "mlruns"), filepath.Join(dir, "mlartifacts"))
	read, err := d.readable(real)
	if err == nil {
		err = d.openFile(ctx, read)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *database) openFile(ctx context.Context, at string) error {
	db, err := index.ReadForeign(at)
	if err != nil {
		return unreadable(err)
	}
	d.ask, d.close = db, append(d.close, db.Close)
	rows, err := db.QueryContext(ctx, "SELECT count(*) FROM sqlite_master")
	if err != nil {
		return unreadable(err)
	}
	if err := rows.Close(); err != nil {
		return unreadable(err)
	}
	return d.learn(ctx)
}

// readable returns a file that can be read without writing anything beside the source.
func (d *database) readable(at string) (string, error) {
	head := make([]byte, 20)
	f, err := os.Open(at)
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "read %s", at)
	}
	_, err = io.ReadFull(f, head)
	f.Close()
	if err != nil || string(head[:15]) != "SQLite format 3" {
		return "", errs.New(errs.Invalid, "%s is no SQLite database", at)
	}
	if head[18] != 2 && !isFile(at+"-journal") {
		return at, nil
	}
	dir, err := os.MkdirTemp(d.opts.Temp, "rondo-import-")
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "copy the database")
	}
	d.close = append(d.close, func() error { return os.RemoveAll(dir) })
	copied := filepath.Join(dir, "mlflow.db")
	for range 5 {
		before := state(at)
		for _, suffix := range []string{"", "-wal", "-journal"} {
			if err := copyFile(at+suffix, copied+suffix); err != nil {
				return "", err
			}
		}
		if before == state(at) {
			return copied, settle(copied)
		}
	}
	return "", errs.New(errs.Unavailable, "the database is written to all the time, so it cannot be copied as it is at one moment").
		WithHint("stop `mlflow server` for the time of the import, or import from its address")
}

// state tells whether anything of a database has changed.
func state(at string) (s struct{ size, time [3]int64 }) {
	for i, suffix := range []string{"", "-wal", "-journal"} {
		if info, err := os.Stat(at + suffix); err == nil {
			s.size[i], s.time[i] = info.Size(), info.ModTime().UnixNano()
		}
	}
	return s
}

// copyFile copies a file; one that is not there is not there in the copy either.
func copyFile(from, to string) error {
	os.Remove(to)
	in, err := os.Open(from)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "copy the database")
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "copy the database")
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	return errs.Wrap(errs.Unavailable, err, "copy the database to read it")
}

// settle lets SQLite bring a copy's log into the copy.
func settle(at string) error {
	db, err := index.MakeForeign(at)
	if err != nil {
		return unreadable(err)
	}
	defer db.Close()
	_, err = db.Exec("PRAGMA journal_mode=DELETE")
	return unreadable(err)
}
