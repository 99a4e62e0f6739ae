package run

import (
	"cmp"
	"context"
	"os"
	"slices"
	"sync"

	"rondo/backend/run/points"
)

// line is the whole history of one metric of one run, as it is shown: sorted, each
// point once. A history is read page by page, and looked at again while it grows.
type line struct {
	spots  []spot
	series []series
	sure   int              // blocks that counted because a record says so
	ends   map[string]int64 // how far each device's file was read
	used   int64
}

// spot is a point without its names.
type spot struct {
	time, step int64
	value      float64
	series     int32
}

// series is what a history's points have in common.
type series struct {
	model string
	data  Dataset
}

type lineKey struct{ run, key string }

// lines keeps the histories that were last asked for.
type lines struct {
	mu    sync.Mutex
	clock int64
	kept  map[lineKey]*line
}

const maxLines = 2 << 20 // points of all that are kept

// use runs fn with the line as it is on disk now.
func (s *Service) useLine(ctx context.Context, id, key string, fn func(*line)) error {
	sure, err := s.confirmed(ctx, id)
	if err != nil {
		return err
	}
	s.lines.mu.Lock()
	defer s.lines.mu.Unlock()
	k := lineKey{id, key}
	l := s.lines.kept[k]
	if l == nil || l.sure != len(sure) || !s.grown(id, l) {
		l = &line{sure: len(sure), ends: map[string]int64{}}
	}
	if err := s.extend(ctx, id, key, l, sure); err != nil {
		return err
	}
	s.lines.keep(k, l)
	fn(l)
	return nil
}

// grown reports whether no file of the line became shorter, as one does that is cut.
func (s *Service) grown(id string, l *line) bool {
	for device, end := range l.ends {
		info, err := os.Stat(pointsFile(s.runs, id, device))
		if err != nil || info.Size() < end {
			return false
		}
	}
	return true
}

// extend reads what the files hold beyond what the line has.
func (s *Service) extend(ctx context.Context, id, key string, l *line, sure map[place]bool) error {
	had := len(l.spots)
	known := map[series]int32{}
	for i, one := range l.series {
		known[one] = int32(i)
	}
	for _, f := range filesOf(s.runs, id) {
		end, damage, err := points.Scan(pointsFile(s.runs, id, f.device), l.ends[f.device], func(b points.Block) error {
			if b.Pending && !sure[place{f.device, b.At}] {
				return nil
			}
			if err := b.Each(func(k string) bool { return k == key }, func(p points.Point) { l.add(p, known) }); err != nil {
				return err
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		s.noteInside(damage)
		l.ends[f.device] = end
	}
	if len(l.spots) > had {
		l.sort(max(0, had-1))
	}
	return nil
}

func (l *line) add(p points.Point, known map[series]int32) {
	one := series{p.Model, Dataset{p.Dataset, p.Digest}}
	i, ok := known[one]
	if !ok {
		i = int32(len(l.series))
		l.series, known[one] = append(l.series, one), i
	}
	l.spots = append(l.spots, spot{p.Time, p.Step, p.Value, i})
}

// sort brings the points in order; those before from are. Most come in order.
func (l *line) sort(from int) {
	order := func(a, b spot) int { return l.compare(a, b) }
	rising := true
	for i := from + 1; i < len(l.spots) && rising; i++ {
		rising = order(l.spots[i-1], l.spots[i]) < 0
	}
	if !rising {
		slices.SortFunc(l.spots, order)
		l.spots = slices.CompactFunc(l.spots, func(a, b spot) bool { return order(a, b) == 0 })
	}
}

func (l *line) compare(a, b spot) int {
	if n := cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.step, b.step), cmp.Compare(order(a.value), order(b.value))); n != 0 || a.series == b.series {
		return n
	}
	x, y := l.series[a.series], l.series[b.series]
	return cmp.Or(cmp.Compare(x.model, y.model), cmp.Compare(x.data.Name, y.data.Name), cmp.Compare(x.data.Digest, y.data.Digest))
}

func (l *line) points(key string, from, to int) []Point {
	list := make([]Point, 0, to-from)
	for _, p := range l.spots[from:to] {
		one := l.series[p.series]
		list = append(list, Point{Key: key, Value: p.value, Step: p.step, Time: p.time, Model: one.model, Dataset: one.data})
	}
	return list
}

// keep keeps the line and forgets others where they are many.
func (g *lines) keep(k lineKey, l *line) {
	if g.kept == nil {
		g.kept = map[lineKey]*line{}
	}
	g.clock++
	g.kept[k], l.used = l, g.clock
	for {
		total, oldest := 0, k
		for name, other := range g.kept {
			total += len(other.spots) + 100
			if other.used < g.kept[oldest].used {
				oldest = name
			}
		}
		if total <= maxLines || len(g.kept) == 1 {
			return
		}
		delete(g.kept, oldest)
	}
}
