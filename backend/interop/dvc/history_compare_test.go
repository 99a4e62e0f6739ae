package dvc_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// own are the texts and names that both programs write: what they record, and what lies in
// the folder.
func own(t *testing.T, dir string) (records, data map[string]string) {
	t.Helper()
	records, data = map[string]string{}, map[string]string{}
	err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, at)
		switch {
		case err != nil:
			return err
		case rel != "." && filepath.Dir(rel) == ".git" && rel != ".git/store" || rel == ".dvc/tmp":
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strings.HasPrefix(rel, ".git/store") || strings.HasPrefix(rel, ".dvc/cache/") && !strings.HasPrefix(rel, ".dvc/cache/runs/") {
			records[rel] = info.Mode().String()
			return nil
		}
		b, err := os.ReadFile(at)
		if os.IsNotExist(err) && info.Mode()&fs.ModeSymlink != 0 { // to what the cache has no more
			data[rel] = toNothing
			return nil
		}
		if d.Name() == "dvc.lock" || d.Name() == ".gitignore" || strings.HasSuffix(rel, ".dvc") || strings.HasPrefix(rel, ".dvc/") {
			records[rel] = string(b)
		} else {
			data[rel] = kindOf(info) + " " + string(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return records, data
}

func (h *history) compare() {
	h.t.Helper()
	main, mainData := own(h.t, h.main)
	twin, twinData := own(h.t, h.twin)
	h.tidy(mainData, twinData)
	h.equal(mainData, twinData)
	h.unlink(mainData)
	if h.anyOrder {
		unordered(main)
		unordered(twin)
	}
	if !h.mixed {
		h.equal(main, twin)
	}
	status, parts := h.d.said(h.main)
	if h.mixed || h.d.old || h.n%5 == 0 { // the files being equal, it asks for what dvc keeps beside them: dvc 2 knows more once it was asked
		h.agree(status, parts)
	}
	h.same(status, parts)
}

const toNothing = "a link to nothing"

// unlink takes links away whose objects a gc has removed in both: dvc ends with an error there.
func (h *history) unlink(data map[string]string) {
	for name, what := range data {
		if what == toNothing {
			h.note("%s is a link to nothing", name)
			h.gone(name)
		}
	}
}

// agree compares what dvc says of both projects. What dvc 3 has given other names than dvc 2
// is modified since the last commit in its eyes; where Rondo stays with the names, it is not.
func (h *history) agree(status any, parts map[string]any) {
	h.t.Helper()
	twinStatus, twinParts := h.d.said(h.twin)
	if here, there := canonical(status), canonical(twinStatus); here != there {
		h.fail("dvc status\nhere %s\ntwin %s", here, there)
	}
	if folders := h.lost(); len(folders) > 0 { // what is in them dvc knows only where it was asked in time
		withoutLost(parts, folders)
		withoutLost(twinParts, folders)
	}
	for name, part := range parts {
		if h.mixed && (name == "committed" || name == "unchanged") {
			continue
		}
		if here, there := canonical(part), canonical(twinParts[name]); here != there {
			h.fail("dvc data status: %s\nhere %s\ntwin %s", name, here, there)
		}
	}
}

func (h *history) equal(main, twin map[string]string) {
	h.t.Helper()
	for name, text := range twin {
		if got, ok := main[name]; !ok || got != text {
			h.fail("%s\nhere %q\ntwin %q", name, got, text)
		}
	}
	for name := range main {
		if _, ok := twin[name]; !ok {
			h.fail("the twin has no %s", name)
		}
	}
}

// same compares Rondo's own status with DVC's.
func (h *history) same(status any, theirs map[string]any) {
	h.t.Helper()
	want := canonical(status)
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
	if h.d.old {
		theirs["unchanged"] = withoutEmpty(theirs["unchanged"], data.Unchanged)
		withoutRenames(got)
	}
	if folders := h.lost(); len(folders) > 0 {
		withoutLost(got, folders)
		withoutLost(theirs, folders)
	}
	for _, part := range []string{"not_in_cache", "committed", "uncommitted", "unchanged"} {
		if a, b := canonical(got[part]), canonical(theirs[part]); a != b {
			h.fail("data status: %s\nrondo %s\ndvc   %s", part, a, b)
		}
	}
}
