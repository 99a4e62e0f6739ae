package dvc_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// statusJSON writes a status as `dvc status --json` does, keys sorted.
func statusJSON(list []dvc.StageStatus) string {
	all := map[string]any{}
	for _, s := range list {
		words := []any{}
		if s.Deps.Len() > 0 {
			words = append(words, map[string]any{"changed deps": plain(s.Deps)})
		}
		if s.Outs.Len() > 0 {
			words = append(words, map[string]any{"changed outs": plain(s.Outs)})
		}
		for _, w := range []struct {
			is   bool
			text string
		}{{s.Always, "always changed"}, {s.Checksum, "changed checksum"}, {s.Command, "changed command"}} {
			if w.is {
				words = append(words, w.text)
			}
		}
		all[s.Name] = words
	}
	b, _ := json.Marshal(all)
	return string(b)
}

func plain(v any) any {
	m, ok := v.(*doc.Map)
	if !ok {
		return v
	}
	out := map[string]any{}
	for _, k := range m.Keys {
		val, _ := m.Get(k)
		out[k] = plain(val)
	}
	return out
}

type generated struct {
	Dir    string
	Status map[string]any
	Error  string
}

// generate makes projects with the real dvc and tells what it says of them.
func generate(t *testing.T, count, seed int) (list []generated) {
	t.Helper()
	script, err := filepath.Abs("testdata/generate.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join(filepath.Dir(realDVC(t)), "python"), script, dir, strconv.Itoa(count), strconv.Itoa(seed))
	cmd.Env = append(os.Environ(), "DVC_NO_ANALYTICS=1", "HOME="+dir, "DVC_SITE_CACHE_DIR="+dir)
	out, err := os.Create(filepath.Join(dir, "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	errors, err := os.Create(filepath.Join(dir, "errors"))
	if err != nil {
		t.Fatal(err)
	}
	defer errors.Close()
	cmd.Stdout, cmd.Stderr = out, errors
	if err := cmd.Run(); err != nil {
		b, _ := os.ReadFile(errors.Name())
		t.Fatalf("%v\n%s", err, b)
	}
	b, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range b { // what the stages themselves print comes before
		if json.Unmarshal(b[i:], &list) == nil && c == '[' && len(list) == count {
			return list
		}
	}
	t.Fatalf("no answer in %.2000s", b)
	return nil
}

// setting is a number of the environment: $DVC_ROUNDS says how many projects, $DVC_SEED which.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestStatusSaysWhatDVCSays changes real projects at random and asks both programs.
func TestStatusSaysWhatDVCSays(t *testing.T) {
	clean, bad := 0, 0
	for _, g := range generate(t, setting("DVC_ROUNDS", 20), setting("DVC_SEED", 11)) {
		p, err := dvc.Open(g.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		list, err := p.Status(context.Background())
		if (err != nil) != (g.Error != "") {
			t.Errorf("%s: Rondo says %v, dvc says %q", g.Dir, err, g.Error)
			continue
		}
		want, _ := json.Marshal(g.Status)
		if got := statusJSON(list); err == nil && got != string(want) {
			if bad++; bad < 6 {
				t.Errorf("%s\nrondo %s\ndvc   %s", g.Dir, got, want)
			}
		}
		if len(g.Status) == 1 { // the stage that is always changed
			clean++
		}
	}
	if clean == 0 {
		t.Error("not one project was clean: the generator has lost its way")
	}
}
