package inference

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"rondo/backend/errs"
)

const maxDepth = 32 // nesting of a request's JSON

// scanner reads JSON from front to back without building a tree of it.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) wrong(want string) error {
	if s.i >= len(s.b) {
		return errs.New(errs.Invalid, "the request's JSON ends where %s was expected", want)
	}
	return errs.New(errs.Invalid, "the request is not JSON as expected: byte %d should be %s", s.i, want)
}

// next skips spaces and returns the byte that follows; 0 at the end.
func (s *scanner) next() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// accept takes the byte if it comes next.
func (s *scanner) accept(c byte) bool {
	if s.next() == c {
		s.i++
		return true
	}
	return false
}

// object calls fn for each key, with the scanner before the value.
func (s *scanner) object(what string, fn func(key string) error) error {
	if !s.accept('{') {
		return s.wrong("{ of " + what)
	}
	if s.accept('}') {
		return nil
	}
	for {
		key, err := s.text()
		if err != nil {
			return err
		}
		if !s.accept(':') {
			return s.wrong(":")
		}
		if err := fn(key); err != nil {
			return err
		}
		if s.accept('}') {
			return nil
		}
		if !s.accept(',') {
			return s.wrong(", or }")
		}
	}
}

// list calls fn for each element.
func (s *scanner) list(what string, fn func() error) error {
	if !s.accept('[') {
		return s.wrong("[ of " + what)
	}
	if s.accept(']') {
		return nil
	}
	for {
		if err := fn(); err != nil {
			return err
		}
		if s.accept(']') {
			return nil
		}
		if !s.accept(',') {
			return s.wrong(", or ]")
		}
	}
}

// text reads a string.
func (s *scanner) text() (string, error) {
	if s.next() != '"' {
		return "", s.wrong("a text")
	}
	for i := s.i + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			raw := s.b[s.i+1 : i]
			s.i = i + 1
			return string(raw), nil
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return s.escaped()
		}
	}
	s.i = len(s.b)
	return "", s.wrong("the end of a text")
}

// escaped reads a string that is more than plain ASCII.
func (s *scanner) escaped() (string, error) {
	start := s.i
	if err := s.skipText(); err != nil {
		return "", err
	}
	var out string
	if err := json.Unmarshal(s.b[start:s.i], &out); err != nil {
		s.i = start
		return "", s.wrong("a text as JSON writes it")
	}
	return out, nil
}

func (s *scanner) skipText() error {
	for i := s.i + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '\\':
			i++
		case '"':
			s.i = i + 1
			return nil
		}
	}
	s.i = len(s.b)
	return s.wrong("the end of a text")
}

// skip passes over a value and returns it as it is written. It checks nothing but
// where the value ends; whoever uses the value checks the rest.
func (s *scanner) skip() ([]byte, error) {
	s.next()
	start, depth := s.i, 0
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case '"':
			if err := s.skipText(); err != nil {
				return nil, err
			}
		case '[', '{':
			if depth++; depth > maxDepth {
				return nil, errs.New(errs.Invalid, "the request is nested deeper than %d levels", maxDepth)
			}
			s.i++
		case ']', '}':
			if depth == 0 {
				return nil, s.wrong("a value")
			}
			depth--
			s.i++
		case ' ', '\t', '\n', '\r', ',', ':':
			if depth == 0 {
				return nil, s.wrong("a value")
			}
			s.i++
			continue
		default:
			s.token()
		}
		if depth == 0 {
			return s.b[start:s.i], nil
		}
	}
	return nil, s.wrong("the end of a value")
}

// token passes over a number or a word and returns it.
func (s *scanner) token() []byte {
	start := s.i
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r', ',', ':', ']', '}', '[', '{', '"':
			if s.i == start {
				s.i++
			}
			return s.b[start:s.i]
		}
		s.i++
	}
	return s.b[start:]
}

// whole reads an integer.
func (s *scanner) whole() (int64, error) {
	s.next()
	start := s.i
	n, err := strconv.ParseInt(string(s.token()), 10, 64)
	if err != nil {
		s.i = start
		return 0, s.wrong("a whole number")
	}
	return n, nil
}

// end refuses anything after the value.
func (s *scanner) end() error {
	if s.next() != 0 || s.i < len(s.b) {
		return s.wrong("the end")
	}
	return nil
}

// any reads a value as encoding/json would, with numbers kept as they are written.
func decode(raw []byte, into any) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return errs.New(errs.Invalid, "the request is not JSON as expected: %w", err)
	}
	return nil
}
