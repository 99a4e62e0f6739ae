package dvc_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// own are the texts and names that both programs write.
func own(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		switch {
		case err != nil:
			return err
		case rel == ".git" || rel == ".dvc/tmp":
			return fs.SkipDir
		case d.IsDir():
			return nil
		case strings.HasPrefix(rel, ".dvc/cache/runs/"):
			b, err := os.ReadFile(at)
			out[rel] = string(b)
			return err
		case strings.HasPrefix(rel, ".dvc/cache/"):
			info, err := d.Info()
			if err == nil {
				out[rel] = info.Mode().String()
			}
			return err
		case d.Name() == "dvc.lock", d.Name() == ".gitignore", strings.HasSuffix(rel, ".dvc"):
			b, err := os.ReadFile(at)
			out[rel] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h *history) compare() {
	h.t.Helper()
	main, twin := own(h.t, h.main), own(h.t, h.twin)
	if h.mixed {
		main, twin = nil, nil
	}
	if h.d.old { // it runs stages that do not need each other in the order of their addresses in memory
		unordered(main)
		unordered(twin)
	}
	for name, text := range twin {
		if main[name] != text {
			h.fail("%s\nhere %q\ntwin %q", name, main[name], text)
		}
	}
	for name := range main {
		if _, ok := twin[name]; !ok {
			h.fail("the twin has no %s", name)
		}
	}
	here, there := h.d.json(h.main, "SAID"), h.d.json(h.twin, "SAID")
	if here != there {
		h.fail("dvc status and data status\nhere %s\ntwin %s", here, there)
	}
	h.same(here)
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

var blocks = regexp.MustCompile(`(?m)^(  \S)`)

// same compares Rondo's own status with DVC's.
func (h *history) same(said string) {
	h.t.Helper()
	var whole map[string]any
	if err := json.Unmarshal([]byte(said), &whole); err != nil {
		h.t.Fatal(err)
	}
	want := canonical(whole["status"])
	p, err := dvc.Open(h.main)
	if err != nil {
		h.t.Fatal(err)
	}
	defer p.Close()
	list, err := p.Status(context.Background())
	if err != nil {
		h.fail("%v", err)
	}
	var v any
	if err := json.Unmarshal([]byte(statusJSON(list)), &v); err != nil {
		h.t.Fatal(err)
	}
	if got := canonical(v); got != want {
		h.fail("status\nrondo %s\ndvc   %s", got, want)
	}
	data, err := p.DataStatus(context.Background(), true)
	if err != nil {
		h.fail("%v", err)
	}
	b, _ := json.Marshal(data)
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		h.t.Fatal(err)
	}
	theirs, _ := whole["data"].(map[string]any)
	for _, part := range []string{"not_in_cache", "committed", "uncommitted", "unchanged"} {
		if a, b := canonical(got[part]), canonical(theirs[part]); a != b {
			h.fail("data status: %s\nrondo %s\ndvc   %s", part, a, b)
		}
	}
}
