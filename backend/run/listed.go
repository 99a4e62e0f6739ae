package run

// Listed is a run whose params, tags and metrics are lists in the order of their keys,
// as the index has them, and not maps: who writes them out one after the other is
// spared the making, sorting and looking up of fifty names for each of a thousand runs.
type Listed struct {
	Run                // without Params, Tags and Metrics
	ParamList, TagList []Pair
	MetricList         []Metric
}

// Pair is a param or a tag.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// run returns the run with maps.
func (l *Listed) run() Run {
	r := l.Run
	r.Params, r.Tags = mapped(l.ParamList), mapped(l.TagList)
	r.Metrics = make(map[string]Metric, len(l.MetricList))
	for _, m := range l.MetricList {
		r.Metrics[m.Key] = m
	}
	return r
}

func mapped(list []Pair) map[string]string {
	m := make(map[string]string, len(list))
	for _, p := range list {
		m[p.Key] = p.Value
	}
	return m
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
