package pipeline

import (
	"strings"

	"rondo/backend/errs"
)

// Split takes a command line apart as a POSIX shell would before it expands anything:
// blanks separate, quotes and backslashes protect. Nothing is expanded, and there is
// no shell: whoever wants one writes `sh -c '…'`.
func Split(line string) (words []string, err error) {
	var w splitter
	for _, r := range line {
		w.take(r)
	}
	if w.quote != 0 || w.escaped {
		return nil, errs.New(errs.Invalid, "the command %q ends inside a quote", line).WithHint("close the quote")
	}
	w.end()
	if len(w.words) == 0 {
		return nil, errs.New(errs.Invalid, "an empty command")
	}
	return w.words, nil
}

type splitter struct {
	words   []string
	word    strings.Builder
	started bool
	quote   rune // ' or ", or 0
	escaped bool
}

func (s *splitter) take(r rune) {
	switch {
	case s.escaped:
		if s.quote == '"' && !strings.ContainsRune("\"\\$`\n", r) {
			s.word.WriteByte('\\')
		}
		if r != '\n' {
			s.word.WriteRune(r)
		}
		s.escaped = false
	case r == '\\' && s.quote != '\'':
		s.escaped, s.started = true, true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote != 0:
		s.word.WriteRune(r)
	case r == '\'' || r == '"':
		s.quote, s.started = r, true
	case r == ' ' || r == '\t' || r == '\n' || r == '\r':
		s.end()
	default:
		s.word.WriteRune(r)
		s.started = true
	}
}

func (s *splitter) end() {
	if s.started {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.started = false
}
