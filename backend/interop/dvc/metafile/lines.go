package metafile

import "strings"

// Lines are the commands of a stage, each of which runs by itself: the lines of a text, or
// the members of a list.
func (s Stage) Lines() []string {
	var out []string
	switch x := s.Cmd.(type) {
	case []any:
		out = Texts(x)
	case string:
		for line := range strings.Lines(x) {
			out = append(out, strings.TrimRight(line, "\r\n"))
		}
	}
	if out == nil {
		return []string{}
	}
	return out
}
