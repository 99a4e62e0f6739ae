package dataset

import (
	"context"
	"fmt"
	"strings"

	"rondo/backend/store"
)

// windowsNames warns of files that Windows cannot hold under their names.
func windowsNames(ctx context.Context, at string, l *store.Listing) (warnings []string, err error) {
	left := 0
	for f, err := range l.All(ctx) {
		switch {
		case err != nil:
			return nil, err
		case !notOnWindows(f.Path):
		case len(warnings) == maxLikeNames:
			left++
		default:
			warnings = append(warnings, fmt.Sprintf("%s is no name on Windows, where this snapshot cannot be checked out: rename it%s", quoted(f.Path), leavingOut(at, f.Path)))
		}
	}
	if left > 0 {
		warnings = append(warnings, fmt.Sprintf("%d more files have names that are none on Windows", left))
	}
	return warnings, nil
}

// notOnWindows reports whether some part of a path is a device there, or has a sign or an end
// that names do not have (learn.microsoft.com/windows/win32/fileio/naming-a-file).
func notOnWindows(at string) bool {
	start := 0
	for i := range len(at) {
		switch c := at[i]; {
		case c == '/':
			if barred(at[start:i]) {
				return true
			}
			start = i + 1
		case c < ' ', c == '<', c == '>', c == ':', c == '"', c == '|', c == '?', c == '*', c == '\\':
			return true
		}
	}
	return barred(at[start:])
}

// barred reports whether Windows keeps a name for a device, whatever its extension, or would
// drop its end.
func barred(name string) bool {
	if name == "" {
		return false // of a prefix that ends with a slash
	}
	if end := name[len(name)-1]; end == '.' || end == ' ' {
		return true
	}
	switch name[0] | 0x20 {
	case 'a', 'c', 'l', 'n', 'p':
	default:
		return false
	}
	base, _, _ := strings.Cut(name, ".")
	base = strings.TrimRight(base, " ")
	switch len(base) {
	case 3:
		return isOneOf(base, "con", "prn", "aux", "nul")
	case 4:
		return base[3] >= '1' && base[3] <= '9' && isOneOf(base[:3], "com", "lpt")
	}
	return isOneOf(base, "conin$", "conout$")
}

func isOneOf(name string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(name, w) {
			return true
		}
	}
	return false
}
