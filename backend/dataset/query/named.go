package query

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// namedIn are the columns of which a question speaks, by their places: all of them where it may mean
// some without their names, and the first where it means none, as by count(*).
func namedIn(question string, columns []string) (wanted []int) {
	all := unnamed().MatchString(counting().ReplaceAllString(question, ""))
	for i, c := range columns {
		if all || c == "" || strings.ContainsAny(c, "\"'`[]") || mentioned(question, c) > 0 {
			wanted = append(wanted, i)
		}
	}
	if wanted == nil {
		return []int{0}
	}
	return wanted
}

// unnamed is what asks for columns without naming them, and what tells of a table's form.
var unnamed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\*|\bnatural\b|\bpragma|\bsqlite_|\bin\s+[^\s(]`)
})

// counting is where a star means no column.
var counting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bcount\s*\(\s*\*\s*\)`) })

// inward is what tells of how SQLite keeps tables.
var inward = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bpragma|\bsqlite_`) })

// mentioned counts how often a name stands in a question as a word of its own.
func mentioned(question, name string) (n int) {
	question, name = strings.ToLower(question), strings.ToLower(strings.ReplaceAll(name, `"`, `""`))
	for from := 0; ; from++ {
		at := strings.Index(question[from:], name)
		if at < 0 {
			return n
		}
		from += at
		before, _ := utf8.DecodeLastRuneInString(question[:from])
		after, _ := utf8.DecodeRuneInString(question[from+len(name):])
		if !letter(before) && !letter(after) {
			n++
		}
	}
}

func letter(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
