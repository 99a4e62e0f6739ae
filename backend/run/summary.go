package run

import (
	"cmp"
	"database/sql"
	"errors"
	"math"

	"rondo/backend/index"
	"rondo/backend/run/points"
)

// summary is what the index keeps of all points of a key. Two of them merge to the
// same in any order, so that a rebuild gives the same rows.
type summary struct {
	Key    string `json:"key"`
	Latest latest `json:"latest"`
	Min    Float  `json:"min"` // NaN where every value is
	Max    Float  `json:"max"`
	Count  int64  `json:"count"`
}

// latest is the point of a key that counts: the greatest by step, time and value, or of
// a logged model's metric by time, step and value.
type latest struct {
	Step    int64  `json:"step"`
	Time    int64  `json:"time"`
	Bits    int64  `json:"bits"` // of the value, see order
	Model   string `json:"model,omitempty"`
	Dataset string `json:"dataset,omitempty"`
	Digest  string `json:"digest,omitempty"`
}

func latestOf(m *Metric) latest {
	return latest{Step: m.Step, Time: m.Time, Bits: order(float64(m.Value)), Model: m.Model, Dataset: m.Data.Name, Digest: m.Data.Digest}
}

// modelKey places the metrics of logged models.
type modelKey struct {
	Model   string `json:"model"`
	Key     string `json:"key"`
	Dataset string `json:"dataset,omitempty"`
	Digest  string `json:"digest,omitempty"`
}

type modelLatest struct {
	modelKey
	Latest latest `json:"latest"`
	Range  *span  `json:"range,omitempty"` // of all values; nil in records from before it was noted
}

// span is the least and the greatest of some values, NaN where every value is.
type span [2]Float

func (m *modelLatest) span() span {
	if m.Range == nil {
		v := Float(value(m.Latest.Bits))
		return span{v, v}
	}
	return *m.Range
}

// summaries are those of one run.
type summaries struct {
	Keys   []summary     `json:"keys,omitempty"`
	Models []modelLatest `json:"models,omitempty"`
}

// order maps a value to a number that compares as values do, NaN below all. It loses
// nothing: value gives the same bits back, for NaN the usual one.
func order(v float64) int64 {
	if math.IsNaN(v) {
		return math.MinInt64
	}
	b := int64(math.Float64bits(v))
	if b < 0 {
		b ^= math.MaxInt64
	}
	return b
}

func value(order int64) float64 {
	if order == math.MinInt64 {
		return math.NaN()
	}
	if order < 0 {
		order ^= math.MaxInt64
	}
	return math.Float64frombits(uint64(order))
}

// sqlValue is NULL for NaN, which SQLite has not.
func sqlValue(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

func (a latest) compare(b latest) int {
	return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Time, b.Time), a.rest(b))
}

// since orders the points of a logged model's metric, of which what was logged last
// counts, whatever its step. MLflow has these two orders.
func (a latest) since(b latest) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Step, b.Step), a.rest(b))
}

func (a latest) rest(b latest) int {
	return cmp.Or(cmp.Compare(a.Bits, b.Bits),
		cmp.Compare(a.Model, b.Model), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Digest, b.Digest))
}

func (a *summary) merge(b summary) {
	if b.Latest.compare(a.Latest) > 0 {
		a.Latest = b.Latest
	}
	a.Min, a.Max = lower(a.Min, b.Min), higher(a.Max, b.Max)
	a.Count += b.Count
}

func lower(a, b Float) Float {
	if math.IsNaN(float64(a)) || float64(b) < float64(a) {
		return b
	}
	return a
}

func higher(a, b Float) Float {
	if math.IsNaN(float64(a)) || float64(b) > float64(a) {
		return b
	}
	return a
}

// collector gathers the summaries of many points.
type collector struct {
	keys   map[string]int
	models map[modelKey]int
	out    summaries
}

func newCollector() *collector {
	return &collector{keys: map[string]int{}, models: map[modelKey]int{}}
}

func summarise(list []Point) summaries {
	c := newCollector()
	for i := range list {
		c.point(&list[i])
	}
	return c.out
}

func (c *collector) point(p *Point) {
	l := latest{p.Step, p.Time, order(p.Value), p.Model, p.Dataset.Name, p.Dataset.Digest}
	c.key(summary{p.Key, l, Float(p.Value), Float(p.Value), 1})
	if p.Model != "" {
		c.model(modelLatest{modelKey{p.Model, p.Key, p.Dataset.Name, p.Dataset.Digest}, l, nil})
	}
}

func (c *collector) key(s summary) {
	if i, known := c.keys[s.Key]; known {
		c.out.Keys[i].merge(s)
		return
	}
	c.keys[s.Key] = len(c.out.Keys)
	c.out.Keys = append(c.out.Keys, s)
}

func (c *collector) model(m modelLatest) {
	i, known := c.models[m.modelKey]
	if !known {
		r := m.span()
		m.Range, c.models[m.modelKey] = &r, len(c.out.Models)
		c.out.Models = append(c.out.Models, m)
		return
	}
	have, more := &c.out.Models[i], m.span()
	if m.Latest.since(have.Latest) > 0 {
		have.Latest = m.Latest
	}
	have.Range[0], have.Range[1] = lower(have.Range[0], more[0]), higher(have.Range[1], more[1])
}

func (c *collector) add(s summaries) {
	for _, k := range s.Keys {
		c.key(k)
	}
	for _, m := range s.Models {
		c.model(m)
	}
}

// block adds a block of a file.
func (c *collector) block(b points.Block) error { return b.EachSeries(nil, c.series) }

// series adds what a block holds of one key, without a look at the maps for each point.
func (c *collector) series(s *points.Series) {
	sum := summary{Key: s.Key, Min: Float(math.NaN()), Max: Float(math.NaN()), Count: int64(len(s.Steps))}
	for i := range s.Steps {
		v := Float(s.Value(i))
		sum.Min, sum.Max = lower(sum.Min, v), higher(sum.Max, v)
	}
	sum.Latest = greatest(s, s.Steps, latest.compare)
	c.key(sum)
	if s.Model != "" {
		c.model(modelLatest{modelKey{s.Model, s.Key, s.Dataset, s.Digest}, greatest(s, s.Times, latest.since), &span{sum.Min, sum.Max}})
	}
}

// greatest returns the point that comes last in an order which looks at first before all else.
func greatest(s *points.Series, first []int64, order func(a, b latest) int) latest {
	best := 0
	for i := 1; i < len(first); i++ {
		if first[i] > first[best] || first[i] == first[best] && order(pointAt(s, i), pointAt(s, best)) > 0 {
			best = i
		}
	}
	return pointAt(s, best)
}

func pointAt(s *points.Series, i int) latest {
	return latest{s.Steps[i], s.Times[i], order(s.Value(i)), s.Model, s.Dataset, s.Digest}
}

const (
	storeModel = `INSERT INTO run_model_metrics VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET
	value=iif(` + newer + `, excluded.value, value), bits=iif(` + newer + `, excluded.bits, bits),
	time=iif(` + newer + `, excluded.time, time), step=iif(` + newer + `, excluded.step, step),
	least=coalesce(min(least, excluded.least), least, excluded.least), most=coalesce(max(most, excluded.most), most, excluded.most)`
	newer = "(excluded.time, excluded.step, excluded.bits) > (time, step, bits)"
)

// store merges the summaries into the index.
func (s summaries) store(tx *index.Tx, run string, no int64) error {
	if err := s.storeKeys(tx, no); err != nil {
		return err
	}
	for _, m := range s.Models {
		l, r := m.Latest, m.span()
		if _, err := tx.Exec(storeModel, m.Model, m.Key, m.Dataset, m.Digest, run, sqlValue(value(l.Bits)), l.Bits, l.Time, l.Step,
			sqlValue(float64(r[0])), sqlValue(float64(r[1]))); err != nil {
			return err
		}
	}
	return nil
}

func (s summaries) storeKeys(tx *index.Tx, no int64) error {
	if len(s.Keys) == 0 {
		return nil
	}
	list, err := summariesOf(tx, no)
	if err != nil {
		return err
	}
	list = mergeSummaries(list, s.Keys)
	_, err = tx.Exec("INSERT INTO run_latest VALUES (?,?,?) ON CONFLICT DO UPDATE SET data=excluded.data, rest=excluded.rest", no, packLatest(list), packRest(list))
	return err
}

// summariesOf reads those of a run, sorted by key.
func summariesOf(tx *index.Tx, no int64) ([]summary, error) {
	var latest, rest []byte
	err := tx.QueryRow("SELECT data, rest FROM run_latest WHERE run=?", no).Scan(&latest, &rest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	return unpackSummaries(latest, rest)
}
