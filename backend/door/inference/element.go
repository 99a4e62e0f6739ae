package inference

import (
	"math"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

func addFloat(t *runtime.Tensor, kind datatype, word []byte) error {
	i := len(t.Floats)
	if string(word) == "null" {
		if t.Nulls == nil {
			t.Nulls = make([]bool, cap(t.Floats))
		}
		t.Nulls[i] = true
		t.Floats = append(t.Floats, math.NaN())
		return nil
	}
	if !jsonNumber(word) {
		return errs.New(errs.Invalid, "input %.80q, value %d: it is no number", t.Name, i)
	}
	v, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		return errs.New(errs.Invalid, "input %.80q, value %d: the number is too large", t.Name, i)
	}
	if kind.as == runtime.Float {
		v = float64(float32(v))
	}
	t.Floats = append(t.Floats, v)
	return nil
}

// jsonNumber tells JSON's numbers from what Go reads beside them: hex, inf, _.
func jsonNumber(word []byte) bool {
	if len(word) == 0 || word[0] == '+' || word[0] == '.' {
		return false
	}
	for _, c := range word {
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return false
		}
	}
	return true
}

func addInt(t *runtime.Tensor, kind datatype, word []byte) error {
	i := len(t.Ints)
	if kind.as == runtime.Boolean {
		switch string(word) {
		case "true", "1":
			t.Ints = append(t.Ints, 1)
			return nil
		case "false", "0":
			t.Ints = append(t.Ints, 0)
			return nil
		}
		return errs.New(errs.Invalid, "input %.80q, value %d: it is neither true nor false", t.Name, i)
	}
	v, err := strconv.ParseInt(string(word), 10, 64)
	if err != nil || word[0] == '+' {
		return errs.New(errs.Invalid, "input %.80q, value %d: it is no whole number that %s holds", t.Name, i, kind.name)
	}
	if v < kind.min || v > kind.max {
		return errs.New(errs.Invalid, "input %.80q, value %d: %d does not fit into %s", t.Name, i, v, kind.name)
	}
	t.Ints = append(t.Ints, v)
	return nil
}
