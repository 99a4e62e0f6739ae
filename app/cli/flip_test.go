package cli_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/fsck"
)

// flipped are the kinds of files whose every bit counts.
var flipped = []string{
	"*.snap", ".rondo/.gitignore", ".rondo/.dvcignore", ".rondo/format", ".rondo/captures/*/*.log", ".rondo/journal/*/*.log",
	".rondo/objects/packs/*.pack", ".rondo/objects/*/*", ".rondo/runs/*/*.seals", ".rondo/runs/*/artifacts/notes/a.txt",
	".rondo/runs/m-*/*.seals", ".rondo/runs/m-*/artifacts/MLmodel", ".rondo/runs/*/code.json", ".rondo/runs/*/environment.json",
	".rondo/runs/*/execution.json", ".rondo/runs/*/exit.json", ".rondo/runs/*/metrics/*.points", ".rondo/runs/*/run.json",
	".rondo/runs/*/stages", ".rondo/runs/*/state.json", ".rondo/runs/*/stderr.log", ".rondo/runs/*/stdout.log", ".rondo/runs/*/sums",
	".rondo/runs/*/system.jsonl", ".rondo/traces/*/*.seals", ".rondo/traces/*/attachments/*",
}

// left are those that nothing is served from as what was written, and why.
var left = map[string]string{
	".rondo/pipeline.lock":          "it is empty; that it is held is what counts",
	".rondo/runs/*/supervisor.lock": "it is empty; that it is held is what counts",
	".rondo/runs/*/supervisor.log":  "complaints for a person, which go on",
	".rondo/objects/condemned":      "it may be deleted at any time; one whose sum does not fit condemns nothing",
	".git":                          "git checks what is its own",
	".gitignore":                    "a person's, to which Rondo adds lines",
	"rondo.yaml":                    "a person's",
	"params.yaml":                   "a person's",
	"rondo.lock":                    "a stage whose entry does not fit runs again; git has it",
	"data":                          "data, which status compares with its snapshot, and a line of .gitignore",
	"many":                          "data, which status compares with its snapshot",
	"linked":                        "data, one file with its object",
	"passing.csv":                   "data of which no snapshot is kept",
	"work":                          "what a stage made: a stage that reads another content runs again",
	"model":                         "what a stage made; the version's files are objects",
	"plots":                         "what a stage made",
	"metrics.json":                  "what a stage made",
}

// flippedThere are the kinds of files of a remote, and leftThere those that nothing comes from.
var (
	flippedThere = []string{"format", "objects/packs/*.pack", "snapshots/*.json"}
	leftThere    = map[string]string{}
)

// TestAFlippedByteInAnyFileIsNamed flips bytes of one file of every kind that a project has, its
// first and last ones and those of indexes among them, and asks fsck; then of its remote, and asks
// the verification of that. A kind that is new fails it.
func TestAFlippedByteInAnyFileIsNamed(t *testing.T) {
	w := everything(t)
	check := func() fsck.Report {
		r, err := fsck.Check(t.Context(), w.dir, fsck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(); !r.OK || r.Unsealed > 0 {
		t.Fatalf("%+v", r)
	}
	flipEach(t, kindsIn(t, w.dir, personal), flipped, left, func(path string) bool {
		return slices.ContainsFunc(check().Problems, func(p fsck.Problem) bool { return strings.HasSuffix(filepath.ToSlash(path), p.File) })
	})
	if r := check(); !r.OK {
		t.Errorf("%+v", r.Problems)
	}
	if said := w.found(); said != "" {
		t.Fatal(said)
	}
	flipEach(t, kindsIn(t, w.disk(), func(kind string) string { return kind }), flippedThere, leftThere, func(path string) bool {
		rel, _ := filepath.Rel(w.disk(), path)
		return strings.Contains(w.found(), filepath.ToSlash(rel)) || filepath.Base(path) == "format" && strings.Contains(w.found(), "something else than a remote")
	})
	if said := w.found(); said != "" {
		t.Errorf("put back: %s", said)
	}
}

// flipEach flips bytes of a file of each kind, one after the other, and asks whether it is named.
func flipEach(t *testing.T, kinds map[string]string, wanted []string, passed map[string]string, named func(path string) bool) {
	t.Helper()
	for _, kind := range wanted {
		if kinds[kind] == "" {
			t.Errorf("there is no %s to flip", kind)
		}
	}
	for kind, path := range kinds {
		if _, ok := passed[kind]; ok {
			continue
		}
		if !slices.Contains(wanted, kind) {
			t.Errorf("%s is of a kind that nobody has thought of: %s", path, kind)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, i := range places(whole) {
			bent := bytes.Clone(whole)
			if bent[i] ^= 1 << (n % 8); meansTheSame(kind, whole, bent) {
				continue
			}
			if err := os.WriteFile(path, bent, 0o644); err != nil {
				t.Fatal(err)
			}
			if !named(path) {
				t.Errorf("%s is damaged at %d of %d, bit %d, and not named", kind, i, len(whole), n%8)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// meansTheSame reports a pointer that ends without the end of its last line.
func meansTheSame(kind string, whole, bent []byte) bool {
	return kind == "*.snap" && bytes.Equal(bytes.TrimRight(whole, "\n"), bytes.TrimRight(bent, "\n"))
}

const eachByte = 300 // bytes of a file that is flipped everywhere

// places are all bytes of a small file, and of another 200 by chance with the first and the last
// ones, and those of a pack's ends.
func places(whole []byte) (list []int) {
	if len(whole) <= eachByte || os.Getenv("RONDO_TORTURE") != "" {
		for i := range whole {
			list = append(list, i)
		}
		return list
	}
	list = ends(whole)
	r := rand.New(rand.NewPCG(uint64(len(whole)), 1))
	for i := range 8 {
		list = append(list, i, len(whole)-1-i)
	}
	for range 200 {
		list = append(list, r.IntN(len(whole)))
	}
	return list
}
