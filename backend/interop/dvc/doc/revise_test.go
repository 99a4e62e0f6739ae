package doc_test

import (
	"math/rand"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// revised changes one value under a dotted key, or takes it out where gone.
func revised(t *testing.T, name, text, key string, value any, gone bool) string {
	t.Helper()
	m, err := doc.ReadParams(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := doc.Clone(m).(*doc.Map)
	way := strings.Split(key, ".")
	up, _ := doc.Walk(want, way[:len(way)-1])
	if gone {
		up.(*doc.Map).Drop(way[len(way)-1])
	} else {
		up.(*doc.Map).Set(way[len(way)-1], value)
	}
	out, err := doc.Revise(name, []byte(text), want)
	if err != nil {
		return err.Error()
	}
	if again, err := doc.ReadParams(name, out); err != nil || !doc.Same(again, want) {
		t.Fatalf("%s of\n%s\nis\n%s\n%v", key, text, out, err)
	}
	return string(out)
}

// TestParamsFilesKeepWhatPeopleWrote changes values and leaves comments, order, quotes and anchors.
func TestParamsFilesKeepWhatPeopleWrote(t *testing.T) {
	const anchored = "# all\nbase: &base   # shared\n  lr: 0.1   # rate\n  steps: 10\n\ntrain:\n  <<: *base\n  name: 'a'\nother: *base\nn: &n 5\nm: *n\n"
	for _, c := range []struct {
		name, text, key string
		value           any
		want            string
	}{
		{"p.yaml", "a: 1 # one\n\n# b\nb:   [1,2]   # list\nc: \"x\"\n", "a", int64(2), "a: 2 # one\n\n# b\nb:   [1,2]   # list\nc: \"x\"\n"},
		{"p.yaml", "a: 1 # one\nb: [1,2]   # list\n", "b", []any{int64(3)}, "a: 1 # one\nb: [3]   # list\n"},
		{"p.yaml", "a: 1\nc: \"x\"\n", "c", "y", "a: 1\nc: \"y\"\n"},
		{"p.yaml", "a: {b: 1, c: 2} # in\n", "a.c", 0.5, "a: {b: 1, c: 0.5} # in\n"},
		{"p.yaml", anchored, "train.name", "b", strings.Replace(anchored, "'a'", "'b'", 1)},
		{"p.yaml", "a: 1 # one\nb:\n  c: 2 # two\n", "b.d", true, "a: 1 # one\nb:\n  c: 2 # two\n  d: true\n"},
		{"p.yml", "a:\r\n  b: 1\r\n", "a.b", int64(2), "a:\r\n  b: 2\r\n"},
		{"p.json", "{\n  \"a\": 1,\n  \"b\": [1, 2]\n}\n", "a", "x", "{\n  \"a\": \"x\",\n  \"b\": [1, 2]\n}\n"},
		{"p.json", "{\n    \"a\": 1\n}", "b", []any{}, "{\n    \"a\": 1,\n    \"b\": []\n}"},
		{"p.json", `{"a": 1, "b": 2}`, "b", nil, `{"a": 1, "b": null}`},
		{"p.toml", "# t\nx = 1 # one\n[s]\nx = 2 # two\ny = \"#\" # hash\n", "s.x", int64(3), "# t\nx = 1 # one\n[s]\nx = 3 # two\ny = \"#\" # hash\n"},
		{"p.toml", "[s]\ny = \"#\" # hash\n", "s.y", "a#b", "[s]\ny = \"a#b\" # hash\n"},
		{"p.py", "X = 1  # one\nclass A:\n    X = 2\n    Y = 'a'\n", "A.X", 0.5, "X = 1  # one\nclass A:\n    X = 0.5\n    Y = 'a'\n"},
		{"p.py", "Y = 'a'  # y\n", "Y", "it's", "Y = \"it's\"  # y\n"},
	} {
		if got := revised(t, c.name, c.text, c.key, c.value, false); got != c.want {
			t.Errorf("%s of %s:\n%s\nwant\n%s", c.key, c.text, got, c.want)
		}
	}
	for _, c := range []struct {
		key   string
		value any
		has   []string
	}{
		{"base.lr", 0.5, []string{"lr: 0.5", "# rate", "# shared", "# all", "name: 'a'", "m: *n"}},
		{"train.lr", 0.5, []string{"lr: 0.1", "<<: *base", "lr: 0.5", "other: *base"}},
		{"other.lr", 0.5, []string{"<<: *base", "# rate", "lr: 0.5"}},
		{"n", int64(6), []string{"n: &n 6", "m: 5", "other: *base"}},
		{"m", int64(6), []string{"n: &n 5", "m: 6"}},
		{"train", int64(6), []string{"train: 6", "other: *base"}},
	} {
		got := revised(t, "p.yaml", anchored, c.key, c.value, false)
		for _, want := range c.has {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.key, want, got)
			}
		}
	}
	if got := revised(t, "p.yaml", anchored, "train.lr", nil, true); !strings.Contains(got, "# rate") {
		t.Errorf("what << brings, taken out:\n%s", got)
	}
	for _, c := range [][2]string{{"p.toml", "a = 1\n"}, {"p.py", "a = 1\n"}} {
		m, _ := doc.ReadParams(c[0], []byte(c[1]))
		want := doc.Clone(m).(*doc.Map)
		want.Set("new", int64(1))
		if out, err := doc.Revise(c[0], []byte(c[1]), want); !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
			t.Errorf("%s: %q, %v", c[0], out, err)
		}
	}
}

// TestAnyDocumentIsRevised turns documents at random into others, which come out exactly.
func TestAnyDocumentIsRevised(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 400 {
		was, want := &doc.Map{}, &doc.Map{}
		for _, k := range []string{"a", "b", "c d", "yes", "1"} {
			v := plainValue(r, 3)
			if r.Intn(5) > 0 {
				was.Set(k, v)
			}
			if r.Intn(3) == 0 {
				v = plainValue(r, 3)
			}
			if r.Intn(5) > 0 {
				want.Set(k, v)
			}
		}
		text := append([]byte("# top\n"), doc.Emit(was)...)
		out, err := doc.Revise("p.yaml", text, want)
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if again, err := doc.ReadParams("p.yaml", out); err != nil || !doc.Same(again, want) {
			t.Fatalf("%s\nis\n%s\n%v", text, out, err)
		}
	}
}

// plainValue is one as people keep them in files of params.
func plainValue(r *rand.Rand, depth int) any {
	switch n := r.Intn(8); {
	case n < 2 && depth > 0:
		m := &doc.Map{}
		for range r.Intn(4) {
			m.Set([]string{"lr", "n", "no", "a b", "x"}[r.Intn(5)], plainValue(r, depth-1))
		}
		return m
	case n < 4 && depth > 0:
		list := []any{}
		for range r.Intn(4) {
			list = append(list, plainValue(r, depth-1))
		}
		return list
	}
	return []any{nil, true, int64(r.Intn(50)), 0.5, 1e-7, 1.0, "text", "it's", "a: b", "#x", "", "yes", "2024-01-02", "- a", "two\nlines", "1"}[r.Intn(16)]
}
