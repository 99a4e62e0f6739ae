package run

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"rondo/backend/index"
	"rondo/backend/run/search"
)

// A search by one metric wants one number of every run. The latest values of a run lie
// together, 20 kB of them where it has 1,500 metrics, and of many runs that is a
// gigabyte to read. So where runs have many metrics their values are kept a second
// time by metric: for each 1,024 runs with consecutive numbers, a span, a row for each
// key. A span is made in the background, and stops counting at the moment when one of
// its runs logs a metric; its runs are then read one by one until it is made anew. Like
// run_changes this says nothing of the project and is no part of a dump.
const columnsSchema = `
CREATE TABLE run_spans (span INTEGER PRIMARY KEY, state INTEGER NOT NULL) STRICT;
CREATE TABLE run_columns (key TEXT NOT NULL, span INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, span)) STRICT;
CREATE TRIGGER run_spans_new AFTER INSERT ON run_latest BEGIN DELETE FROM run_spans WHERE span = new.run >> 10; END;
CREATE TRIGGER run_spans_changed AFTER UPDATE ON run_latest BEGIN DELETE FROM run_spans WHERE span = new.run >> 10; END;`

const (
	spanBits = 10 // as in the triggers
	spanSize = 1 << spanBits

	minColumns    = 1 << 20 // bytes of a span's latest values; fewer are as quickly read as they are
	maxColumn     = 1 << 14 // keys of a span that are kept by themselves: runs with more have few in common
	columnsAtOnce = 256     // columns that are written together, so that nobody waits long
)

// States of a span. One that has no row is to be made.
const (
	spanPlain   = iota // it is not worth the while
	spanBegun          // its columns are being written and do not count yet
	spanColumns        // its columns hold what its runs do
)

// KeepColumns makes the columns of all full spans that have none. The service does so by
// itself for those whose runs rest.
func (s *Service) KeepColumns(ctx context.Context) error {
	missing, err := s.missingSpans(ctx)
	if err == nil {
		err = s.keepSpans(ctx, slices.Sorted(maps.Keys(missing)))
	}
	return err
}

func (s *Service) keepSpans(ctx context.Context, spans []int64) error {
	for _, span := range spans {
		if err := s.keepSpan(ctx, span); err != nil && !errors.Is(err, errChanged) { // which another time makes
			return err
		}
	}
	return nil
}

// missingSpans returns the full spans without columns, with the newest change of a run of each.
func (s *Service) missingSpans(ctx context.Context) (spans map[int64]int64, err error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	spans = map[int64]int64{}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var span, newest int64
			err := rows.Scan(&span, &newest)
			spans[span] = newest
			return err
		}, `WITH RECURSIVE full(span) AS (SELECT 0 WHERE (SELECT max(no) FROM run_runs) >= ?1-1
			UNION ALL SELECT span+1 FROM full WHERE (span+2)*?1 <= (SELECT max(no)+1 FROM run_runs)),
			missing(span) AS (SELECT span FROM full WHERE span NOT IN (SELECT span FROM run_spans WHERE state<>?2))
			SELECT m.span, coalesce(c.newest, 0) FROM missing m LEFT JOIN (SELECT run/?1 AS span, max(at) AS newest FROM run_changes GROUP BY 1) c
			ON c.span=m.span`, spanSize, spanBegun)
	})
	return spans, err
}

var errChanged = errors.New("a run of the span has logged a metric meanwhile")

func (s *Service) keepSpan(ctx context.Context, span int64) error {
	err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		_, err := tx.Exec("INSERT OR REPLACE INTO run_spans VALUES (?,?)", span, spanBegun)
		return err
	})
	if err != nil {
		return err
	}
	var columns map[string]*metricColumn
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		columns, err = columnsOf(tx, span)
		return err
	})
	if err != nil {
		return err
	}
	state := spanPlain
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(columns)), columnsAtOnce) {
		state = spanColumns
		if err := s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error { return storeColumns(tx, span, keys, columns) }); err != nil {
			return err
		}
	}
	return s.opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		if err := stillBegun(tx, span); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE run_spans SET state=? WHERE span=?", state, span)
		return err
	})
}

// stillBegun fails with errChanged where a change has taken the row of the span away.
func stillBegun(tx *index.Tx, span int64) error {
	var state int
	err := tx.QueryRow("SELECT state FROM run_spans WHERE span=?", span).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && state != spanBegun {
		return errChanged
	}
	return err
}

// storeColumns replaces what is there. A key never goes away from a run, so no column
// that is there is left with what was.
func storeColumns(tx *index.Tx, span int64, keys []string, columns map[string]*metricColumn) error {
	if err := stillBegun(tx, span); err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := tx.Exec("INSERT INTO run_columns VALUES (?,?,?) ON CONFLICT DO UPDATE SET data=excluded.data", k, span, columns[k].data); err != nil {
			return err
		}
	}
	return nil
}

// metricColumn is a metric's values of the runs of a span: for each run how much greater its
// number is than the one before, from the span's first, and the value.
type metricColumn struct {
	data []byte
	last int64
}

// columnsOf reads the latest values of a span by metric; none where that is not worth the while.
func columnsOf(tx *index.Tx, span int64) (map[string]*metricColumn, error) {
	from := span << spanBits
	var size int64
	err := tx.QueryRow("SELECT coalesce(sum(length(data)), 0) FROM run_latest WHERE run>=? AND run<?", from, from+spanSize).Scan(&size)
	if err != nil || size < minColumns {
		return nil, err
	}
	all := map[string]*metricColumn{}
	err = eachLatestIn(tx, from, from+spanSize, func(no int64, key []byte, v float64) bool {
		c := all[string(key)]
		if c == nil {
			c = &metricColumn{last: from}
			all[string(key)] = c
		}
		c.data = appendFloat(binary.AppendUvarint(c.data, uint64(no-c.last)), v)
		c.last = no
		return len(all) <= maxColumn
	})
	if len(all) > maxColumn {
		return nil, err
	}
	return all, err
}

// eachLatestIn calls fn for the latest values of runs in the order of their numbers.
func eachLatestIn(tx *index.Tx, from, to int64, fn func(no int64, key []byte, v float64) bool) error {
	return tx.Each(func(rows *sql.Rows) error {
		var no int64
		var data sql.RawBytes
		if err := rows.Scan(&no, &data); err != nil {
			return err
		}
		return eachLatest(data, func(key []byte, v float64) bool { return fn(no, key, v) })
	}, "SELECT run, data FROM run_latest WHERE run>=? AND run<? ORDER BY run", from, to)
}

// gatherMetrics reads the wanted metrics from their columns, and of the runs that are in
// none one by one.
func (g *gatherer) gatherMetrics(tx *index.Tx) error {
	spans, err := numbers(tx, "SELECT span FROM run_spans WHERE state=? ORDER BY span", spanColumns)
	if err != nil || len(spans) == 0 {
		if err == nil {
			err = g.gatherPacked(tx, search.Metric)
		}
		return err
	}
	for key, cells := range g.wanted {
		if err := readColumn(tx, key, cells); err != nil {
			return err
		}
	}
	g.more, g.many = nil, true // of other keys it would see some runs only
	from := int64(0)
	for _, span := range append(spans, math.MaxInt64>>spanBits) {
		if to := span << spanBits; from < to {
			err := eachLatestIn(tx, from, to, func(no int64, key []byte, v float64) bool {
				if c := g.wanted[string(key)]; c != nil {
					c.Number(int(no), v)
				}
				return true
			})
			if err != nil {
				return err
			}
		}
		from = (span + 1) << spanBits
	}
	return nil
}

func readColumn(tx *index.Tx, key string, cells *search.Cells) error {
	return tx.Each(func(rows *sql.Rows) error {
		var span int64
		var data sql.RawBytes
		if err := rows.Scan(&span, &data); err != nil {
			return err
		}
		no, u := span<<spanBits, unpacker{b: data}
		for u.more() {
			no += int64(u.uvarint())
			if v := u.float(); !u.bad {
				cells.Number(int(no), v)
			}
		}
		return u.err()
	}, "SELECT c.span, c.data FROM run_columns c JOIN run_spans s ON s.span=c.span WHERE c.key=? AND s.state=?", key, spanColumns)
}

const (
	columnsAfter = 5 * time.Second // that a start is not slower for them
	columnsEvery = time.Minute
)

// keepColumns makes columns from time to time, until the service closes: after the start
// of all spans, then of those in which nobody has logged for a while. A run that logs on
// and on would have its span made anew each time.
func (s *Service) keepColumns(ctx context.Context) {
	wait := time.NewTimer(columnsAfter)
	defer wait.Stop()
	var before map[int64]int64
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		missing, err := s.missingSpans(ctx)
		var rest []int64
		for span, newest := range missing {
			if was, known := before[span]; first || known && was == newest {
				rest = append(rest, span)
			}
		}
		slices.Sort(rest)
		if err == nil {
			_ = s.keepSpans(ctx, rest) // without them searches are slower, and not wrong
		}
		before = missing
		wait.Reset(columnsEvery)
	}
}
