package cli

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shown is a name, or another word from outside, as it is printed everywhere: as it is where
// every letter of it can be seen, else quoted as Go does it and as messages of errors have it.
// So it takes one line, and neither steers the terminal nor turns the direction of writing.
func shown(word string) string {
	if utf8.ValidString(word) && strings.IndexFunc(word, invisible) < 0 {
		return word
	}
	return strconv.QuoteToGraphic(word)
}

func invisible(r rune) bool { return !unicode.IsGraphic(r) }

// shownEach are names of a list, each by itself.
func shownEach(words []string) []string {
	list := make([]string, len(words))
	for i, word := range words {
		list[i] = shown(word)
	}
	return list
}

// shownArgs are what a format takes. What is printed by "%s" alone is a text of our own with
// lines, of which the parts are shown already.
func shownArgs(format string, args []any) []any {
	if strings.TrimSpace(format) == "%s" {
		return args
	}
	list := make([]any, len(args))
	for i, arg := range args {
		if word, ok := arg.(string); ok {
			arg = shown(word)
		}
		list[i] = arg
	}
	return list
}

// harmless makes visible what would steer the terminal in a text with lines.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && steers(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// steers reports whether a letter moves the cursor, changes colours, or turns the direction
// of writing.
func steers(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// harmlessJSON writes such letters as JSON can have them too, which changes nothing.
func harmlessJSON(b []byte) string {
	var text strings.Builder
	for _, r := range string(b) {
		if r != '\n' && steers(r) {
			fmt.Fprintf(&text, `\u%04x`, r)
		} else {
			text.WriteRune(r)
		}
	}
	return text.String()
}
