package dvc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

// tidy takes away what lies in main only, because Rondo leaves what dvc removes there: what
// is tracked no more, of which dvc has a list of its own, and what no cache has; and the outs
// of stages that the lock does not know, at a checkout.
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
		if too || i >= 0 && tracked[i].MD5 != "" {
			continue
		}
		h.note("left over: %s", name)
		delete(main, name)
		if err := os.Remove(filepath.Join(h.main, name)); err != nil {
			h.t.Fatal(err)
		}
		h.emptied(filepath.Dir(name))
	}
}

// emptied removes folders that hold nothing now and that the twin does not have.
func (h *history) emptied(dir string) {
	for ; dir != "."; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(h.twin, dir)); err == nil || os.Remove(filepath.Join(h.main, dir)) != nil {
			return
		}
	}
}

// outsOf takes the outs of a stage over that lacks a dep: Rondo leaves them, where dvc has
// removed them before it finds out, and has run the commands before it does when forced.
func (h *history) outsOf(n *pipeline.Node) {
	h.t.Helper()
	h.note("%s lacks a dep", n.Name)
	for _, o := range n.Outs {
		at, theirs := filepath.Join(h.main, o.Path), filepath.Join(h.twin, o.Path)
		err := os.RemoveAll(at)
		if info, gone := os.Stat(theirs); err != nil || gone != nil {
		} else if info.IsDir() {
			err = os.CopyFS(at, os.DirFS(theirs))
		} else if b, unread := os.ReadFile(theirs); unread == nil {
			err = os.WriteFile(at, b, info.Mode().Perm())
		}
		if err != nil {
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

// lost are the tracked folders of which the cache has no list any more, as they are or as
// they were committed. What is in them dvc 2 may know from before, and Rondo cannot.
func (h *history) lost() (folders []string) {
	for file, all := range map[string][]string{"images.dvc": {"images/"}, dvc.LockFile: {"parts/one/", "parts/two/", "parts/three/"}} {
		now, _ := os.ReadFile(filepath.Join(h.main, file))
		for _, sum := range dirSums.FindAllString(string(now)+h.asks(h.main, "show", "HEAD:"+file), -1) {
			at := filepath.Join(h.main, ".dvc/cache", sum[:2], sum[2:])
			if _, err := os.Stat(at); err != nil {
				folders = append(folders, all...)
			}
		}
	}
	return folders
}

// withoutLost takes what is in lost folders out of what a data status says.
func withoutLost(said map[string]any, folders []string) {
	stays := func(v any) []any {
		list, _ := v.([]any)
		return slices.DeleteFunc(list, func(at any) bool {
			name, _ := at.(string)
			return slices.ContainsFunc(folders, func(f string) bool { return name != f && strings.HasPrefix(name, f) })
		})
	}
	for part, v := range said {
		words, ok := v.(map[string]any)
		if !ok {
			said[part] = stays(v)
			continue
		}
		for word, list := range words {
			if words[word] = stays(list); len(words[word].([]any)) == 0 {
				delete(words, word)
			}
		}
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

var dirSums = regexp.MustCompile(`[0-9a-f]{32}\.dir`)

var blocks = regexp.MustCompile(`(?m)^(  \S)`)
