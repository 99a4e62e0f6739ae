package dvc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"rondo/backend/interop/dvc"
)

// tidy takes away what lies in main only, because Rondo leaves what dvc removes there: what
// is tracked no more, of which dvc has a list of its own, and what no cache has; the outs of
// stages that the lock does not know, at a checkout; and outs before the stage turns out to
// lack a dep.
func (h *history) tidy(main, twin map[string]string) {
	h.t.Helper()
	p, err := dvc.Open(h.main)
	if err != nil {
		h.t.Fatal(err)
	}
	defer p.Close()
	tracked := p.Tracked()
	for name := range main {
		_, too := twin[name]
		i := slices.IndexFunc(tracked, func(o dvc.Tracked) bool { return o.Path == name || strings.HasPrefix(name, o.Path+"/") })
		if too || i >= 0 && tracked[i].MD5 != "" && (!h.failed || strings.HasSuffix(tracked[i].By, dvc.Suffix)) {
			continue
		}
		h.note("left over: %s", name)
		delete(main, name)
		if err := os.Remove(filepath.Join(h.main, name)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// ignoresOf takes the lines of the twin's .gitignore files over after a command that failed:
// dvc then takes back those of the stages before, which it has recorded nevertheless, and
// Rondo leaves them. Whatever else differs stays different.
func (h *history) ignoresOf(twin string) {
	h.t.Helper()
	for _, dir := range []string{"", "data", "parts", "sub"} {
		at := filepath.Join(h.main, dir, ".gitignore")
		theirs, err := os.ReadFile(filepath.Join(twin, dir, ".gitignore"))
		here, _ := os.ReadFile(at)
		lines := strings.Split(string(here), "\n")
		if slices.ContainsFunc(strings.Split(string(theirs), "\n"), func(l string) bool { return !slices.Contains(lines, l) }) {
			continue
		}
		if err == nil {
			err = os.WriteFile(at, theirs, 0o644)
		} else if err = os.Remove(at); os.IsNotExist(err) {
			err = nil
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// unordered sorts the stages of locks and the lines of .gitignore files.
func unordered(all map[string]string) {
	for name, text := range all {
		split := "\n"
		switch filepath.Base(name) {
		case "dvc.lock":
			text, split = blocks.ReplaceAllString(text, "\x00$1"), "\x00"
		case ".gitignore":
		default:
			continue
		}
		parts := strings.Split(text, split)
		sort.Strings(parts)
		all[name] = strings.Join(parts, split)
	}
}

// withoutEmpty takes out the folders in tracked ones that dvc 2 lists as unchanged where one
// side has no such folder, or nothing in it; dvc 3 does not.
func withoutEmpty(theirs any, ours []string) []any {
	list, _ := theirs.([]any)
	return slices.DeleteFunc(list, func(at any) bool {
		name, _ := at.(string)
		return strings.HasSuffix(name, "/") && strings.Count(name, "/") > 1 && !slices.Contains(ours, name)
	})
}

var blocks = regexp.MustCompile(`(?m)^(  \S)`)
