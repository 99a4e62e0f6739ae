package run

import (
	"cmp"
	"errors"
	"maps"
	"slices"
)

// Listed is a run whose params, tags and metrics are still as the index has them, in the
// order of their keys: who writes them out one after the other is spared the making of
// fifty names and values for each of a thousand runs.
type Listed struct {
	Run // without Params, Tags and Metrics

	params, tags, latest, rest []byte // packed; pairs are never kept apart here
}

// keep copies packed values, one behind the other: they live and die together.
func (l *Listed) keep(params, tags, latest, rest []byte) {
	b := make([]byte, 0, len(params)+len(tags)+len(latest)+len(rest))
	for _, part := range []struct {
		to   *[]byte
		from []byte
	}{{&l.params, params}, {&l.tags, tags}, {&l.latest, latest}, {&l.rest, rest}} {
		at := len(b)
		b = append(b, part.from...)
		*part.to = b[at:len(b):len(b)]
	}
}

// Pair is a param or a tag.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Pack returns r as SearchListed does.
func Pack(r Run) Listed {
	keys := make([]summary, 0, len(r.Metrics))
	for _, k := range slices.Sorted(maps.Keys(r.Metrics)) {
		m := r.Metrics[k]
		keys = append(keys, summary{Key: k, Latest: latestOf(&m), Min: m.Min, Max: m.Max, Count: m.Count})
	}
	out := Listed{Run: r, params: packPairs(r.Params), tags: packPairs(r.Tags), latest: packLatest(keys), rest: packRest(keys)}
	out.Params, out.Tags, out.Metrics = nil, nil, nil
	return out
}

// EachParam calls fn for every param; what it gets is worthless after it returns.
func (l *Listed) EachParam(fn func(key, value []byte)) error { return eachPair(l.params, fn) }

// EachTag calls fn for every tag; what it gets is worthless after it returns.
func (l *Listed) EachTag(fn func(key, value []byte)) error { return eachPair(l.tags, fn) }

// EachMetric calls fn for the latest point of every key, which has no Key of its own;
// what it gets is worthless after it returns.
func (l *Listed) EachMetric(fn func(key []byte, m *Metric)) error {
	u, at := unpacker{b: l.rest}, int64(0)
	var m Metric
	err := eachLatest(l.latest, func(key []byte, v float64) bool {
		at = u.metric(&m, v, at)
		fn(key, &m)
		return !u.bad
	})
	return cmp.Or(err, u.end())
}

// run returns the run with maps. Known keeps names that other runs have too.
func (l *Listed) run(known names) (Run, error) {
	r := l.Run
	r.Params, r.Tags, r.Metrics = map[string]string{}, map[string]string{}, map[string]Metric{}
	e1 := l.EachParam(func(k, v []byte) { r.Params[known.text(k)] = known.text(v) })
	e2 := l.EachTag(func(k, v []byte) { r.Tags[known.text(k)] = known.text(v) })
	e3 := l.EachMetric(func(k []byte, m *Metric) {
		one := *m
		one.Key = known.text(k)
		r.Metrics[one.Key] = one
	})
	return r, errors.Join(e1, e2, e3)
}

func unlisted(list []Listed) (out []Run, err error) {
	out = make([]Run, len(list))
	known := names{}
	for i := range list {
		if out[i], err = list[i].run(known); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// names keeps each text once: many runs have the same keys.
type names map[string]string

const maxNames = 10_000

func (n names) text(b []byte) string {
	if s, ok := n[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(n) < maxNames && len(s) < 100 {
		n[s] = s
	}
	return s
}
