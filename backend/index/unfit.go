package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rondo/backend/errs"
	"rondo/backend/journal"
)

// A record may not fit the rows: it is about something that another device made whose
// records are not here yet, or are damaged; or two devices made the same thing before
// they knew of each other. It must not keep the project from opening. What all devices
// pass over is the same, since all of them apply the same records in the same order, and
// a record that comes later and belongs before lets everything be applied anew.

// unfit reports whether an Apply function has refused a record, and not the disk.
func unfit(err error) bool {
	if err == nil || errors.Is(err, ErrLost) {
		return false
	}
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	if errors.Is(err, sql.ErrNoRows) || errors.As(err, &syntax) || errors.As(err, &shape) {
		return true
	}
	if broken := (*sqlite.Error)(nil); errors.As(err, &broken) {
		return broken.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
	}
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Conflict, errs.Precondition, errs.Invalid:
		return true
	}
	return false
}

// applyFitting is Apply that notes a record which does not fit, and passes it over.
func (d *DB) applyFitting(tx *Tx, rec journal.Record) error {
	err := tx.Nested(func() error { return d.Apply(tx, rec) })
	if !unfit(err) {
		return err
	}
	_, err = tx.Exec("INSERT INTO index_unfit VALUES (?,?,?,?,?)", rec.Device, rec.Seq, rec.Kind, rec.ID, err.Error())
	return err
}

// passedOver tells of each record that does not fit.
func (d *DB) passedOver(ctx context.Context) (list []error, err error) {
	err = d.View(ctx, func(tx *Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var device, kind, id, why string
			var seq int64
			err := rows.Scan(&device, &seq, &kind, &id, &why)
			list = append(list, errs.New(errs.Conflict, "record %d of the journal of %s (%s of %.80s) does not fit what is known here, and is passed over: %s", seq, device, kind, id, why).
				WithHint("where records of another device are still on their way, or are damaged, it counts as soon as they are here"))
			return err
		}, "SELECT device, seq, kind, id, why FROM index_unfit ORDER BY device, seq")
	})
	return list, err
}
