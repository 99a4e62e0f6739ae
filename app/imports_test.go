package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// nouns stand side by side. Each may import what is named here beside ground.
var nouns = map[string][]string{
	"backend/dataset":    {"backend/git"},
	"backend/pipeline":   {},
	"backend/run":        {},
	"backend/trace":      {},
	"backend/evaluation": {},
	"backend/webhook":    {},
	"backend/registry":   {},
	"backend/serve":      {},
	"backend/monitor":    {},
}

// ground is below every noun: it knows none of them.
var ground = []string{
	"backend/errs", "backend/yamldoc", "backend/event", "backend/ref", "backend/number", "backend/atomicfile", "backend/seals", "backend/fault", "backend/index", "backend/journal",
	"backend/ledger", "backend/ignore", "backend/folder", "backend/store", "backend/remote", "backend/netguard", "backend/proc", "backend/project", "backend/git", "backend/host",
}

// only says who alone may import something.
var only = map[string][]string{
	"github.com/wailsapp/wails":  {"app/window"},
	"modernc.org/sqlite":         {"backend/index"},
	"rondo/app":                  {"app", "."},
	"rondo/backend/door":         {"app"},
	"rondo/backend/api":          {"app", "backend/api"},
	"rondo/backend/loop":         {"app", "backend/api"},
	"rondo/backend/registry/":    {"backend/registry", "backend/loop", "backend/api", "app", "backend/door", "backend/step"},
	"rondo/backend/run/launch":   {"app", "backend/api"},
	"rondo/backend/serve/":       {"backend/serve", "backend/door/inference", "app", "backend/step", "backend/api", "backend/fsck"},
	"rondo/backend/monitor/plot": {"backend/monitor", "backend/step", "app", "backend/api"},
}

// forbidden are names of packages that say nothing.
var forbidden = []string{"utils", "util", "common", "helpers", "models", "types", "services", "misc", "base"}

type imports struct {
	dir  string // of the importer, relative to the repository
	file string
	path string // what is imported
}

// TestImportsGoDownward reads every Go file of the program, of all systems and tags.
// Tests may reach across: they build the neighbours that a noun only knows by interface.
func TestImportsGoDownward(t *testing.T) {
	all := everyImport(t)
	if len(all) < 500 {
		t.Fatalf("only %d imports found: the walk has lost its way", len(all))
	}
	for _, i := range all {
		for what, who := range only {
			if matches(i.path, what) && !slices.ContainsFunc(who, func(w string) bool { return under(i.dir, w) }) {
				t.Errorf("%s imports %s, which is for %v alone", i.file, i.path, who)
			}
		}
		target, own := strings.CutPrefix(i.path, "rondo/")
		if !own {
			continue
		}
		if reason := sideways(i.dir, target); reason != "" {
			t.Errorf("%s imports %s: %s", i.file, target, reason)
		}
		if slices.Contains(forbidden, path.Base(target)) {
			t.Errorf("%s is a package whose name says nothing", target)
		}
	}
}

// sideways says why code in dir may not import target, or "".
func sideways(dir, target string) string {
	from, to := nounOf(dir), nounOf(target)
	switch {
	case inGround(dir) && (to != "" || !inGround(target)):
		return "ground knows nothing above itself"
	case from != "" && to != "" && from != to && !slices.Contains(nouns[from], to):
		return "nouns stand side by side and know each other by id"
	case from != "" && (under(target, "backend/door") || under(target, "backend/api") || under(target, "app")):
		return "a noun does not know who calls it"
	}
	return ""
}

func nounOf(dir string) string {
	for n := range nouns {
		if under(dir, n) {
			return n
		}
	}
	return ""
}

func inGround(dir string) bool {
	return slices.ContainsFunc(ground, func(g string) bool { return under(dir, g) })
}

func under(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

func matches(imported, what string) bool {
	if strings.HasSuffix(what, "/") {
		return strings.HasPrefix(imported, what)
	}
	return imported == what || strings.HasPrefix(imported, what+"/")
}

func everyImport(t *testing.T) (all []imports) {
	t.Helper()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && name != "." || slices.Contains([]string{"frontend", "build", "testdata", "node_modules"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(path.Dir(name), "test") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, s := range f.Imports {
			all = append(all, imports{path.Dir(name), name, strings.Trim(s.Path.Value, `"`)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
