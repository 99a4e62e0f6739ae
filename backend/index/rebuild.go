package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"rondo/backend/errs"
	"rondo/backend/journal"
)

// CatchUp applies the records that the index has not seen. Where the journals and
// the index have parted (a restored folder, a record that belongs before one
// already applied), it starts again from nothing. It returns how many it applied.
func (d *DB) CatchUp(ctx context.Context, dir string) (int, []error, error) {
	n, damaged, err := d.replay(ctx, dir)
	if errors.Is(err, errParted) {
		if err := d.Reset(ctx); err != nil {
			return 0, nil, err
		}
		n, damaged, err = d.replay(ctx, dir)
	}
	if err != nil {
		return n, damaged, err
	}
	return n, damaged, d.refresh(ctx)
}

var errParted = errs.New(errs.Internal, "index and journal have parted")

type cursor struct {
	seq  int64
	hash string
}

func (d *DB) replay(ctx context.Context, dir string) (n int, damaged []error, err error) {
	err = d.Update(ctx, func(tx *Tx) error {
		cursors, newest, err := cursors(tx)
		if err != nil {
			return err
		}
		seen, last := map[string]bool{}, map[string]journal.Record{}
		damaged, err = journal.Walk(dir, func(r journal.Record) error {
			c := cursors[r.Device]
			if r.Seq <= c.seq {
				if r.Seq == c.seq {
					seen[r.Device] = r.Hash.String() == c.hash
				}
				return nil
			}
			if c.seq > 0 && !seen[r.Device] || int64(r.Clock) < newest {
				return errParted
			}
			n++
			if err := d.Apply(tx, r); err != nil {
				return fmt.Errorf("record %d of %s (%s): %w", r.Seq, r.Device, r.Kind, err)
			}
			last[r.Device] = r
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		for device := range cursors {
			if !seen[device] {
				return errParted
			}
		}
		for _, r := range last {
			if err := d.SetCursor(r); err != nil {
				return err
			}
		}
		return nil
	})
	return n, damaged, err
}

func cursors(tx *Tx) (map[string]cursor, int64, error) {
	rows, err := tx.Query("SELECT device, seq, hash, clock FROM index_cursor")
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	all, newest := map[string]cursor{}, int64(0)
	for rows.Next() {
		var device string
		var c cursor
		var clock int64
		if err := rows.Scan(&device, &c.seq, &c.hash, &clock); err != nil {
			return nil, 0, err
		}
		all[device], newest = c, max(newest, clock)
	}
	return all, newest, rows.Err()
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

// Dump writes every row of every noun as JSON lines, in an order that depends on
// nothing but the rows.
func (d *DB) Dump(ctx context.Context, w io.Writer) error {
	return d.View(ctx, func(tx *Tx) error {
		for _, n := range d.nouns {
			tables := append([]string(nil), n.Tables...)
			sort.Strings(tables)
			for _, t := range tables {
				if err := dumpTable(tx, w, t); err != nil {
					return fmt.Errorf("table %s: %w", t, err)
				}
			}
		}
		return nil
	})
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
