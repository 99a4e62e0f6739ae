package trace

import (
	"encoding/json"
	"maps"
	"slices"

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

// sums returns the numbers of a span that count for its trace, as JSON by metadatum, or "".
func (s *Span) sums() string {
	out := map[string]map[string]float64{}
	for _, sum := range sums {
		have := map[string]float64{}
		for name, v := range numbers(s, sum.attribute) {
			if x, ok := asFloat(v); ok && slices.Contains(sum.names, name) {
				have[name] = x
			}
		}
		if len(have) > 0 {
			out[sum.key] = have
		}
	}
	if len(out) == 0 {
		return ""
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "" // not a number that JSON has
	}
	return string(b)
}

// learnSums adds up tokens and costs over all spans that are known, unless the maker
// of the trace has said them. A span that sums up those below it counts for them.
func learnSums(tx *index.Tx, id string) error {
	var any bool
	if err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM trace_spans WHERE trace=? AND sums<>'')", id).Scan(&any); err != nil || !any {
		return err
	}
	parent, has, err := sumsOf(tx, id)
	if err != nil {
		return err
	}
	var whole bool
	if err := tx.QueryRow("SELECT whole FROM trace_traces WHERE id=?", id).Scan(&whole); err != nil {
		return err
	}
	query := "INSERT INTO trace_metadata VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value"
	if whole {
		query = "INSERT INTO trace_metadata VALUES (?,?,?) ON CONFLICT DO NOTHING"
	}
	for _, sum := range sums {
		total := addUp(parent, has[sum.key])
		if len(total) == 0 {
			continue
		}
		b, err := json.Marshal(total)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(query, id, sum.key, string(b)); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf are numbers by span and name.
type numbersOf map[string]map[string]float64

// sumsOf reads which span is below which, and the numbers of each by metadatum.
func sumsOf(tx *index.Tx, id string) (parent map[string]string, has map[string]numbersOf, err error) {
	rows, err := tx.Query("SELECT id, parent, sums FROM trace_spans WHERE trace=?", id)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	parent, has = map[string]string{}, map[string]numbersOf{}
	for rows.Next() {
		var span, up, data string
		if err := rows.Scan(&span, &up, &data); err != nil {
			return nil, nil, err
		}
		if parent[span] = up; data == "" {
			continue
		}
		var sums map[string]map[string]float64
		if err := json.Unmarshal([]byte(data), &sums); err != nil {
			return nil, nil, err
		}
		for key, numbers := range sums {
			if has[key] == nil {
				has[key] = numbersOf{}
			}
			has[key][span] = numbers
		}
	}
	return parent, has, rows.Err()
}

func addUp(parent map[string]string, has numbersOf) map[string]float64 {
	total := map[string]float64{}
	for _, id := range slices.Sorted(maps.Keys(has)) { // in one order: sums of fractions depend on it
		numbers := has[id]
		if covered(id, parent, has) {
			continue
		}
		for name, x := range numbers {
			total[name] += x
		}
	}
	return total
}

// covered says whether a span above has the numbers as well.
func covered(id string, parent map[string]string, has numbersOf) bool {
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
