package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// CatchUp applies the records that the index has not seen. Where the journals and
// the index have parted (a restored folder, a record that belongs before one
// already applied), it starts again from nothing. It returns how many it applied.
func (d *DB) CatchUp(ctx context.Context, dir string) (n int, damaged []error, err error) {
	n, damaged, err = d.replayAll(ctx, dir, d.Apply)
	if unfit(err) { // rare: to be able to undo each record by itself costs a tenth
		n, damaged, err = d.replayAll(ctx, dir, d.applyFitting)
	}
	if err != nil {
		return n, damaged, err
	}
	passed, err := d.passedOver(ctx)
	if err != nil {
		return n, damaged, err
	}
	return n, append(damaged, passed...), d.refresh(ctx)
}

var errParted = errs.New(errs.Internal, "index and journal have parted")

func (d *DB) replayAll(ctx context.Context, dir string, apply func(*Tx, journal.Record) error) (n int, damaged []error, err error) {
	n, damaged, err = d.replay(ctx, dir, apply)
	if errors.Is(err, errParted) {
		if err := d.Reset(ctx); err != nil {
			return 0, nil, err
		}
		n, damaged, err = d.replay(ctx, dir, apply)
	}
	return n, damaged, err
}

func (d *DB) replay(ctx context.Context, dir string, apply func(*Tx, journal.Record) error) (n int, damaged []error, err error) {
	err = d.Update(ctx, func(tx *Tx) error {
		known, newest, err := knownOf(tx)
		if err != nil {
			return err
		}
		last := map[string]journal.Record{}
		var sealed []journal.Sealed
		w := journal.Walker{Dir: dir, Known: known, Sealed: func(s journal.Sealed) { sealed = append(sealed, s) }}
		damaged, err = w.Walk(func(r journal.Record) error {
			if int64(r.Clock) < newest {
				return errParted
			}
			n++
			if err := apply(tx, r); err != nil {
				return fmt.Errorf("record %d of %s (%s): %w", r.Seq, r.Device, r.Kind, err)
			}
			last[r.Device] = r
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		for device := range known {
			if !w.Reached[device] {
				return errParted
			}
		}
		for _, r := range last {
			if err := d.SetCursor(r); err != nil {
				return err
			}
		}
		return d.SetSealed(sealed)
	})
	return n, damaged, err
}

// Known says how far each device's journal is applied.
func (d *DB) Known(ctx context.Context) (known map[string]journal.Known, err error) {
	err = d.View(ctx, func(tx *Tx) error {
		known, _, err = knownOf(tx)
		return err
	})
	return known, err
}

// knownOf also returns the newest clock of all.
func knownOf(tx *Tx) (map[string]journal.Known, int64, error) {
	all, newest := map[string]journal.Known{}, int64(0)
	err := each(tx, "SELECT device, seq, hash, clock FROM index_cursor", func(rows *sql.Rows) error {
		var device, hash string
		var k journal.Known
		if err := rows.Scan(&device, &k.Seq, &hash, &k.Clock); err != nil {
			return err
		}
		var err error
		k.Hash, err = ref.Parse(hash)
		all[device], newest = k, max(newest, int64(k.Clock))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	err = each(tx, "SELECT device, number, size, modified, seq, hash FROM index_sealed ORDER BY device, number", func(rows *sql.Rows) error {
		var s journal.Sealed
		var hash string
		if err := rows.Scan(&s.Device, &s.Number, &s.Size, &s.Modified, &s.Seq, &hash); err != nil {
			return err
		}
		var err error
		s.Hash, err = ref.Parse(hash)
		if k, ok := all[s.Device]; ok && s.Number == len(k.Sealed)+1 {
			k.Sealed = append(k.Sealed, s)
			all[s.Device] = k
		}
		return err
	})
	return all, newest, err
}

func each(tx *Tx, query string, fn func(*sql.Rows) error) error {
	rows, err := tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SetSealed notes, inside the write transaction, which sealed files were read whole.
func (d *DB) SetSealed(list []journal.Sealed) error {
	for _, s := range list {
		if _, err := d.writer.Exec("INSERT OR REPLACE INTO index_sealed VALUES (?,?,?,?,?,?)",
			s.Device, s.Number, s.Size, s.Modified, s.Seq, s.Hash.String()); err != nil {
			return err
		}
	}
	return nil
}

// refresh lets the nouns add what comes from files, once per fresh database.
func (d *DB) refresh(ctx context.Context) error {
	return d.Update(ctx, func(tx *Tx) error {
		var done int
		if err := tx.QueryRow("SELECT refreshed FROM index_state").Scan(&done); err != nil || done == 1 {
			return err
		}
		for _, n := range d.nouns {
			if n.Refresh == nil {
				continue
			}
			if err := n.Refresh(tx); err != nil {
				return fmt.Errorf("refresh %s: %w", n.Name, err)
			}
		}
		_, err := tx.Exec("UPDATE index_state SET refreshed = 1")
		return err
	})
}

// Cursors is the table of how far into each device's journal the rows come from.
const Cursors = "index_cursor"

// Dump writes every row of every noun as JSON lines, in an order that depends on
// nothing but the rows. With Cursors as one more, two dumps tell whether something was
// written between them.
func (d *DB) Dump(ctx context.Context, w io.Writer, more ...string) error {
	return d.View(ctx, func(tx *Tx) error {
		for _, n := range d.nouns {
			if err := dumpTables(tx, w, n.Tables); err != nil {
				return err
			}
		}
		return dumpTables(tx, w, more)
	})
}

func dumpTables(tx *Tx, w io.Writer, tables []string) error {
	for _, t := range slices.Sorted(slices.Values(tables)) {
		if err := dumpTable(tx, w, t); err != nil {
			return fmt.Errorf("table %s: %w", t, err)
		}
	}
	return nil
}

func dumpTable(tx *Tx, w io.Writer, table string) error {
	rows, err := tx.Query(`SELECT * FROM "` + table + `"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var lines []string
	for rows.Next() {
		line, err := dumpRow(rows, columns)
		if err != nil {
			return err
		}
		lines = append(lines, `{"table":"`+table+`",`+line[1:]+"\n")
	}
	sort.Strings(lines)
	for _, l := range lines {
		if _, err := io.WriteString(w, l); err != nil {
			return err
		}
	}
	return rows.Err()
}

func dumpRow(rows *sql.Rows, columns []string) (string, error) {
	values := make([]any, len(columns))
	ptrs := make([]any, len(columns))
	for i := range values {
		ptrs[i] = &values[i]
	}
	if err := rows.Scan(ptrs...); err != nil {
		return "", err
	}
	row := map[string]any{}
	for i, c := range columns {
		switch v := values[i].(type) {
		case float64:
			row[c] = fmt.Sprint(v) // NaN and infinities have no JSON
		default:
			row[c] = v
		}
	}
	b, err := json.Marshal(row)
	return string(b), err
}
