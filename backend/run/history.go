package run

import (
	"cmp"
	"context"
	"math"
	"slices"

	"rondo/backend/index"
	"rondo/backend/run/points"
)

// History returns the points of a metric in the order (time, step, value), from offset.
func (s *Service) History(ctx context.Context, id, key string, offset, limit int) (list []Point, total int, err error) {
	err = s.useLine(ctx, id, key, func(l *line) {
		total = len(l.spots)
		from := min(max(0, offset), total)
		list = l.points(key, from, from+min(max(0, limit), total-from))
	})
	return list, total, err
}

// Sample returns at most limit points per key over the whole history, with the extremes kept.
func (s *Service) Sample(ctx context.Context, id string, keys []string, limit int) (map[string][]Point, error) {
	all, err := s.read(ctx, id, keys)
	if err != nil {
		return nil, err
	}
	for k, list := range all {
		slices.SortStableFunc(list, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Time, b.Time)) })
		all[k] = thin(list, limit)
	}
	return all, nil
}

// read returns all points of the keys, sorted, each once: a client that repeats a
// call logs nothing twice. No keys means all keys.
func (s *Service) read(ctx context.Context, id string, keys []string) (map[string][]Point, error) {
	sure, err := s.confirmed(ctx, id)
	if err != nil {
		return nil, err
	}
	want := map[string]bool{}
	for _, k := range keys {
		want[k] = true
	}
	all := map[string][]Point{}
	for _, f := range filesOf(s.runs, id) {
		add := func(p Point) error { all[p.Key] = append(all[p.Key], p); return nil }
		if err := s.readFile(ctx, f, sure, want, add); err != nil {
			return nil, err
		}
	}
	for k, list := range all {
		slices.SortFunc(list, comparePoints)
		all[k] = slices.CompactFunc(list, func(a, b Point) bool { return comparePoints(a, b) == 0 })
	}
	return all, nil
}

func (s *Service) readFile(ctx context.Context, f pointFile, sure map[place]bool, want map[string]bool, add func(Point) error) error {
	wanted := func(key string) bool { return len(want) == 0 || want[key] }
	_, damage, err := points.Scan(pointsFile(s.runs, f.run, f.device), 0, func(b points.Block) error {
		if b.Pending && !sure[place{f.device, b.At}] {
			return nil
		}
		var refused error
		err := b.Each(wanted, func(p points.Point) {
			if refused == nil {
				refused = add(fromFile(p))
			}
		})
		return cmp.Or(err, refused, ctx.Err())
	})
	s.noteInside(damage)
	return err
}

// place is where a block lies among a run's files.
type place struct {
	device string
	at     int64
}

// confirmed lists the blocks that count because a record says so.
func (s *Service) confirmed(ctx context.Context, id string) (map[place]bool, error) {
	all := map[place]bool{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := stateOf(tx, id); err != nil {
			return err
		}
		rows, err := tx.Query("SELECT device, at FROM run_blocks WHERE run=?", id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var p place
			if err := rows.Scan(&p.device, &p.at); err != nil {
				return err
			}
			all[p] = true
		}
		return rows.Err()
	})
	return all, err
}

func comparePoints(a, b Point) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Step, b.Step), cmp.Compare(order(a.Value), order(b.Value)),
		cmp.Compare(a.Model, b.Model), cmp.Compare(a.Dataset.Name, b.Dataset.Name), cmp.Compare(a.Dataset.Digest, b.Dataset.Digest))
}

// thin keeps at most limit points: of each stretch the first, the lowest and highest
// and what is no number, so that no spike is lost on the way to a chart.
func thin(list []Point, limit int) []Point {
	if limit <= 0 || len(list) <= limit {
		return list
	}
	if limit < 4 {
		return evenly(list, limit)
	}
	buckets := (limit - 1) / 4
	out := make([]Point, 0, limit)
	for b := range buckets {
		part := list[b*len(list)/buckets : (b+1)*len(list)/buckets]
		for _, i := range telling(part) {
			out = append(out, part[i])
		}
	}
	if last := len(list) - 1; comparePoints(out[len(out)-1], list[last]) != 0 {
		out = append(out, list[last]) // a chart ends where the history does
	}
	return out
}

// telling returns the positions of the points of a stretch that a chart must show.
func telling(part []Point) []int {
	low, high, odd := -1, -1, -1
	for i, p := range part {
		switch {
		case math.IsNaN(p.Value):
			odd = i
		case low < 0:
			low, high = i, i
		case p.Value < part[low].Value:
			low = i
		case p.Value > part[high].Value:
			high = i
		}
	}
	at := []int{0, max(low, 0), max(high, 0), max(odd, 0)}
	slices.Sort(at)
	return slices.Compact(at)
}

func evenly(list []Point, limit int) []Point {
	out := make([]Point, limit)
	for i := range out {
		out[i] = list[(i+1)*len(list)/limit-1]
	}
	return out
}
