package pipeline_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		`rondo step train`:                   {"rondo", "step", "train"},
		` a  "b c" 'd "e'  f\ g`:             {"a", "b c", `d "e`, "f g"},
		`python -c 'print("x y")'`:           {"python", "-c", `print("x y")`},
		`a "" ''`:                            {"a", "", ""},
		`a "\"\\\n" \$x`:                     {"a", `"\\n`, "$x"},
		`x '$HOME' *.csv 'a|b;' "c>d" 100\$`: {"x", "$HOME", "*.csv", "a|b;", "c>d", "100$"},
		"a \\\n  b":                          {"a", "b"},
	} {
		got, err := pipeline.Split(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{
		"", "  ", `a "b`, `a 'b`, `a \`, "a\nb", "a\x00", "a | b", "a;b", "a > b", "a && b", "a $HOME", `a "$HOME"`, "a `b`", "a $(b)",
	} {
		if _, err := pipeline.Split(line); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestEachLineIsACommand(t *testing.T) {
	got, err := pipeline.Commands("a b\n\n  c 'd\ne'\n")
	if err != nil || !reflect.DeepEqual(got, [][]string{{"a", "b"}, {"c", "d\ne"}}) {
		t.Errorf("%q %v", got, err)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(`a "b c" 'd'`)
	f.Fuzz(func(t *testing.T, line string) {
		if words, err := pipeline.Split(line); err == nil && len(words) == 0 {
			t.Error("no words and no error")
		}
	})
}

func FuzzLock(f *testing.F) {
	f.Add([]byte("schema: rondo 1\nstages:\n  a:\n    cmd: [x]\n    deps:\n    - path: d\n      sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n      size: 0\n    params:\n      k: v\n"))
	f.Add([]byte("schema: rondo 2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := pipeline.ParseLock(b)
		if err != nil {
			return
		}
		text := l.Text()
		again, err := pipeline.ParseLock(text)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, text)
		}
		if fmt.Sprint(again) != fmt.Sprint(l) || !bytes.Equal(text, again.Text()) {
			t.Errorf("%+v is written as\n%s\nand read as %+v", l, text, again)
		}
	})
}
