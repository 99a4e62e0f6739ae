package trace

import (
	"encoding/json"

	"rondo/backend/index"
)

// sums are what numbers of spans become for the whole trace: the key of the metadatum,
// the attribute, and the names inside it.
var sums = []struct {
	key, attribute string
	names          []string
}{
	{UsageKey, "mlflow.chat.tokenUsage", []string{"input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}},
	{CostKey, "mlflow.llm.cost", []string{"input_cost", "output_cost", "total_cost"}},
}

// learnSums adds up tokens and costs over all spans that are known, unless the maker
// of the trace has said them. A span that sums up those below it counts for them.
func learnSums(tx *index.Tx, id string) error {
	spans, err := spansOf(tx, id)
	if err != nil {
		return err
	}
	var whole bool
	if err := tx.QueryRow("SELECT whole FROM trace_traces WHERE id=?", id).Scan(&whole); err != nil {
		return err
	}
	for _, sum := range sums {
		total := addUp(spans, sum.attribute, sum.names)
		if len(total) == 0 {
			continue
		}
		b, err := json.Marshal(total)
		if err != nil {
			return err
		}
		query := "INSERT INTO trace_metadata VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value"
		if whole {
			query = "INSERT INTO trace_metadata VALUES (?,?,?) ON CONFLICT DO NOTHING"
		}
		if _, err := tx.Exec(query, id, sum.key, string(b)); err != nil {
			return err
		}
	}
	return nil
}

func addUp(spans []Span, attribute string, names []string) map[string]float64 {
	parent, has := map[string]string{}, map[string]map[string]any{}
	for i := range spans {
		s := &spans[i]
		parent[s.ID] = s.ParentID
		if m := numbers(s, attribute); len(m) > 0 {
			has[s.ID] = m
		}
	}
	total := map[string]float64{}
	for id, m := range has {
		if covered(id, parent, has) {
			continue
		}
		for _, name := range names {
			if x, ok := asFloat(m[name]); ok {
				total[name] += x
			}
		}
	}
	return total
}

// covered says whether a span above has the numbers as well.
func covered(id string, parent map[string]string, has map[string]map[string]any) bool {
	up := parent[id]
	for range parent { // no longer than there are spans, should they go round in a circle
		if up == "" || up == id {
			return false
		}
		if has[up] != nil {
			return true
		}
		up = parent[up]
	}
	return false
}

// numbers reads an attribute that is a map, or JSON of one. Tokens may also come as
// OpenTelemetry's own attributes.
func numbers(s *Span, attribute string) map[string]any {
	if v, ok := s.get(attribute); ok {
		if m, ok := v.Plain().(map[string]any); ok {
			return m
		}
		var m map[string]any
		if json.Unmarshal([]byte(unquoted(v.Text())), &m) == nil {
			return m
		}
	}
	if attribute != sums[0].attribute {
		return nil
	}
	in, okIn := s.get("gen_ai.usage.input_tokens")
	out, okOut := s.get("gen_ai.usage.output_tokens")
	if !okIn || !okOut {
		return nil
	}
	x, _ := asFloat(in.Plain())
	y, _ := asFloat(out.Plain())
	return map[string]any{"input_tokens": x, "output_tokens": y, "total_tokens": x + y}
}

func asFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case Double:
		return float64(x), true
	case int64:
		return float64(x), true
	}
	return 0, false
}
