package table

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// pair is a key of an object and its value as it is written.
type pair struct{ key, value []byte }

// pairsOf appends the keys and values of an object, or says why a line is none.
func pairsOf(text []byte, to []pair) (pairs []pair, why string) {
	if text[0] != '{' {
		return to, "it is no JSON object"
	}
	if !json.Valid(text) {
		if text = withoutWords(text); !json.Valid(text) {
			return to, json.Unmarshal(text, new(json.RawMessage)).Error()
		}
	}
	return walk(text, to), ""
}

// walk takes apart an object that is known to be one.
func walk(text []byte, to []pair) []pair {
	rest := bytes.TrimLeft(text[1:], jsonSpace)
	for rest[0] == '"' {
		n := stringEnd(rest)
		key := unquoted(rest[:n])
		rest = bytes.TrimLeft(bytes.TrimLeft(rest[n:], jsonSpace)[1:], jsonSpace) // the colon
		n = valueEnd(rest)
		to = append(to, pair{key, bytes.TrimRight(rest[:n], jsonSpace)})
		rest = bytes.TrimLeft(rest[n:], jsonSpace)
		if rest[0] == ',' {
			rest = bytes.TrimLeft(rest[1:], jsonSpace)
		}
	}
	return to
}

const jsonSpace = " \t\r\n"

// stringEnd is where a string ends that begins the text.
func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd is where the comma or brace stands that follows the value which begins the text.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
}

// unquoted is the text of a string of JSON.
func unquoted(value []byte) []byte {
	plain := value[1 : len(value)-1]
	if bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return plain
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return plain
	}
	return []byte(s)
}

// withoutWords writes what Python writes of numbers that are none: NaN as null, Infinity as text.
func withoutWords(text []byte) []byte {
	if !bytes.Contains(text, []byte("NaN")) && !bytes.Contains(text, []byte("Infinity")) {
		return text
	}
	out, quoted := make([]byte, 0, len(text)+len(text)/8), false
	for i := 0; i < len(text); i++ {
		switch rest := text[i:]; {
		case quoted && rest[0] == '\\' && len(rest) > 1:
			out = append(out, rest[0])
			i++
		case rest[0] == '"':
			quoted = !quoted
		case !quoted && bytes.HasPrefix(rest, []byte("NaN")):
			out, i = append(out, "null"...), i+len("NaN")-1
			continue
		case !quoted && bytes.HasPrefix(rest, []byte("-Infinity")):
			out, i = append(out, `"-Infinity"`...), i+len("-Infinity")-1
			continue
		case !quoted && bytes.HasPrefix(rest, []byte("Infinity")):
			out, i = append(out, `"Infinity"`...), i+len("Infinity")-1
			continue
		}
		out = append(out, text[i])
	}
	return out
}
