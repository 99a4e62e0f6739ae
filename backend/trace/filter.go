package trace

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

// condition is a piece of SQL with the values bound to it.
type condition struct {
	text string
	args []any
}

func (c *condition) add(text string, args ...any) {
	c.text += " AND " + text
	c.args = append(c.args, args...)
}

// clause is one comparison of a filter.
type clause struct {
	entity, key string
	op          string
	values      []string
	quoted      bool
}

var plainColumns = map[string]string{
	"request_id": "t.id", "trace_id": "t.id", "client_request_id": "t.client", "status": "t.state", "state": "t.state", "experiment_id": "t.experiment",
	"timestamp": "t.time", "timestamp_ms": "t.time", "request_time": "t.time", "execution_time": "t.duration", "execution_time_ms": "t.duration",
	"end_time": endTime, "end_time_ms": endTime,
}

const endTime = "(t.time+coalesce(t.duration,0))"

var numeric = []string{"timestamp", "timestamp_ms", "request_time", "execution_time", "execution_time_ms", "end_time", "end_time_ms"}

var (
	textOps    = []string{"=", "!=", "LIKE", "ILIKE", "RLIKE", "IN", "NOT IN"}
	pairOps    = []string{"=", "!=", "LIKE", "ILIKE", "RLIKE", "IS NULL", "IS NOT NULL"}
	numberOps  = []string{"=", "!=", ">", ">=", "<", "<="}
	contentOps = []string{"LIKE", "ILIKE"}
)

// where turns a filter into a condition on trace_traces t.
func where(filter string) (c condition, err error) {
	clauses, err := parse(filter)
	if err != nil {
		return c, err
	}
	span := condition{}
	for _, cl := range clauses {
		target := &c
		if cl.entity == "span" {
			target = &span
		}
		if err := cl.into(target); err != nil {
			return c, err
		}
	}
	if span.text != "" { // all that is said of spans is said of one span
		c.add("EXISTS (SELECT 1 FROM trace_spans s WHERE s.trace=t.id"+span.text+")", span.args...)
	}
	return c, nil
}

func (cl clause) into(c *condition) error {
	switch cl.entity {
	case "attribute":
		return cl.attribute(c)
	case "tag":
		if cl.key == PromptsTag {
			return cl.linked(c)
		}
		return cl.pair(c, "trace_tags")
	case "metadata":
		return cl.metadata(c)
	case "span":
		return cl.span(c)
	case Feedback, Expectation:
		return cl.judged(c)
	case Issue:
		if cl.key != "id" {
			return errs.New(errs.Invalid, "Invalid issue attribute '%.80s'. Supported attributes: id", cl.key)
		}
		if err := cl.may("="); err != nil {
			return err
		}
		c.add("EXISTS (SELECT 1 FROM trace_assessments a WHERE a.trace=t.id AND a.kind='issue' AND a.name=?)", cl.values[0])
		return nil
	}
	return errs.New(errs.Invalid, "Invalid entity type '%.80s'. Valid entity types are tag, metadata, attribute, span, feedback, expectation and issue", cl.entity)
}

func (cl clause) may(ops ...string) error {
	if !slices.Contains(ops, cl.op) {
		return errs.New(errs.Invalid, "Invalid comparator '%s' for %s.%.80s: not one of %s", cl.op, cl.entity, cl.key, strings.Join(ops, ", "))
	}
	return nil
}

func (cl clause) attribute(c *condition) error {
	column, ok := plainColumns[strings.ToLower(cl.key)]
	if !ok {
		return errs.New(errs.Invalid, "Invalid attribute key '%.80s' specified. Valid keys are request_id, timestamp_ms, execution_time_ms, end_time_ms, status, client_request_id, name, run_id, prompt and text", cl.key)
	}
	if !slices.Contains(numeric, strings.ToLower(cl.key)) {
		return cl.compare(c, column, textOps)
	}
	if err := cl.may(numberOps...); err != nil {
		return err
	}
	n, err := strconv.ParseFloat(cl.values[0], 64)
	if err != nil || cl.quoted {
		return errs.New(errs.Invalid, "Expected numeric value type for numeric attribute: %.80s. Found %.80s", cl.key, cl.values[0])
	}
	c.add(column+cl.op+"?", n)
	return nil
}

// compare adds a comparison of text.
func (cl clause) compare(c *condition, expr string, ops []string) error {
	if err := cl.may(ops...); err != nil {
		return err
	}
	if !cl.quoted {
		return errs.New(errs.Invalid, "Expected a quoted string value for %s.%.80s. Got value %.80s", cl.entity, cl.key, cl.values[0])
	}
	switch value := cl.values[0]; cl.op {
	case "=", "!=":
		c.add(expr+cl.op+"?", value)
	case "IN", "NOT IN":
		c.add(expr+" "+strings.TrimSuffix(cl.op, "IN")+"IN (SELECT value FROM json_each(?))", asList(cl.values))
	case "LIKE":
		c.add(expr+" GLOB ?", glob(value))
	case "ILIKE":
		c.add("lower("+expr+") GLOB lower(?)", glob(value))
	case "RLIKE":
		if _, err := regexp.Compile(value); err != nil || len(value) > 1000 {
			return errs.New(errs.Invalid, "filter: %.80q is not a regular expression that can be used here", value)
		}
		c.add(expr+" REGEXP ?", value)
	}
	return nil
}

// glob is a LIKE pattern for GLOB, which heeds upper and lower case.
func glob(like string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", "%", "*", "_", "?").Replace(like)
}

// pair adds a condition on a tag or metadatum. A missing one matches nothing but IS NULL.
func (cl clause) pair(c *condition, table string) error {
	if strings.HasPrefix(cl.op, "IS") {
		return cl.there(c, "SELECT 1 FROM "+table+" p WHERE p.trace=t.id AND p.key=?", cl.key)
	}
	inner := condition{args: []any{cl.key}}
	if err := cl.compare(&inner, "p.value", pairOps); err != nil {
		return err
	}
	c.add("EXISTS (SELECT 1 FROM "+table+" p WHERE p.trace=t.id AND p.key=?"+inner.text+")", inner.args...)
	return nil
}

func (cl clause) there(c *condition, query string, args ...any) error {
	word := "EXISTS ("
	if cl.op == "IS NULL" {
		word = "NOT EXISTS ("
	}
	c.add(word+query+")", args...)
	return nil
}

// metadata knows that traces belong to a run by its id or by being linked to it.
func (cl clause) metadata(c *condition) error {
	if cl.key != RunKey || cl.op != "=" {
		return cl.pair(c, "trace_metadata")
	}
	run := cl.values[0]
	c.add(`(EXISTS (SELECT 1 FROM trace_metadata p WHERE p.trace=t.id AND p.key=? AND p.value=?) OR
		EXISTS (SELECT 1 FROM trace_links l WHERE l.trace=t.id AND l.kind='run' AND l.target=?))`, RunKey, run, run)
	return nil
}

func (cl clause) span(c *condition) error {
	if name, ok := strings.CutPrefix(cl.key, "attributes."); ok && name != "" {
		inner := condition{args: []any{name}}
		value := "coalesce(a.value->>'$.value.string_value', a.value->>'$.value')"
		if err := cl.compare(&inner, value, textOps); err != nil {
			return err
		}
		c.add("EXISTS (SELECT 1 FROM json_each(s.data, '$.attributes') a WHERE a.value->>'$.key'=?"+inner.text+")", inner.args...)
		return nil
	}
	switch cl.key {
	case "name", "type", "status":
		return cl.compare(c, "s."+cl.key, textOps)
	case "content":
		return cl.compare(c, "s.text", contentOps)
	}
	return errs.New(errs.Invalid, "Invalid span attribute '%.80s'. Supported attributes: name, status, type, attributes.<attribute_name>.", cl.key)
}

// shownValue is the JSON of a judgement's value as a person writes it.
const shownValue = "CASE json_type(a.value) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(a.value->>'$' AS TEXT) END"

func (cl clause) judged(c *condition) error {
	from := "SELECT 1 FROM trace_assessments a WHERE a.trace=t.id AND a.kind=? AND a.name=? AND a.valid=1"
	args := []any{cl.entity, cl.key}
	if strings.HasPrefix(cl.op, "IS") {
		return cl.there(c, from, args...)
	}
	inner := condition{args: args}
	if n, err := strconv.ParseFloat(cl.values[0], 64); err == nil && slices.Contains([]string{">", ">=", "<", "<="}, cl.op) {
		inner.add("json_type(a.value) IN ('integer','real')")
		inner.add("(a.value->>'$')"+cl.op+"?", n)
	} else {
		cl.quoted = true
		if err := cl.compare(&inner, shownValue, pairOps); err != nil {
			return err
		}
	}
	c.add("EXISTS ("+from+inner.text+")", inner.args...)
	return nil
}

// linked adds the condition that a trace used a prompt, given as name/version.
func (cl clause) linked(c *condition) error {
	if cl.op != "=" {
		return errs.New(errs.Invalid, "Invalid comparator '%s' for prompts filter. Only '=' is supported with format: prompt = \"name/version\"", cl.op)
	}
	if strings.Count(cl.values[0], "/") != 1 {
		return errs.New(errs.Invalid, "Invalid prompts filter value '%.200s'. Expected format: prompt = \"name/version\"", cl.values[0])
	}
	c.add("EXISTS (SELECT 1 FROM trace_links l WHERE l.trace=t.id AND l.kind='prompt' AND l.target=?)", cl.values[0])
	return nil
}

// orderBy reads order clauses. What is missing comes last in both directions.
func orderBy(list []string) (c condition, err error) {
	for _, item := range list {
		words, err := tokens(item)
		if err != nil {
			return c, err
		}
		dir := " ASC"
		if n := len(words); n > 1 && (words[n-1].is("DESC") || words[n-1].is("ASC")) {
			dir, words = " "+strings.ToUpper(words[n-1].text), words[:n-1]
		}
		cl, rest := readKey(words)
		if len(rest) > 0 || cl.key == "" {
			return c, errs.New(errs.Invalid, "Invalid order_by clause '%.200s'", item)
		}
		expr, arg := "", any(nil)
		switch {
		case cl.entity == "attribute" && plainColumns[cl.key] != "":
			expr = plainColumns[cl.key]
		case cl.entity == "tag":
			expr, arg = "(SELECT value FROM trace_tags o WHERE o.trace=t.id AND o.key=?)", cl.key
		case cl.entity == "metadata":
			expr, arg = "(SELECT value FROM trace_metadata o WHERE o.trace=t.id AND o.key=?)", cl.key
		default:
			return c, errs.New(errs.Invalid, "Invalid order_by key '%.200s'", item)
		}
		c.text += expr + dir + " NULLS LAST, "
		if arg != nil {
			c.args = append(c.args, arg)
		}
	}
	if len(list) == 0 {
		c.text = "t.time DESC, "
	}
	c.text += "t.id ASC"
	return c, nil
}
