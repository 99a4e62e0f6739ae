package serve

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/serve/capture"
)

const (
	usualLimit = 1000
	maxLimit   = 100_000
)

// found is where a capture lies, with its truth.
type found struct {
	at     int64
	device string
	file   int
	block  int64
	line   int
	truth  *string
}

// Captures returns recorded rows with their truth. Rows answered a moment ago may
// still be on their way to the disk; Flush waits for them.
func (s *Service) Captures(ctx context.Context, q Query) ([]Capture, error) {
	list := []Capture{}
	if _, err := s.find(q.Endpoint); err != nil && !s.hasCaptures(ctx, q.Endpoint) {
		return nil, err
	}
	places, err := s.places(ctx, q)
	if err != nil {
		return nil, err
	}
	blocks := blockReader{dir: capturesDir(s.opts.Dir)}
	for _, f := range places {
		l, err := blocks.line(f)
		if err != nil {
			return nil, err
		}
		c, err := l.capture(f)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (l line) capture(f found) (Capture, error) {
	c := Capture{
		ID: l.ID, RequestID: l.RequestID, Endpoint: l.Endpoint, Model: l.Model, Version: l.Version, Time: time.UnixMicro(l.At).UTC(),
		Inputs: l.Inputs, Outputs: l.Outputs, Prediction: l.Prediction, Score: l.Score, Attributes: l.Attributes,
		LatencyUS: l.LatencyUS, Status: l.Status, Cursor: cursor(f.at, f.device),
	}
	if f.truth == nil {
		return c, nil
	}
	c.Truth = &Truth{}
	dec := json.NewDecoder(strings.NewReader(*f.truth))
	dec.UseNumber()
	if err := dec.Decode(c.Truth); err != nil {
		return c, errs.New(errs.Corrupt, "the truth of %s: %w", l.ID, err)
	}
	c.Truth.Label = exact(c.Truth.Label)
	for k, v := range c.Truth.Columns {
		c.Truth.Columns[k] = exact(v)
	}
	return c, nil
}

// places asks the index which rows a query means.
func (s *Service) places(ctx context.Context, q Query) (list []found, err error) {
	where, args, err := q.where()
	if err != nil {
		return nil, err
	}
	order := "c.at, c.device"
	if q.Newest {
		order = "c.at DESC, c.device DESC"
	}
	if q.Limit <= 0 {
		q.Limit = usualLimit
	}
	args = append(args, min(q.Limit, maxLimit))
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		return tx.Each(func(rows *sql.Rows) error {
			var f found
			err := rows.Scan(&f.at, &f.device, &f.file, &f.block, &f.line, &f.truth)
			list = append(list, f)
			return err
		}, `SELECT c.at, c.device, c.file, c.block, c.line, t.data FROM serve_captures c
			LEFT JOIN serve_truth t ON t.endpoint=c.endpoint AND t.id=c.id`+newestTruth+` WHERE `+where+` ORDER BY `+order+` LIMIT ?`, args...)
	})
	return list, err
}

// newestTruth takes of all truths of a capture the one that was told last, on whatever device.
const newestTruth = ` AND NOT EXISTS (SELECT 1 FROM serve_truth n WHERE n.endpoint=t.endpoint AND n.id=t.id AND (n.at, n.device) > (t.at, t.device))`

func (q Query) where() (string, []any, error) {
	parts, args := []string{"c.endpoint=?"}, []any{q.Endpoint}
	add := func(part string, values ...any) { parts, args = append(parts, part), append(args, values...) }
	if q.After != "" {
		at, device, err := parseCursor(q.After)
		if err != nil {
			return "", nil, err
		}
		if q.Newest {
			add("(c.at, c.device) < (?, ?)", at, device)
		} else {
			add("(c.at, c.device) > (?, ?)", at, device)
		}
	}
	if q.Until != "" {
		at, device, err := parseCursor(q.Until)
		if err != nil {
			return "", nil, err
		}
		add("(c.at, c.device) <= (?, ?)", at, device)
	}
	if !q.From.IsZero() {
		add("c.at>=?", q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		add("c.at<?", q.To.UnixMicro())
	}
	if q.Version != 0 {
		add("c.version=?", q.Version)
	}
	if q.Labelled != nil && *q.Labelled {
		add("t.id IS NOT NULL")
	} else if q.Labelled != nil {
		add("t.id IS NULL")
	}
	return strings.Join(parts, " AND "), args, nil
}

func cursor(at int64, device string) string { return fmt.Sprintf("%d.%s", at, device) }

func parseCursor(s string) (int64, string, error) {
	first, device, ok := strings.Cut(s, ".")
	at, err := strconv.ParseInt(first, 10, 64)
	if !ok || err != nil {
		return 0, "", errs.New(errs.Invalid, "%.80q is no cursor of captures", s).WithHint("use the cursor of the last capture that you have seen")
	}
	return at, device, nil
}

// blockReader reads lines and keeps the last block of each of a few files at hand.
type blockReader struct {
	dir  string
	kept map[string]keptBlock
}

type keptBlock struct {
	offset int64
	lines  [][]byte
}

func (r *blockReader) line(f found) (line, error) {
	dir := filepath.Join(r.dir, f.device)
	key := fmt.Sprintf("%s/%d", f.device, f.file)
	b, ok := r.kept[key]
	if !ok || b.offset != f.block {
		text, err := capture.Read(dir, f.file, f.block)
		if err != nil {
			return line{}, err
		}
		b = keptBlock{f.block, capture.Lines(text)}
		if r.kept == nil || len(r.kept) > 8 {
			r.kept = map[string]keptBlock{}
		}
		r.kept[key] = b
	}
	if f.line >= len(b.lines) {
		return line{}, errs.New(errs.Corrupt, "captures %s at %d hold %d lines; the index knows more", key, f.block, len(b.lines))
	}
	return parseLine(b.lines[f.line])
}
