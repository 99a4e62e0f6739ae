package yamldoc_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rondo/backend/yamldoc"
)

// TestScalarsMeanWhatTheyMeanToPython holds plain scalars to what a person's Python makes of
// them, where YAML 1.1 and 1.2 agree.
func TestScalarsMeanWhatTheyMeanToPython(t *testing.T) {
	for text, want := range map[string]any{
		"1": int64(1), "-1": int64(-1), "+1": int64(1), "007": int64(7), "0o17": int64(15), "0x1F": int64(31), "0b11": int64(3), "1_000": int64(1000),
		"18446744073709551615": uint64(18446744073709551615), "18446744073709551616": "18446744073709551616",
		"1.5": 1.5, "1.": 1.0, ".5": 0.5, "-.5": -0.5, "1.e3": 1000.0, "1.5e-3": 0.0015, "1e-3": "1e-3", "09": "09", "_1": "_1", ".": ".", "-": "-", "1.2.3": "1.2.3",
		"true": true, "False": false, "yes": "yes", "null": nil, "~": nil, "": nil, "'1'": "1", `"true"`: "true", "2020-01-01": "2020-01-01", "12:30": "12:30", "a b": "a b",
	} {
		n, err := yamldoc.Parse([]byte("a: " + text + "\n"))
		if text == "-" {
			continue // an item of a list
		}
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if got := yamldoc.Value(n).(map[string]any)["a"]; got != want {
			t.Errorf("%q is %T %v, want %T %v", text, got, got, want, want)
		}
	}
}

type thing struct {
	Name  string             `yaml:"name"`
	N     int                `yaml:"n"`
	Rate  *float64           `yaml:"rate"`
	On    bool               `yaml:"on,omitempty"`
	List  []string           `yaml:"list"`
	By    map[string]float64 `yaml:"by"`
	Deep  *thing             `yaml:"deep"`
	Any   any                `yaml:"any"`
	Never string             `yaml:"-"`
}

func TestDecodeFillsAndKeeps(t *testing.T) {
	n, err := yamldoc.Parse([]byte("name: 12\nrate: 1e-3\non: true\nlist: [a, 2]\nby: {x: 3}\ndeep: {n: 4}\nany: {k: [1, null]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	rate := 0.001
	got := thing{Name: "old", N: 7}
	want := thing{Name: "12", N: 7, Rate: &rate, On: true, List: []string{"a", "2"}, By: map[string]float64{"x": 3}, Deep: &thing{N: 4}, Any: map[string]any{"k": []any{int64(1), nil}}}
	if err := yamldoc.Decode(n, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n%+v\n%+v", err, got, want)
	}
	if n, err = yamldoc.Parse([]byte("other: 1\nn: 5\n")); err != nil {
		t.Fatal(err)
	}
	if err := yamldoc.DecodeKnown(n, &got); err != nil || got.N != 5 || got.Name != "12" {
		t.Errorf("%v %+v", err, got)
	}
}

func TestErrorsKnowTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"name: a\nnmae: b\n":        `2:1: unknown key "nmae"`,
		"deep:\n  n: x\n":           `2:6: "x" stands where a whole number is wanted`,
		"n: 1.5\n":                  `1:4: "1.5" stands where a whole number is wanted`,
		"n: [1]\n":                  "1:4: a list stands where a whole number is wanted",
		"name: {a: b}\n":            "1:7: a set of keys and values stands where text is wanted",
		"on: yes\n":                 `1:5: "yes" stands where true or false is wanted`,
		"by: {x: '3'}\n":            `1:9: "3" stands where a number is wanted`,
		"list: a\n":                 `1:7: "a" stands where a list is wanted`,
		"a: 1\nb: 2\na: 3\n":        `3:1: the key "a" is there twice`,
		"a: &x 1\n":                 "1:4: anchors, aliases and tags are not taken here",
		"a: 1\nb: !!str 2\n":        "2:4: anchors, aliases and tags are not taken here",
		"a: {<<: {b: 1}}\n":         "1:5: anchors, aliases and tags are not taken here",
		"[a]: 1\n":                  "1:1: a key that is no plain text is not taken",
		"a: 1\n---\nb: 2\n":         "2:1: a second document begins here",
		"a: 1\nb: [x\n":             "2:1: did not find expected ',' or ']'",
		"a: 1\nb: 2\n c: 3\n":       "3:1: mapping values are not allowed in this context",
		"a: 1\n- b\n":               "2:1: did not find expected key",
		"a: 1\n\tb: 2\n":            "2:1: found a tab character that violates indentation",
		strings.Repeat("[", 70):     "1:1: did not find expected node content",
		"a: " + deep(70):            "1:68: nested deeper than 64",
		strings.Repeat(",", 1<<20):  "1:1: it has 1048576 entries, more than the limit of 1000000",
		"a: \x00\n":                 "1:1: control characters are not allowed",
		"a: \xff\n":                 "1:1: invalid leading UTF-8 octet",
		strings.Repeat("[", 20_000): "1:1: exceeded max depth of 10000",
	} {
		n, err := yamldoc.Parse([]byte(text))
		if err == nil {
			err = yamldoc.Decode(n, &thing{})
		}
		var at *yamldoc.Error
		if !errors.As(err, &at) {
			t.Errorf("%.40q: %v", text, err)
		} else if got := fmt.Sprintf("%d:%d: %s", at.Line, at.Col, at.Msg); got != want {
			t.Errorf("%.40q: %s\nwant %s", text, got, want)
		}
	}
}

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestNothingIsNoDocument(t *testing.T) {
	for _, text := range []string{"", "\n", "# only this\n", "---\n"} {
		if n, err := yamldoc.Parse([]byte(text)); err != nil || !yamldoc.Null(n) {
			t.Errorf("%q: %v %v", text, n, err)
		}
	}
}

// TestQuotedTextIsReadBack writes all sorts of text as a key and as a value, and reads it as text,
// with this package and as the library does.
func TestQuotedTextIsReadBack(t *testing.T) {
	letters := []rune("abeEnox:-# '\"\\{}[],&*!|>%@`0.1+_?~=<\n\r\tñ日😀\u00a0\u2028\ufeff\x01")
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		s := b.String()
		text := yamldoc.Quote(s) + ":\n- " + yamldoc.Quote(s) + "\n"
		n, err := yamldoc.Parse([]byte(text))
		if err != nil || !reflect.DeepEqual(yamldoc.Value(n), map[string]any{s: []any{s}}) {
			t.Fatalf("%q is written as %q and read as %v, %v", s, text, n, err)
		}
		var other map[any][]any
		if err := yaml.Unmarshal([]byte(text), &other); err != nil || !reflect.DeepEqual(other, map[any][]any{s: {s}}) {
			t.Fatalf("%q is written as %q, and the library reads %v, %v", s, text, other, err)
		}
	}
	for _, s := range []string{"no", "Yes", "on", "null", "1e-3", "0x1F", ".inf", "12:30:45", "2020-01-01", "<<"} {
		if got := yamldoc.Quote(s); got != `"`+s+`"` {
			t.Errorf("%q is written as %s, which others read as something else", s, got)
		}
	}
}

func TestSpliceChangesOneValue(t *testing.T) {
	const text = "# über\nä: {lr: 0.1, \"k\": 'it''s'} # rate\nlist: [a, \"]\", [b]] # two\nblock:\n- x\nlong: \"a\n  b\"\n"
	for _, c := range []struct{ keys, value, want string }{
		{"ä.lr", "0.5", "lr: 0.5, \"k\""},
		{"ä.k", "[1]", "\"k\": [1]} # rate"},
		{"list", "[c]", "list: [c] # two"},
		{"ä", "{}", "ä: {} # rate"},
		{"block", "[y]", ""},
		{"long", "c", ""},
		{"list", "a\nb", ""},
	} {
		n, err := yamldoc.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range strings.Split(c.keys, ".") {
			n = yamldoc.Child(n, k)
		}
		out, ok := yamldoc.Splice([]byte(text), n, c.value)
		if ok != (c.want != "") || ok && (!strings.Contains(string(out), c.want) || strings.Count(string(out), "\n") != strings.Count(text, "\n")) {
			t.Errorf("%s = %s: %v\n%s", c.keys, c.value, ok, out)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a: {b: [c, 1e-3]}\n"))
	f.Add([]byte("? - a\n: &x b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := yamldoc.Parse(b)
		var at *yamldoc.Error
		if err != nil && (!errors.As(err, &at) || at.Line < 1 || at.Col < 1) {
			t.Fatalf("%v", err)
		}
		if err != nil || n == nil {
			return
		}
		yamldoc.Value(n)
		if err := yamldoc.Decode(n, &thing{}); err != nil && !errors.As(err, &at) {
			t.Fatalf("%v", err)
		}
		_, _ = yamldoc.Edit(b, func(root *yaml.Node) error { yamldoc.Put(root, "k", yamldoc.String("v")); return nil })
	})
}
