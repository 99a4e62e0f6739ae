package inference

import (
	"encoding/json"
	"math"
	"strconv"

	"rondo/backend/serve/runtime"
)

// appendData writes a tensor's elements as one flat JSON list.
func appendData(b []byte, t *runtime.Tensor) []byte {
	b = append(b, '[')
	for i := range t.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendElement(b, t, i)
	}
	return append(b, ']')
}

func appendElement(b []byte, t *runtime.Tensor, i int) []byte {
	switch {
	case t.Nulls != nil && t.Nulls[i]:
		return append(b, "null"...)
	case t.Type == runtime.Float:
		return appendFloat(b, t.Floats[i], 32)
	case t.Type == runtime.Double:
		return appendFloat(b, t.Floats[i], 64)
	case t.Type == runtime.Boolean:
		return strconv.AppendBool(b, t.Ints[i] != 0)
	case t.Ints != nil:
		return strconv.AppendInt(b, t.Ints[i], 10)
	}
	return appendText(b, t.Texts[i])
}

// appendFloat writes what JSON has no number for as numpy reads it from text.
func appendFloat(b []byte, v float64, bits int) []byte {
	switch {
	case v != v:
		return append(b, "null"...)
	case math.IsInf(v, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(b, `"-Infinity"`...)
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, bits)
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // a string always encodes
			}
			return append(b, text...)
		}
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}
