package dvc_test

import (
	"os"
	"path/filepath"
	"slices"
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
