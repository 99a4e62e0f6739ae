package search_test

import (
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/run/search"
)

func TestFiltersAreRead(t *testing.T) {
	for filter, want := range map[string]string{
		"metrics.loss<0.5":                    "metric loss < 0.5",
		"metric.`my metric` >= -1e-3":         "metric my metric >= -1e-3",
		`params."a.b" = 'x' AND tag.t != "y"`: "param a.b = x; tag t != y",
		"params.a.b.c LIKE '%1''2%'":          "param a.b.c LIKE %1'2%",
		"attributes.run_id iN ('a', \"b\")":   "attribute run_id IN a b",
		"run_id not in ('a') and status='X'":  "attribute run_id NOT IN a; attribute status = X",
		"Run Name ILIKE 'A_'":                 "attribute run name ILIKE A_",
		"  ":                                  "",
		"datasets.name = 'd'":                 "dataset name = d",
		"tags.`mlflow.data.context` <> 'z'":   "tag mlflow.data.context != z",
		"metrics.train/acc-1 > 1":             "metric train/acc-1 > 1",
		"params.größe = 'ü'":                  "param größe = ü",
	} {
		list, err := search.Parse(filter)
		if err != nil {
			t.Errorf("%q: %v", filter, err)
			continue
		}
		var words []string
		for _, c := range list {
			line := c.Entity + " " + c.Key + " " + c.Op
			for _, v := range c.Values {
				line += " " + v.Text
			}
			words = append(words, line)
		}
		if got := strings.Join(words, "; "); got != want {
			t.Errorf("%q read as %q, want %q", filter, got, want)
		}
	}
}

func TestWrongFiltersSayWhere(t *testing.T) {
	for filter, want := range map[string]string{
		"metrics.loss":                    "character 13: want a comparison",
		"metrics.loss < ":                 "character 16: want a number or a text",
		"metrics.loss < 1 OR a = 'b'":     "character 18: OR is not known",
		"metrics.loss < 1 params.a = 'b'": "character 18: want AND",
		"loss.x < 1":                      "character 1: loss is none of metrics",
		"metrics. < 1":                    "character 1: a name must follow metrics",
		"params.a = 'b":                   "character 12: the ' that opens here is never closed",
		"params.a = b":                    "character 12: b is neither a number nor a text in quotes",
		"run_id IN 'a'":                   "character 11: want ( and a list",
		"run_id IN ('a' 'b')":             "character 16: want , or )",
		"params.a ; DROP TABLE x":         "character 10: ';' has no meaning here",
		"params.a = 'x' AND":              "character 19: want a name",
		strings.Repeat("a='b' AND ", 101): "at most 100 comparisons",
		"metrics.a < NaN":                 "NaN is neither a number",
		"= 1":                             "character 1: want a name such as metrics.loss, not =",
	} {
		_, err := search.Parse(filter)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", filter, err, want)
		}
	}
	if _, err := search.Parse(strings.Repeat("x", 1<<20)); !errs.Is(err, errs.TooLarge) {
		t.Errorf("a filter of a megabyte: %v", err)
	}
}

func TestOrdersAreRead(t *testing.T) {
	list, err := search.ParseOrders([]string{"metrics.`a b` DESC", "start_time asc", "params.x"})
	if err != nil || len(list) != 3 || !list[0].Desc || list[0].Key != "a b" || list[1].Entity != search.Attribute || list[2].Desc {
		t.Errorf("orders %+v, %v", list, err)
	}
	for _, bad := range [][]string{{"metrics.a DOWN"}, {"metrics.a", "metrics.a DESC"}, {""}, {"a b c"}} {
		if _, err := search.ParseOrders(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// FuzzParse: no filter makes the parser fall over, and what is read reaches SQL as
// bound values only.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"metrics.loss<0.5 AND params.`a` LIKE '%x%'", `tags."a""b" != 'c'`, "run_id IN ('a','b')", "a='", "😀.x = 1", "((("} {
		f.Add(s)
	}
	space := search.Space{
		Plural: "things", ID: "r.id", Owner: "run", Metrics: search.SQL{Text: "m"}, Params: "p", Tags: "t", Datasets: "d",
		Attributes: map[string]search.Column{"run_id": {Expr: "r.id"}, "start_time": {Expr: "r.started", Number: true}},
	}
	f.Fuzz(func(t *testing.T, filter string) {
		list, err := search.Parse(filter)
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Fatalf("%v is %v", err, k)
			}
			return
		}
		sql, err := space.Where(list)
		if err != nil {
			return
		}
		if strings.Count(sql.Text, "?") != len(sql.Args) || strings.ContainsAny(sql.Text, `'";`) {
			t.Fatalf("%q became %q with %d values", filter, sql.Text, len(sql.Args))
		}
		if _, err := search.ParseOrders([]string{filter}); err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
	})
}
