package trace

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Measure asks for numbers over many traces: how many, how long they took, how many
// tokens they used, what was thought of them. Names are those of MLflow's query_trace_metrics.
type Measure struct {
	ExperimentIDs []string
	View          string // traces, spans or assessments
	Metric        string
	Aggregations  []Aggregation
	Dimensions    []string // what to tell apart
	Filters       []string // such as trace.status = 'OK'; all of them hold
	Interval      int64    // seconds of a bucket of time; 0: all of it is one
	From, To      *int64   // ms since 1970, both inclusive
	Limit         int      // points
}

// Aggregation is what is made of many numbers.
type Aggregation struct {
	Kind       string  // COUNT, SUM, AVG, MIN, MAX or PERCENTILE
	Percentile float64 // 0 to 100
}

// Percentile is the kind that interpolates linearly between the two nearest numbers.
const Percentile = "PERCENTILE"

// Name is the key of its value: its kind, or P and the percentile as Python writes it.
func (a Aggregation) Name() string {
	if a.Kind != Percentile {
		return a.Kind
	}
	s := strconv.FormatFloat(a.Percentile, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return "P" + s
}

// Measured are the numbers of one combination of dimensions.
type Measured struct {
	Dimensions map[string]string
	Values     map[string]float64
}

const bucketLabel = "time_bucket"

func (m *Measure) check() (measurable, error) {
	view, ok := views[m.View]
	if !ok {
		return measurable{}, errs.New(errs.Invalid, "view_type must be one of %s, got '%.80s'", names(views), m.View)
	}
	of, ok := view.metrics[m.Metric]
	if !ok {
		return of, errs.New(errs.Invalid, "metric_name must be one of %s, got '%.80s'", names(view.metrics), m.Metric)
	}
	for _, a := range m.Aggregations {
		if !slices.Contains(of.kinds, a.Kind) {
			return of, errs.New(errs.Invalid, "Found invalid aggregation_type(s): ['%.40s']. Supported aggregation types: %s", a.Kind, list(of.kinds))
		}
		if a.Kind == Percentile && !(a.Percentile >= 0 && a.Percentile <= 100) {
			return of, errs.New(errs.Invalid, "Percentile value must be between 0 and 100, got %v", a.Percentile)
		}
	}
	for _, d := range m.Dimensions {
		if !slices.Contains(of.dimensions, d) {
			return of, errs.New(errs.Invalid, "Found invalid dimension(s): ['%.80s']. Supported dimensions: %s", d, list(of.dimensions))
		}
	}
	if m.Interval < 0 || m.Interval > math.MaxInt32 {
		return of, errs.New(errs.Invalid, "time_interval_seconds is %d: want 1 to %d", m.Interval, math.MaxInt32)
	}
	if m.Interval > 0 && (m.From == nil || m.To == nil) {
		return of, errs.New(errs.Invalid, "start_time_ms and end_time_ms are required if time_interval_seconds is set")
	}
	return of, nil
}

func names[T any](m map[string]T) string { return list(slices.Sorted(maps.Keys(m))) }

func list(names []string) string { return "['" + strings.Join(names, "', '") + "']" }

// Measure answers what was asked, in the order of the dimensions.
func (s *Service) Measure(ctx context.Context, m Measure) (out []Measured, err error) {
	of, err := m.check()
	if err != nil {
		return nil, err
	}
	query, args, err := m.query(of)
	if err != nil {
		return nil, err
	}
	g := &grouping{m: m}
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() && len(g.out) < m.Limit {
			if err := g.take(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	if g.end(); len(g.out) > m.Limit {
		g.out = g.out[:m.Limit]
	}
	return g.out, nil
}

// grouping gathers the numbers of one combination after the other: rows come sorted by
// the dimensions, and within them by the number.
type grouping struct {
	m      Measure
	bucket sql.NullInt64
	at     []string
	begun  bool
	values []float64
	out    []Measured
}

func (g *grouping) take(rows *sql.Rows) error {
	var bucket sql.NullInt64
	at := make([]string, len(g.m.Dimensions))
	var value float64
	to := []any{&bucket}
	for i := range at {
		to = append(to, &at[i])
	}
	if err := rows.Scan(append(to, &value)...); err != nil {
		return err
	}
	if g.begun && (bucket != g.bucket || !slices.Equal(at, g.at)) {
		g.end()
	}
	g.begun, g.bucket, g.at, g.values = true, bucket, at, append(g.values, value)
	return nil
}

// end makes a point of what was gathered.
func (g *grouping) end() {
	if len(g.values) == 0 {
		return
	}
	p := Measured{map[string]string{}, map[string]float64{}}
	for i, d := range g.m.Dimensions {
		p.Dimensions[d] = g.at[i]
	}
	if g.bucket.Valid {
		p.Dimensions[bucketLabel] = time.UnixMilli(g.bucket.Int64).UTC().Format("2006-01-02T15:04:05") + "+00:00"
	}
	for _, a := range g.m.Aggregations {
		p.Values[a.Name()] = a.of(g.values)
	}
	g.out, g.values = append(g.out, p), g.values[:0]
}

// of makes one number of several, which are sorted.
func (a Aggregation) of(sorted []float64) float64 {
	n := len(sorted)
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	switch a.Kind {
	case "COUNT":
		return float64(n)
	case "SUM":
		return sum
	case "AVG":
		return sum / float64(n)
	case "MIN":
		return sorted[0]
	case "MAX":
		return sorted[n-1]
	}
	at := a.Percentile / 100 * float64(n-1)
	low := int(at)
	if low+1 >= n {
		return sorted[n-1]
	}
	part := at - float64(low)
	return sorted[low]*(1-part) + sorted[low+1]*part
}
