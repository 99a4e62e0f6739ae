package dvc

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

var plainText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL0-9_./@][\pL0-9_./@ =+,-]*$`) })

// yamlText writes a text so that every reader of YAML takes it for text.
func yamlText(s string) string {
	_, isText := doc.Resolve(s).(string)
	words := map[string]bool{"yes": true, "no": true, "on": true, "off": true, "y": true, "n": true}
	switch {
	case isText && plainText().MatchString(s) && !strings.HasSuffix(s, " ") && !words[strings.ToLower(s)] && (s[0] < '0' || s[0] > '9'):
		return s
	case strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\ufeff'
	}):
		return strconv.QuoteToASCII(s)
	case strings.Contains(s, "'") && !strings.ContainsAny(s, `"\`):
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

const importedBy = "# Brought over from DVC by `rondo import dvc`; DVC's own files are as they were.\n"

// addSections adds entries under a key of rondo.yaml and leaves all else as it is.
func addSections(text []byte, key string, has bool, list []section) ([]byte, error) {
	if len(list) == 0 {
		return text, nil
	}
	s := string(text)
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	if !has {
		head := "\n" + importedBy
		if bare := regexp.MustCompile(`(?m)^` + key + `:[ \t]*(#.*)?\n`); bare.MatchString(s) {
			s = bare.ReplaceAllString(s, "") // the key stands there with nothing under it
		}
		return []byte(s + head + key + ":\n" + block(list, "  ")), nil
	}
	at := regexp.MustCompile(`(?m)^` + key + `:[ \t]*(#.*)?\n`).FindStringIndex(s)
	if at == nil {
		return nil, errs.New(errs.Precondition, "rondo.yaml has its %s in a form that nothing can be added to", key).
			WithHint("write `%s:` on a line of its own and the entries below it", key)
	}
	indent := "  "
	for line := range strings.Lines(s[at[1]:]) {
		if t := strings.TrimLeft(line, " "); t != "\n" && !strings.HasPrefix(t, "#") {
			indent = line[:len(line)-len(t)]
			break
		}
	}
	return []byte(s[:at[1]] + block(list, indent) + s[at[1]:]), nil
}

func block(list []section, indent string) string {
	var b strings.Builder
	for _, sec := range list {
		for _, l := range sec.lines {
			if strings.HasPrefix(l, "# ") {
				b.WriteString(indent + oneLine(l) + "\n")
			}
		}
		b.WriteString(indent + yamlText(sec.name) + ":\n")
		for _, l := range sec.lines {
			if !strings.HasPrefix(l, "# ") {
				b.WriteString(indent + "  " + l + "\n")
			}
		}
	}
	return b.String()
}

// oneLine keeps a comment a comment.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}
