package runtime_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

var sig = runtime.Signature{Inputs: []runtime.Column{
	{Name: "d", Type: runtime.Double, Required: true},
	{Name: "f", Type: runtime.Float, Required: true},
	{Name: "i", Type: runtime.Integer, Required: true},
	{Name: "l", Type: runtime.Long, Required: true},
	{Name: "b", Type: runtime.Boolean, Required: true},
	{Name: "s", Type: runtime.String, Required: true},
	{Name: "t", Type: runtime.Datetime, Required: true},
	{Name: "o", Type: runtime.String},
}}

func row(change map[string]any) map[string]any {
	r := map[string]any{"d": 1.5, "f": 0.1, "i": 3, "l": int64(4), "b": true, "s": "x", "t": "2026-03-01", "o": "y"}
	for k, v := range change {
		if r[k] = v; v == "gone" {
			delete(r, k)
		}
	}
	return r
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		change map[string]any
		words  string // of the refusal; empty: it fits
	}{
		{nil, ""},
		{map[string]any{"d": 2}, ""},
		{map[string]any{"d": nil}, ""},
		{map[string]any{"i": 3.0}, ""},
		{map[string]any{"o": nil}, ""},
		{map[string]any{"o": "gone"}, ""},
		{map[string]any{"t": "2026-03-01T12:00:00Z"}, ""},
		{map[string]any{"d": "gone"}, `column "d" is missing`},
		{map[string]any{"z": 1}, `no column "z"`},
		{map[string]any{"d": "text"}, `column "d", row 0: it takes double, not text`},
		{map[string]any{"d": true}, `column "d", row 0: it takes double, not true or false`},
		{map[string]any{"i": 3.5}, `column "i"`},
		{map[string]any{"i": int64(math.MaxInt32) + 1}, `column "i"`},
		{map[string]any{"i": nil}, `column "i", row 0: it is null`},
		{map[string]any{"l": 1e30}, `column "l"`},
		{map[string]any{"b": 1}, `column "b"`},
		{map[string]any{"s": 1}, `column "s"`},
		{map[string]any{"s": nil}, `column "s", row 0: it is null`},
		{map[string]any{"t": "tomorrow"}, `column "t"`},
		{map[string]any{"s": []any{"x"}}, `column "s", row 0: it takes string, not a list`},
	} {
		in, err := sig.FromRows([]map[string]any{row(c.change)}, false)
		switch {
		case c.words == "" && (err != nil || len(in) != len(sig.Inputs)):
			t.Errorf("%v: %v", c.change, err)
		case c.words != "" && (!errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.words)):
			t.Errorf("%v: %v does not say %q", c.change, err, c.words)
		}
		if err != nil && strings.Contains(err.Error(), "tomorrow") {
			t.Errorf("%v: a value is echoed: %v", c.change, err)
		}
	}
	in, err := sig.FromRows([]map[string]any{row(nil), row(map[string]any{"d": nil, "f": 0.1, "o": nil})}, false)
	if err != nil || !math.IsNaN(in[0].Floats[1]) || in[1].Floats[0] != float64(float32(0.1)) || in[7].At(1) != nil || in[7].At(0) != "y" {
		t.Errorf("%+v %v", in, err)
	}
	if _, err := sig.FromRows([]map[string]any{row(nil), row(map[string]any{"s": "gone"})}, false); err == nil || !strings.Contains(err.Error(), `row 1: column "s" is missing`) {
		t.Errorf("a column missing in the second row: %v", err)
	}
	if _, err := sig.FromRows([]map[string]any{row(map[string]any{"z": 1})}, true); err != nil {
		t.Errorf("loose: %v", err)
	}
}

func TestTensors(t *testing.T) {
	two := runtime.Signature{Inputs: []runtime.Column{{Name: "a", Type: runtime.Double, Required: true}, {Name: "b", Type: runtime.Long, Required: true}}}
	tensor := func(name string, kind runtime.Type, shape []int, v any) runtime.Tensor {
		x := runtime.Tensor{Name: name, Type: kind, Shape: shape}
		switch v := v.(type) {
		case []float64:
			x.Floats = v
		case []int64:
			x.Ints = v
		case []string:
			x.Texts = v
		}
		return x
	}
	a := tensor("a", runtime.Double, []int{2}, []float64{1, 2})
	for name, c := range map[string]struct {
		in    []runtime.Tensor
		words string
	}{
		"as it is":        {[]runtime.Tensor{a, tensor("b", runtime.Long, []int{2}, []int64{3, 4})}, ""},
		"other order":     {[]runtime.Tensor{tensor("b", runtime.Long, []int{2, 1}, []int64{3, 4}), a}, ""},
		"widened":         {[]runtime.Tensor{tensor("a", runtime.Integer, []int{2}, []int64{1, 2}), tensor("b", runtime.Integer, []int{2}, []int64{3, 4})}, ""},
		"a matrix":        {[]runtime.Tensor{tensor("x", runtime.Long, []int{2, 2}, []int64{1, 3, 2, 4})}, ""},
		"a narrow matrix": {[]runtime.Tensor{tensor("x", runtime.Long, []int{2, 1}, []int64{1, 3})}, "has 1 columns; the model takes 2"},
		"twice":           {[]runtime.Tensor{a, a}, "sent twice"},
		"too precise":     {[]runtime.Tensor{tensor("a", runtime.Long, []int{1}, []int64{1<<53 + 1}), tensor("b", runtime.Long, []int{1}, []int64{1})}, `column "a"`},
		"uneven":          {[]runtime.Tensor{a, tensor("b", runtime.Long, []int{1}, []int64{3})}, "rows"},
		"short of data":   {[]runtime.Tensor{a, tensor("b", runtime.Long, []int{2}, []int64{3})}, "holds 1 values"},
		"overflow":        {[]runtime.Tensor{tensor("a", runtime.Double, []int{1 << 20, 1 << 20, 1 << 20}, []float64{1})}, "impossible shape"},
		"negative":        {[]runtime.Tensor{tensor("a", runtime.Double, []int{-1}, nil)}, "impossible shape"},
		"nothing":         {nil, "no inputs"},
	} {
		out, err := two.Check(c.in)
		if c.words != "" {
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%s: %v does not say %q", name, err, c.words)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(out[0].Floats, []float64{1, 2}) || !reflect.DeepEqual(out[1].Ints, []int64{3, 4}) || out[0].Name != "a" {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
	}
}

func FuzzParseMLmodel(f *testing.F) {
	f.Add([]byte("flavors:\n  python_function: {loader_module: mlflow.sklearn}\nsignature:\n  inputs: '[{\"name\":\"a\",\"type\":\"double\"}]'\n"))
	f.Add([]byte("flavors: {onnx: {data: model.onnx}}\nsignature: {inputs: '[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,4]}}]'}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := runtime.ParseMLmodel(b); err != nil && errs.KindOf(err) == errs.Internal {
			t.Fatalf("a bad file is our fault: %v", err)
		}
	})
}
