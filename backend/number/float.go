// Package number knows how numbers that JSON has no word for are written in JSON.
package number

import (
	"encoding/json"
	"math"
	"strconv"

	"rondo/backend/errs"
)

// Float is a float64 whose NaN and infinities survive JSON, as the texts that
// protobuf's JSON has for them.
type Float float64

// MarshalJSON implements json.Marshaler.
func (f Float) MarshalJSON() ([]byte, error) {
	switch x := float64(f); {
	case math.IsNaN(x):
		return []byte(`"NaN"`), nil
	case math.IsInf(x, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(x)
	}
}

// UnmarshalJSON implements json.Unmarshaler. Numbers may come in quotes.
func (f *Float) UnmarshalJSON(b []byte) error {
	s := string(b)
	if len(s) > 1 && s[0] == '"' {
		s = s[1 : len(s)-1]
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return errs.New(errs.Invalid, "%.40q is not a number", s)
	}
	*f = Float(x)
	return nil
}
