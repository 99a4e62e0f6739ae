package dvc_test

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/proc"
)

const lostText = "1,2\n"

// withLost is a project of two tracked files and a stage that has run, of which one file then holds
// zeros and looks as it was noted in another of the machine's starts.
func withLost(t *testing.T) (dir string, text string) {
	t.Helper()
	text = strings.Repeat(lostText, 2000)
	dir = folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "a.csv": text, "b.csv": text + "b",
		"dvc.yaml": "stages:\n  all:\n    cmd: cat a.csv b.csv > out.csv\n    deps: [a.csv, b.csv]\n    outs: [out.csv]\n", "out.csv": text + text + "b",
	})
	p := reopened(t, dir)
	for _, err := range []error{p.Add(t.Context(), "a.csv", "b.csv"), p.Reload(), p.CommitAll(t.Context(), "all"), p.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	at := filepath.Join(dir, "a.csv")
	if err := os.WriteFile(at, make([]byte, len(text)), 0o644); err != nil {
		t.Fatal(err)
	}
	noted(t, dir, at, fmt.Sprintf("%x", md5.Sum([]byte(text))), "another", 0)
	return dir, text
}

func reopened(t *testing.T, dir string) *dvc.Project {
	t.Helper()
	p, err := dvc.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestWhatADiskLostIsNotRecorded: neither by add, commit nor a stage that reads it, however often it was
// looked at; brought back, or given a new time, it is what any file is.
func TestWhatADiskLostIsNotRecorded(t *testing.T) {
	verbs := map[string]func(p *dvc.Project) error{
		"add":            func(p *dvc.Project) error { return p.Add(t.Context(), "a.csv") },
		"commit":         func(p *dvc.Project) error { return p.CommitAll(t.Context(), "a.csv.dvc") },
		"commit a stage": func(p *dvc.Project) error { return p.CommitAll(t.Context(), "all") },
	}
	for what, mend := range map[string]func(at, text string) error{
		"touched":      func(at, _ string) error { return os.Chtimes(at, time.Now(), time.Now()) },
		"brought back": func(at, text string) error { return os.WriteFile(at, []byte(text), 0o644) },
	} {
		t.Run(what, func(t *testing.T) {
			dir, text := withLost(t)
			for range 2 {
				for name, verb := range verbs {
					p := reopened(t, dir)
					refusedAsLost(t, name, verb(p))
					if err := p.Close(); err != nil {
						t.Fatal(err)
					}
				}
				refusedAsLost(t, "repro", reproOf(t, dir))
			}
			if err := mend(filepath.Join(dir, "a.csv"), text); err != nil {
				t.Fatal(err)
			}
			for name, verb := range verbs {
				p := reopened(t, dir)
				if err := verb(p); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := reproOf(t, dir); err != nil {
				t.Error(err)
			}
		})
	}
}

func refusedAsLost(t *testing.T, what string, err error) {
	t.Helper()
	hint := errs.HintOf(err)
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "a.csv changed without a new time") || !strings.Contains(hint, "rondo data checkout --force a.csv;") || !strings.Contains(hint, "touch a.csv") {
		t.Errorf("%s: %v; %s", what, err, hint)
	}
}

// reproOf runs the stage as the runner does.
func reproOf(t *testing.T, dir string) error {
	t.Helper()
	books, err := dvc.OpenBooks(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer books.Close()
	said := ""
	say := func(format string, args ...any) { said += fmt.Sprintf(format, args...) }
	if err := books.Begin(t.Context(), "all", false, say); err != nil {
		if strings.Contains(said, "recorded") {
			t.Errorf("it was refused, after it was said that %s", said)
		}
		return err
	}
	_, err = books.Update(t.Context(), "all", pipeline.Work{Say: say, Run: func([]string, []string) error { return nil }, Aside: func(string) error { return nil }})
	return err
}

// TestAStageDoesNotReadWhatADiskLost, where no .dvc file tracks it either.
func TestAStageDoesNotReadWhatADiskLost(t *testing.T) {
	dir, _ := withLost(t)
	if err := os.Remove(filepath.Join(dir, "a.csv.dvc")); err != nil {
		t.Fatal(err)
	}
	refusedAsLost(t, "repro", reproOf(t, dir))
}

// TestAStageMaySetTheTimeOfWhatItMakes: what it makes has lost nothing, and the next stage reads it.
func TestAStageMaySetTheTimeOfWhatItMakes(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n",
		"dvc.yaml":    "stages:\n  make:\n    cmd: make\n    outs: [made]\n  use:\n    cmd: use\n    deps: [made]\n    outs: [used]\n",
	})
	for n := range 3 {
		books, err := dvc.OpenBooks(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, stage := range []string{"make", "use"} {
			_, err := books.Update(t.Context(), stage, pipeline.Work{
				Force: true, Say: func(string, ...any) {}, Aside: func(string) error { return nil },
				Run: func([]string, []string) error {
					at := filepath.Join(dir, map[string]string{"make": "made", "use": "used"}[stage])
					if err := os.WriteFile(at, []byte(strings.Repeat(fmt.Sprint(n), 5000)), 0o644); err != nil {
						return err
					}
					return os.Chtimes(at, time.Unix(1e9, 0), time.Unix(1e9, 0))
				},
			})
			if err != nil {
				t.Errorf("%s, %d: %v", stage, n, err)
			}
		}
		if err := books.Close(); err != nil {
			t.Fatal(err)
		}
		made := filepath.Join(dir, "made")
		text, err := os.ReadFile(made)
		if err != nil {
			t.Fatal(err)
		}
		noted(t, dir, made, fmt.Sprintf("%x", md5.Sum(text)), proc.Self().Boot, 0) // as whoever looks at it a moment later does
	}
}
