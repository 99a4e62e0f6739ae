package override_test

import (
	"encoding/json"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/dvctest"
	"rondo/backend/interop/dvc/override"
)

const oracle = `
import json, sys, os, tempfile, logging
logging.disable(logging.CRITICAL)
from dvc.utils.hydra import apply_overrides
out = []
with tempfile.TemporaryDirectory() as d:
    at = os.path.join(d, "p.json")
    for case in json.load(sys.stdin):
        with open(at, "w") as f:
            json.dump(case["values"], f)
        try:
            apply_overrides(at, case["set"])
            with open(at) as f:
                out.append("[" + json.dumps(json.load(f), sort_keys=True) + "]")
        except BaseException as e:
            out.append(repr(e))
print(json.dumps(out))
`

type tried struct {
	Values json.RawMessage `json:"values"`
	Set    []string        `json:"set"`
}

const values = `{"lr": 0.1, "n": 3, "on": true, "name": "a b", "none": null, "big": {"a": 1, "b": {"c": "x"}}, "list": [1, "two", {"k": 1}], "empty": {}}`

var pieces = []string{
	"1", "-3", "+7", "1_000", "007", "1.5", ".5", "5.", "1e-3", "1E5", "-1.5e+3", "nan", "inf", "-inf", "true", "FALSE", "Null", "null", "none", "abc", "a-b_c", "a b", " x ", "a\\ ", "\\ a",
	"[]", "[1,2]", "[1, [a, 'b c'], {k: 1}]", "{}", "{a: 1}", "{a: 2, d: {e: f}}", "{b: {c: y}}", "{b: {z: 1}}", "'q'", "\"q \\\" r\"", "'it\\'s'", "\"\"", "'a\\\\b'", "\"end\\\\\\\\\"", "a:b", "a=b", "a\\=b", "x#y", "./p/q.txt", "s3://b/k", "a@b", "50%", "a|b", "?", "$x", "~",
	"2021-01-01", "1.2.3", "10x", "\\{x\\}", "a\\,b", "\\\\", "\\n", "", " ", "[1,]", "[,]", "{a}", "{1: a}", "(", ")", "a(b)", "[a b, c]", "1,2", "'a','b'", "[1,2],3", "é", "!", "&x", "*", "0x10", "1__0", "_1", "+", "-", "--1", "1e999", "{a: [1, {b: 2}]}", "yes", "99999999999999999999", "'x' y", "x 'y'", "[ 1 , 2 ]", "{ a : 1 , b : x y }", "'a\nb'",
}

var places = []string{"lr", "n", "on", "name", "none", "big", "big.a", "big.b", "big.b.c", "big.new", "new", "new.deep.er", "list", "list.0", "list.1", "list.2.k", "list.9", "list.2.new", "lr.x", "empty", "empty.a", "a-b", "1", "1.2", "n[0]", "", "a..b", "$x", "big/x", "n@p", "none.x"}

// TestOverridesAreHydras does overrides at random as dvc does them.
func TestOverridesAreHydras(t *testing.T) {
	rounds := 600
	if n, err := strconv.Atoi(os.Getenv("DVC_ROUNDS")); err == nil {
		rounds = n * 100
	}
	seed, _ := strconv.ParseInt(os.Getenv("DVC_SEED"), 10, 64)
	r := rand.New(rand.NewSource(seed + 11))
	var cases []tried
	for _, piece := range pieces { // each value once
		cases = append(cases, tried{json.RawMessage(values), []string{"++new=" + piece}})
	}
	for range rounds {
		c := tried{Values: json.RawMessage(values)}
		for range 1 + r.Intn(2) {
			set := []string{"", "", "+", "++", "~"}[r.Intn(5)] + places[r.Intn(len(places))]
			if !strings.HasPrefix(set, "~") || r.Intn(2) == 0 {
				set += "=" + pieces[r.Intn(len(pieces))]
			}
			c.Set = append(c.Set, set)
		}
		cases = append(cases, c)
	}
	in, _ := json.Marshal(cases)
	var want []string
	if err := json.Unmarshal([]byte(dvctest.Python(t, oracle, string(in))), &want); err != nil {
		t.Fatal(err)
	}
	done := 0
	for i, c := range cases {
		got, err := apply(c)
		switch theirs := want[i]; {
		case err != nil && errs.HintOf(err) == "" && !strings.Contains(err.Error(), "taken out"):
			t.Errorf("%q: no way out: %v", c.Set, err)
		case err != nil && theirs[0] == '[' && !ours(err):
			t.Errorf("%q: %v\nDVC: %s", c.Set, err, theirs)
		case err == nil && theirs[0] != '[':
			t.Errorf("%q: %s\nDVC refuses it: %s", c.Set, got, theirs)
		case err == nil && "["+got+"]" != theirs:
			t.Errorf("%q: %s\nDVC: %s", c.Set, got, theirs)
		case err == nil:
			done++
		}
	}
	t.Logf("%d of %d were done, and the rest refused by both", done, len(cases))
}

// ours reports whether an error is about what is not done here although dvc does it.
func ours(err error) bool {
	for _, words := range []string{"group of Hydra", "function of Hydra", "DVC's queue", "only Hydra resolves", "no text", "has no key", "the other way round"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

func apply(c tried) (string, error) {
	is, err := doc.ReadParams("p.json", c.Values)
	if err != nil {
		return "", err
	}
	var list []override.Override
	for _, text := range c.Set {
		o, err := override.Parse(text)
		if err != nil {
			return "", err
		}
		list = append(list, o)
	}
	was := dvctest.JSON(is)
	now, err := override.Apply("p.json", is, list)
	if dvctest.JSON(is) != was {
		panic("what was given has changed")
	}
	if err != nil {
		return "", err
	}
	var b strings.Builder
	pythonJSON(&b, now)
	return b.String(), nil
}

// pythonJSON writes values as json.dumps with sorted keys does.
func pythonJSON(b *strings.Builder, v any) {
	switch x := v.(type) {
	case *doc.Map:
		b.WriteByte('{')
		for i, k := range slices.Sorted(slices.Values(x.Keys)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(doc.Quote(k) + ": ")
			pythonJSON(b, x.Value(k))
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, it := range x {
			if i > 0 {
				b.WriteString(", ")
			}
			pythonJSON(b, it)
		}
		b.WriteByte(']')
	case float64:
		b.WriteString(map[string]string{"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[doc.Text(x)])
		if x-x == 0 {
			b.WriteString(doc.Text(x))
		}
	default:
		doc.WriteJSON(b, v, nil)
	}
}
