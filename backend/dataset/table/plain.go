package table

import (
	"bytes"
	"strings"
)

// plainer writes numbers as programs write them where people have written them: "1.234,5" where the file
// has decimal commas, else "1,234.5". What is no such number stays as it is.
type plainer struct {
	commas bool // decimal ones
}

// plainerOf looks at the first lines of a file. It has decimal commas where some number has one and none a
// point. Where the comma separates fields, such a number stands in quotes.
func plainerOf(head []byte, separator byte) plainer {
	commas, points := false, false
	for i, quoted := range strings.Split(string(head), `"`) {
		commas = commas || i%2 == 1 && fractional(quoted, ",", false)
	}
	ends := func(r rune) bool { return r == rune(separator) || r == '"' || r == '\n' || r == '\r' }
	for field := range bytes.FieldsFuncSeq(head, ends) {
		v := strings.TrimSpace(string(field))
		commas = commas || fractional(v, ",", separator == ';')
		points = points || fractional(v, ".", false)
	}
	return plainer{commas: commas && !points}
}

// fractional reports whether a text is a number with a fraction after a mark, and not one that may be of thousands,
// unless these count.
func fractional(v, mark string, thousands bool) bool {
	whole, fraction, found := strings.Cut(withoutSign(v), mark)
	return found && digits(whole) && digits(fraction) && (thousands || len(fraction) != 3 || len(whole) > 3)
}

func withoutSign(v string) string { return strings.TrimPrefix(strings.TrimPrefix(v, "-"), "+") }

func digits(v string) bool {
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return v != ""
}

// plain is what a field says to programs.
func (p plainer) plain(v string) string {
	if strings.IndexByte(v, ',') < 0 && (!p.commas || strings.IndexByte(v, '.') < 0) {
		return v
	}
	between, mark := ",", "."
	if p.commas {
		between, mark = ".", ","
	}
	trimmed := strings.TrimSpace(v)
	whole, fraction, found := strings.Cut(withoutSign(trimmed), mark)
	if found && !digits(fraction) || !grouped(whole, between) {
		return v
	}
	out := trimmed[:len(trimmed)-len(withoutSign(trimmed))] + strings.ReplaceAll(whole, between, "")
	if found {
		out += "." + fraction
	}
	return out
}

// grouped reports whether a text is digits, or such in groups of three.
func grouped(v, between string) bool {
	first, rest, more := strings.Cut(v, between)
	if !digits(first) || more && len(first) > 3 {
		return false
	}
	for more {
		var group string
		if group, rest, more = strings.Cut(rest, between); len(group) != 3 || !digits(group) {
			return false
		}
	}
	return true
}
