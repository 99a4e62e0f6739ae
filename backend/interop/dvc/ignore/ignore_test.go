package ignore_test

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/dvctest"
	"rondo/backend/interop/dvc/ignore"
)

const ignoreScript = `
import sys, json
from dvc.ignore import DvcIgnorePatterns
def ask(patterns, path, is_dir):
    d, _, b = ("/r/" + path).rpartition("/")
    return DvcIgnorePatterns(patterns, "/r", "/").matches(d, b, is_dir)
json.dump([ask(*c) for c in json.load(sys.stdin)], sys.stdout)
`

// TestIgnoreRulesAreDVCs matches random rules and paths beside DVC's own matcher.
func TestIgnoreRulesAreDVCs(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	pick := func(list ...string) string { return list[r.Intn(len(list))] }
	name := func() string { return pick("a", "b", "ab", "a.txt", "b.csv", ".x", "é", "a b", "[a]", "a*") }
	type question struct {
		rules []string
		path  string
		dir   bool
	}
	var all []question
	var asked []any
	for range 3000 {
		var q question
		for range 1 + r.Intn(3) {
			rule := pick("", "", "", "!", "/") + pick("", "", "**/", "a/", "*/", "a/**/") + pick(name(), name(), "*", "*.txt", "a?", "[ab]", "[!a]*", "a/**", "**", `\!a`, `a\*`, "[a-b].*") + pick("", "", "/", "/b")
			q.rules = append(q.rules, rule)
		}
		parts := []string{}
		for range 1 + r.Intn(3) {
			parts = append(parts, name())
		}
		q.path, q.dir = strings.Join(parts, "/"), r.Intn(2) == 0
		all = append(all, q)
		rules := []any{}
		for _, s := range q.rules {
			rules = append(rules, s)
		}
		asked = append(asked, []any{rules, q.path, q.dir})
	}
	var want []bool
	if err := json.Unmarshal([]byte(dvctest.Python(t, ignoreScript, dvctest.JSON(asked))), &want); err != nil {
		t.Fatal(err)
	}
	bad, yes := 0, 0
	for i, q := range all {
		got := (&ignore.Rules{}).With("", []byte(strings.Join(q.rules, "\n"))).Match(q.path, q.dir)
		if want[i] {
			yes++
		}
		if got != want[i] {
			if bad++; bad < 12 {
				t.Errorf("rules %q, path %q, folder %v: %v, and DVC says %v", q.rules, q.path, q.dir, got, want[i])
			}
		}
	}
	t.Logf("%d of %d differ, %d are ignored", bad, len(all), yes)
}
