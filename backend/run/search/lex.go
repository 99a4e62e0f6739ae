// Package search reads MLflow's grammar for selecting and ordering, and turns it into
// SQL whose values are all bound parameters. What can be searched is said by the
// caller; nothing a person writes ever becomes SQL text.
package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rondo/backend/errs"
)

type kind int

const (
	end    kind = iota
	word        // letters, digits and . _ - + / :
	quoted      // in backticks
	text        // in single quotes
	either      // in double quotes: a name or a text, depending on the place
	symbol      // = != <> < <= > >= ( ) ,
)

type token struct {
	kind   kind
	text   string
	pos    int  // character of the input, from 1
	joined bool // no space in front
}

// String says a token as a person wrote it.
func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case text:
		return "'" + t.text + "'"
	}
	return t.text
}

const maxInput = 64 << 10 // bytes of a filter

// fault is an error at a place in what was written.
func fault(what string, pos int, format string, args ...any) error {
	e := errs.New(errs.Invalid, format, args...)
	e.Msg = what + " at character " + itoa(pos) + ": " + e.Msg
	return e
}

// lex cuts the input into tokens; what says which input it is, for errors.
func lex(what, in string) ([]token, error) {
	if len(in) > maxInput {
		return nil, errs.New(errs.TooLarge, "%s: %d bytes are over the limit of %d", what, len(in), maxInput)
	}
	if !utf8.ValidString(in) {
		return nil, errs.New(errs.Invalid, "%s: it is not valid UTF-8", what)
	}
	l := &lexer{what: what, in: []rune(in)}
	for l.at < len(l.in) {
		if err := l.one(); err != nil {
			return nil, err
		}
	}
	return append(l.out, token{kind: end, pos: len(l.in) + 1}), nil
}

type lexer struct {
	what string
	in   []rune
	at   int
	gap  bool
	out  []token
}

func (l *lexer) add(k kind, s string, from int) {
	l.out = append(l.out, token{kind: k, text: s, pos: from + 1, joined: !l.gap && len(l.out) > 0})
	l.gap = false
}

func (l *lexer) one() error {
	from, r := l.at, l.in[l.at]
	switch {
	case unicode.IsSpace(r):
		l.at++
		l.gap = true
	case r == '\'' || r == '"' || r == '`':
		return l.quote(r)
	case isWord(r):
		for l.at < len(l.in) && isWord(l.in[l.at]) {
			l.at++
		}
		l.add(word, string(l.in[from:l.at]), from)
	case strings.ContainsRune("=<>!(),", r):
		l.at++
		if l.at < len(l.in) && isPair(r, l.in[l.at]) {
			l.at++
		}
		l.add(symbol, string(l.in[from:l.at]), from)
	default:
		return fault(l.what, from+1, "%q has no meaning here", r)
	}
	return nil
}

func isPair(a, b rune) bool {
	return b == '=' && strings.ContainsRune("<>!=", a) || a == '<' && b == '>'
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-+/:$", r)
}

var quotes = map[rune]kind{'\'': text, '"': either, '`': quoted}

// quote reads to the closing mark; a doubled mark stands for one.
func (l *lexer) quote(mark rune) error {
	from := l.at
	var b strings.Builder
	for l.at++; l.at < len(l.in); l.at++ {
		if l.in[l.at] != mark {
			b.WriteRune(l.in[l.at])
			continue
		}
		if l.at+1 < len(l.in) && l.in[l.at+1] == mark {
			b.WriteRune(mark)
			l.at++
			continue
		}
		l.at++
		l.add(quotes[mark], b.String(), from)
		return nil
	}
	return fault(l.what, from+1, "the %c that opens here is never closed", mark)
}
