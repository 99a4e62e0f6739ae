package trace

import (
	"strings"

	"rondo/backend/errs"
)

// view is what is counted: traces, their spans, or what was thought of them.
type view struct {
	from    string // after FROM; the trace is t
	time    string // ms since 1970
	metrics map[string]measurable
}

// measurable is a number that each of them has, and what may be made of many.
type measurable struct {
	value      string // a number, or NULL where there is none
	distinct   bool   // each value counts once
	kinds      []string
	dimensions []string
	when       string // the time that bounds it, if not the trace's
}

var (
	counted = []string{"COUNT"}
	spread  = []string{"AVG", "MAX", "MIN", Percentile}
	summed  = []string{"AVG", "MAX", "MIN", Percentile, "SUM"}
)

// dimensions are what things are told apart by.
var dimensions = map[string]string{
	"trace_name":   "(SELECT value FROM trace_tags WHERE trace=t.id AND key='" + NameTag + "')",
	"trace_status": "t.state",
	"span_name":    "s.name", "span_type": "s.type", "span_status": "s.status",
	"span_model_name": spanText("mlflow.llm.model"), "span_model_provider": spanText("mlflow.llm.provider"),
	"assessment_name": "a.name", "assessment_value": "a.data->'$.value'",
}

// spanText is an attribute of a span as text; clients send texts in quotes or without.
func spanText(key string) string {
	const text = "json_extract(x.value,'$.value.string_value')"
	return "(SELECT CASE WHEN json_valid(" + text + ") AND json_type(" + text + ")='text' THEN json_extract(" + text + ",'$') ELSE " + text + " END" +
		" FROM json_each(s.data,'$.attributes') x WHERE json_extract(x.value,'$.key')='" + key + "')"
}

func ofMetadata(key, name string) string {
	return "(SELECT CASE WHEN json_valid(value) THEN json_extract(value,'$." + name + "') END FROM trace_metadata WHERE trace=t.id AND key='" + key + "')"
}

func cost(name string) measurable {
	model := []string{"span_model_name", "span_model_provider"}
	return measurable{value: `CASE WHEN s.sums<>'' THEN json_extract(s.sums,'$."` + CostKey + `".` + name + `') END`, kinds: summed, dimensions: model, when: "s.start/1000000"}
}

func tokensOf(name string) measurable {
	return measurable{value: ofMetadata(UsageKey, name), kinds: summed, dimensions: []string{"trace_name"}}
}

// judged is the number of a judgement: yes is 1 and no is 0.
const judged = `CASE json_type(a.data,'$.value') WHEN 'true' THEN 1 WHEN 'false' THEN 0 WHEN 'integer' THEN json_extract(a.data,'$.value') WHEN 'real' THEN json_extract(a.data,'$.value')
	WHEN 'text' THEN CASE lower(trim(json_extract(a.data,'$.value'))) WHEN 'yes' THEN 1 WHEN 'no' THEN 0 END END`

var views = map[string]view{
	"traces": {"trace_traces t", "t.time", map[string]measurable{
		"trace_count":                 {value: "1", kinds: counted, dimensions: []string{"trace_name", "trace_status"}},
		"session_count":               {value: "(SELECT value FROM trace_metadata WHERE trace=t.id AND key='" + SessionKey + "')", distinct: true, kinds: counted},
		"latency":                     {value: "t.duration", kinds: spread, dimensions: []string{"trace_name"}},
		"input_tokens":                tokensOf("input_tokens"),
		"output_tokens":               tokensOf("output_tokens"),
		"total_tokens":                tokensOf("total_tokens"),
		"cache_read_input_tokens":     tokensOf("cache_read_input_tokens"),
		"cache_creation_input_tokens": tokensOf("cache_creation_input_tokens"),
	}},
	"spans": {"trace_traces t JOIN trace_spans s ON s.trace=t.id", "s.start/1000000", map[string]measurable{
		"span_count":  {value: "1", kinds: counted, dimensions: []string{"span_name", "span_type", "span_status", "span_model_name", "span_model_provider"}},
		"latency":     {value: "CASE WHEN s.end>0 THEN (s.end-s.start)/1000000 END", kinds: spread, dimensions: []string{"span_name", "span_status"}},
		"input_cost":  cost("input_cost"),
		"output_cost": cost("output_cost"),
		"total_cost":  cost("total_cost"),
	}},
	"assessments": {"trace_assessments a JOIN trace_traces t ON t.id=a.trace AND a.valid=1", "t.time", map[string]measurable{
		"assessment_count": {value: "1", kinds: counted, dimensions: []string{"assessment_name", "assessment_value"}},
		"assessment_value": {value: judged, kinds: spread, dimensions: []string{"assessment_name"}},
	}},
}

// query makes rows of a bucket, the dimensions and a number, sorted in this order.
// Rows of which one is missing stay out.
func (m *Measure) query(of measurable) (string, []any, error) {
	v, c := views[m.View], condition{}
	for _, f := range m.Filters {
		if err := m.filter(f, &c); err != nil {
			return "", nil, err
		}
	}
	when := of.when
	if when == "" {
		when = "t.time"
	}
	if m.From != nil {
		c.add(when+">=?", *m.From)
	}
	if m.To != nil {
		c.add(when+"<=?", *m.To)
	}
	columns, args := []string{"NULL AS bucket"}, []any{}
	if m.Interval > 0 {
		columns[0], args = v.time+"/?*? AS bucket", append(args, m.Interval*1000, m.Interval*1000)
	}
	outer, present := []string{"bucket"}, "n IS NOT NULL"
	for _, d := range m.Dimensions {
		columns, outer, present = append(columns, dimensions[d]+" AS "+d), append(outer, d), present+" AND "+d+" IS NOT NULL"
	}
	order := strings.Join(outer, ",")
	inner := "SELECT " + strings.Join(append(columns, of.value+" AS n"), ",") + " FROM " + v.from + " WHERE t.experiment" + among + c.text
	args = append(append(args, asList(m.ExperimentIDs)), c.args...)
	if of.distinct {
		return "SELECT DISTINCT " + order + ",1 FROM (SELECT DISTINCT * FROM (" + inner + ") WHERE " + present + ") ORDER BY " + order, args, nil
	}
	return "SELECT " + order + ",n FROM (" + inner + ") WHERE " + present + " ORDER BY " + order + ",n", args, nil
}

// filter reads one comparison, as trace.tag.key = 'value' or span.name = 'value'.
func (m *Measure) filter(text string, c *condition) error {
	rest, err := tokens(text)
	if err != nil {
		return err
	}
	var parts []string
	for len(rest) > 1 && rest[1].is(".") {
		parts, rest = append(parts, rest[0].text), rest[2:]
	}
	if len(rest) != 3 || len(parts) == 0 {
		return errs.New(errs.Invalid, "Invalid filter: '%.200s'. Expected one filter clause.", text).WithHint("such as trace.status = 'OK'")
	}
	parts = append(parts, rest[0].text)
	if !rest[1].is("=") {
		return errs.New(errs.Invalid, "Invalid comparator: '%.20s', only '=' operator is supported", rest[1].text)
	}
	if rest[2].quote != '\'' && rest[2].quote != '"' {
		return errs.New(errs.Invalid, "Expected a quoted string value for %s value (e.g. 'my-value'). Got value %.80s", parts[1], rest[2].text)
	}
	return m.where(parts[0], parts[1], strings.Join(parts[2:], "."), rest[2].text, c)
}

// measured are what filters may speak of, by the view that has it.
var measured = map[string]map[string]string{
	"trace":      {"status": "t.state", "tag": "trace_tags", "metadata": "trace_metadata"},
	"span":       {"name": "s.name", "status": "s.status", "type": "s.type"},
	"assessment": {"name": "a.name", "type": "a.kind"},
}

func (m *Measure) where(kind, entity, key, value string, c *condition) error {
	columns, ok := measured[kind]
	if !ok {
		return errs.New(errs.Invalid, "Invalid view type '%.80s'. Valid values are %s", kind, names(measured))
	}
	column, ok := columns[entity]
	pair := entity == "tag" || entity == "metadata"
	switch {
	case !ok:
		return errs.New(errs.Invalid, "Invalid entity '%.80s' specified for view type '%s'. Valid entities are %s", entity, kind, names(columns))
	case kind != "trace" && kind+"s" != m.View:
		return errs.New(errs.Invalid, "Filtering by %s is only supported for %ss view type, got %s", kind, kind, m.View)
	case pair && key == "":
		return errs.New(errs.Invalid, "Filtering by %s requires a key, e.g. '%s.%s.<key> = <value>'", entity, kind, entity)
	case !pair && key != "":
		return errs.New(errs.Invalid, "Filtering by %s does not require a key, use '%s.%s' instead", entity, kind, entity)
	case key == RunKey:
		c.add("(EXISTS (SELECT 1 FROM trace_metadata WHERE trace=t.id AND key=? AND value=?) OR EXISTS (SELECT 1 FROM trace_links WHERE trace=t.id AND kind='run' AND target=?))", key, value, value)
	case pair:
		c.add("EXISTS (SELECT 1 FROM "+column+" WHERE trace=t.id AND key=? AND value=?)", key, value)
	default:
		c.add(column+"=?", value)
	}
	return nil
}
