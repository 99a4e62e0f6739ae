package serve

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/serve/capture"
)

var errClosed = errs.New(errs.Unavailable, "the server is closing")

// show adds a block's rows, right after it was written. If the index is behind the
// file it reads the file instead.
func show(tx *index.Tx, dir, device string, pos capture.Pos, rows []row) error {
	size, err := shown(tx, device, pos.File)
	if err != nil {
		return err
	}
	if size < pos.Offset && !(size == 0 && firstBlock(pos)) {
		_, err := catchUpFile(tx, dir, device, pos.File)
		return err
	}
	return insert(tx, device, pos, rows)
}

// firstBlock reports whether nothing but the header lies before the block.
func firstBlock(pos capture.Pos) bool { return pos.Offset == capture.Start }

// shown returns up to where a file's lines are in the index.
func shown(tx *index.Tx, device string, file int) (size int64, err error) {
	err = tx.QueryRow("SELECT size FROM serve_files WHERE device=? AND file=?", device, file).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return size, err
}

func insert(tx *index.Tx, device string, pos capture.Pos, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		r := &rows[i]
		var err error
		if r.truth {
			err = insertTruth(tx, device, pos.File, r)
		} else {
			_, err = tx.Exec("INSERT OR IGNORE INTO serve_captures VALUES (?,?,?,?,?,?,?,?)", r.endpoint, r.at, device, r.id, r.version, pos.File, pos.Offset, r.line)
		}
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(`INSERT INTO serve_files VALUES (?,?,?,?,?)
		ON CONFLICT DO UPDATE SET size=max(size, excluded.size), last=max(last, excluded.last)`,
		device, pos.File, pos.End, rows[0].at, rows[len(rows)-1].at)
	return err
}

// insertTruth keeps the truth of an id that was told last in each file: which of them counts is
// told by newestTruth, so that where a file goes, what another says counts again.
func insertTruth(tx *index.Tx, device string, file int, r *row) error {
	_, err := tx.Exec(`INSERT INTO serve_truth VALUES (?,?,?,?,?,?,?)
		ON CONFLICT DO UPDATE SET at=excluded.at, revision=excluded.revision, data=excluded.data WHERE excluded.at > at`, r.endpoint, r.id, r.at, device, file, r.revision, r.data)
	return err
}

// catchUp brings the index up to all devices' files, and lets go of files that are gone.
func catchUp(tx *index.Tx, dir string) (all []capture.Damage, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrPermission) { // whoever may read the project need not see what was asked of its models
		return nil, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errs.Wrap(errs.Unavailable, err, "list the captures")
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files, err := capture.Files(filepath.Join(dir, e.Name()))
		if err != nil {
			return all, err
		}
		for _, n := range files {
			damage, err := catchUpFile(tx, dir, e.Name(), n)
			if all = append(all, damage...); err != nil {
				return all, err
			}
		}
	}
	return all, forgetGone(tx, dir)
}

func catchUpFile(tx *index.Tx, dir, device string, n int) ([]capture.Damage, error) {
	from, err := shown(tx, device, n)
	if err != nil {
		return nil, err
	}
	_, damage, err := capture.Scan(filepath.Join(dir, device), n, from, func(at, end int64, text []byte) error {
		rows, err := rowsOf(text)
		if err != nil {
			return nil // a newer Rondo's lines, or none at all: the checksum says that nothing is broken
		}
		return insert(tx, device, capture.Pos{File: n, Offset: at, End: end}, rows)
	})
	return damage, err
}

// rowsOf reads what the index wants to know of a block's lines.
func rowsOf(text []byte) ([]row, error) {
	var rows []row
	for i, b := range capture.Lines(text) {
		l, err := parseLine(b)
		if err != nil {
			return nil, err
		}
		r := row{endpoint: l.Endpoint, at: l.At, id: l.ID, version: l.Version, line: i}
		if l.Kind == kindTruth {
			r.truth, r.revision = true, l.Revision
			r.data = truthData(Truth{ID: l.ID, Label: l.Label, Columns: l.Columns, At: l.Time, By: l.By})
		} else if l.Kind != kindCapture {
			continue
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func forgetGone(tx *index.Tx, dir string) error {
	type key struct {
		device string
		file   int
	}
	var gone []key
	err := tx.Each(func(rows *sql.Rows) error {
		var k key
		err := rows.Scan(&k.device, &k.file)
		if err == nil && !capture.Exists(filepath.Join(dir, k.device), k.file) {
			gone = append(gone, k)
		}
		return err
	}, "SELECT device, file FROM serve_files")
	if err != nil {
		return err
	}
	for _, k := range gone {
		if err := forget(tx, k.device, k.file); err != nil {
			return err
		}
	}
	return nil
}

func forget(tx *index.Tx, device string, file int) error {
	for _, q := range []string{
		"DELETE FROM serve_captures WHERE device=? AND file=?", "DELETE FROM serve_truth WHERE device=? AND file=?",
		"DELETE FROM serve_files WHERE device=? AND file=?",
	} {
		if _, err := tx.Exec(q, device, file); err != nil {
			return err
		}
	}
	return nil
}
