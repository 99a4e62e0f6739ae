package pipeline

import (
	"strings"

	"rondo/backend/errs"
)

// Commands takes a cmd apart: each line is a command, and its words are what a POSIX
// shell would make of them before it expands anything. Blanks separate words, quotes
// and backslashes protect, a backslash at the end of a line joins it with the next.
// Nothing is expanded and there is no shell; what would need one is refused.
func Commands(text string) ([][]string, error) {
	w := &splitter{text: text}
	runes := []rune(text)
	for i, r := range runes {
		var next rune
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		if err := w.take(r, next); err != nil {
			return nil, err
		}
	}
	if w.quote != 0 || w.escaped {
		return nil, errs.New(errs.Invalid, "the command %q ends inside a quote", text).WithHint("close the quote")
	}
	w.endLine()
	if len(w.lines) == 0 {
		return nil, errs.New(errs.Invalid, "an empty command")
	}
	return w.lines, nil
}

// Split takes one command apart.
func Split(line string) ([]string, error) {
	all, err := Commands(line)
	if err == nil && len(all) != 1 {
		err = errs.New(errs.Invalid, "%q is more than one command", line)
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

type splitter struct {
	text    string
	lines   [][]string
	words   []string
	word    strings.Builder
	started bool
	quote   rune // ' or ", or 0
	escaped bool
}

func (s *splitter) take(r, next rune) error {
	switch {
	case r == 0:
		return errs.New(errs.Invalid, "the command %q holds a zero byte", s.text)
	case s.escaped:
		s.unescape(r)
	case r == '\\' && s.quote != '\'':
		s.escaped = true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote != '\'' && expands(r, next), s.quote == 0 && strings.ContainsRune("|&;<>", r):
		return errs.New(errs.Invalid, "the command %q has %q in it, which only a shell understands", s.text, r).
			WithHint("put it in single quotes to pass it on as it is, or call a shell yourself: sh -c '…'")
	case s.quote != 0:
		s.word.WriteRune(r)
	case r == '\'' || r == '"':
		s.quote, s.started = r, true
	case r == '\n':
		s.endLine()
	case r == ' ' || r == '\t' || r == '\r':
		s.end()
	default:
		s.write(r)
	}
	return nil
}

// expands reports whether a shell would put something else in the rune's place.
func expands(r, next rune) bool {
	name := next == '_' || next >= 'a' && next <= 'z' || next >= 'A' && next <= 'Z'
	return r == '`' || r == '$' && (name || next == '{' || next == '(')
}

func (s *splitter) unescape(r rune) {
	s.escaped = false
	if s.quote == '"' && !strings.ContainsRune("\"\\$`\n", r) {
		s.word.WriteByte('\\')
	}
	if r != '\n' {
		s.write(r)
	}
}

func (s *splitter) write(r rune) {
	s.word.WriteRune(r)
	s.started = true
}

func (s *splitter) end() {
	if s.started {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.started = false
}

func (s *splitter) endLine() {
	s.end()
	if len(s.words) > 0 {
		s.lines = append(s.lines, s.words)
	}
	s.words = nil
}
