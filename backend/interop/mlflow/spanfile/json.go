package spanfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Decode reads JSON in which NaN and the infinities may stand bare, as Python writes them;
// they become texts. Numbers stay as they are written.
func Decode(b []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(quoteNumbers(b)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

var literals = [][]byte{[]byte("NaN"), []byte("-Infinity"), []byte("Infinity")}

// quoteNumbers puts quotes around NaN, Infinity and -Infinity. Python writes them
// bare, JSON has no such words, and to read them as 0 would be silent damage.
func quoteNumbers(b []byte) []byte {
	if !bytes.Contains(b, literals[0]) && !bytes.Contains(b, literals[2]) {
		return b
	}
	out := make([]byte, 0, len(b)+64)
	quoted := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		if quoted && c == '\\' && i+1 < len(b) {
			out = append(out, c, b[i+1])
			i++
			continue
		}
		if c == '"' {
			quoted = !quoted
		}
		if word := literalAt(b[i:]); !quoted && word != nil {
			out = append(append(append(out, '"'), word...), '"')
			i += len(word) - 1
			continue
		}
		out = append(out, c)
	}
	return out
}

func literalAt(b []byte) []byte {
	for _, w := range literals {
		if bytes.HasPrefix(b, w) {
			return w
		}
	}
	return nil
}
