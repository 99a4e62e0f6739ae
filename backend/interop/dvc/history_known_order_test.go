package dvc_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
)

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

// dataOf records data as dvc has done before a stage failed: dvc goes through what nothing
// needs yet in an order that comes of the folder's, Rondo comes to it with the first stage that
// reads it. Begun are the stages that Rondo has come to: what they read it has to have recorded.
func (h *history) dataOf(begun pipeline.Graph) {
	h.t.Helper()
	for name, at := range map[string]string{"images.dvc": "images", "data/a.csv.dvc": "data/a.csv"} {
		if slices.ContainsFunc(begun, func(n *pipeline.Node) bool {
			return !n.Frozen && slices.ContainsFunc(n.Deps, func(d string) bool { return path.Join(n.Wdir, d) == at })
		}) {
			continue
		}
		here, err := os.ReadFile(filepath.Join(h.main, name))
		there, err2 := os.ReadFile(filepath.Join(h.twin, name))
		if err == nil && err2 == nil && string(here) != string(there) {
			h.note("dvc has recorded %s before", name)
			h.d.try(h.main, "commit", "-f", name)
		}
	}
}

// dataToo has dvc commit the data of both projects after a commit of everything that failed at
// a stage: Rondo comes to the stages first, dvc to whichever file the folder lists first.
func (h *history) dataToo() {
	for _, dir := range []string{h.main, h.twin} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.dvc"))
		more, _ := filepath.Glob(filepath.Join(dir, "data/*.dvc"))
		for _, at := range append(files, more...) {
			if name, err := filepath.Rel(dir, at); err == nil && filepath.Base(name) != dvc.Dir {
				h.d.try(dir, "commit", "-f", name)
			}
		}
	}
	h.note("data was committed by dvc")
}

var blocks = regexp.MustCompile(`(?m)^(  \S)`)
