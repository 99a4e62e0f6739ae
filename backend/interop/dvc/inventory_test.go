package dvc_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// inventoried is a project in which Rondo has added data and run a stage.
func inventoried(t *testing.T) string {
	t.Helper()
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "a.csv": "1\n", "images/1.png": "one", "images/x/2.png": "two",
		"dvc.yaml":    "stages:\n  prep:\n    cmd: cp a.csv out.csv\n    deps: [a.csv]\n    outs: [out.csv]\n    metrics:\n    - m.json:\n        cache: false\n  late:\n    cmd: cp out.csv late.csv\n    deps: [out.csv]\n    outs: [late.csv]\n",
		"raw.xml.dvc": "md5: 0123456789abcdef0123456789abcdef\nfrozen: true\ndeps:\n- path: data/raw.xml\n  repo:\n    url: https://ann:secret@example.com/registry.git\n    rev: v1\n    rev_lock: 3f1c2a8e7b9a4d6c0f4c1f1a2d3e4f5061728394\nouts:\n- md5: a304afb96060aad90176268345e10355\n  size: 37891850\n  hash: md5\n  path: raw.xml\n  desc: the raw posts\n",
		"big.bin.dvc": "outs:\n- path: big.bin\n  size: 7\n  version_id: Kf1\n  etag: 5d41\n  push: false\n",
	})
	p := open(t, dir)
	for _, at := range []string{"a.csv", "images"} {
		if err := p.Add(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	books, err := dvc.OpenBooks(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer books.Close()
	_, err = books.Update(t.Context(), "prep", pipeline.Work{Say: func(string, ...any) {}, Run: func([]string, []string) error {
		cmd := exec.Command("sh", "-c", "cp a.csv out.csv; echo '{}' > m.json")
		cmd.Dir = dir
		return cmd.Run()
	}})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestInventoryTellsWhatIsTracked changes what lies in the folder and in the cache and
// compares what is said of each path.
func TestInventoryTellsWhatIsTracked(t *testing.T) {
	dir := inventoried(t)
	v := &dvc.Inventory{Dir: dir}
	all, err := v.Overview()
	if err != nil || !all.Found || len(all.Problems) > 0 || len(all.Items) != 7 {
		t.Fatalf("%+v (%v)", all, err)
	}
	by := map[string]dvc.Item{}
	for _, it := range all.Items {
		by[it.Path] = it
	}
	raw, images, out := by["raw.xml"], by["images"], by["out.csv"]
	if o := raw.Origin; o == nil || o.Kind != dvc.FromRepository || strings.Contains(o.URL, "secret") || o.Rev != "v1" || o.Path != "data/raw.xml" || !o.Frozen {
		t.Errorf("the import's origin: %+v", o)
	}
	if raw.Desc != "the raw posts" || raw.Size == nil || *raw.Size != 37891850 || raw.Stage {
		t.Errorf("%+v", raw)
	}
	if !images.Folder || images.Files == nil || *images.Files != 2 || images.By != "images.dvc" || images.Hash != metafile.MD5 {
		t.Errorf("%+v", images)
	}
	if !out.Stage || out.By != "prep" || out.Name != "prep" || by["m.json"].Kind != "metrics" || !by["m.json"].NoCache {
		t.Errorf("%+v %+v", out, by["m.json"])
	}

	change := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	change("images/x/2.png", "two!")
	change("images/3.png", "three")
	for _, gone := range []string{"a.csv", "images/1.png", ".dvc/cache/files/md5/" + by["out.csv"].MD5[:2]} {
		if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := v.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range list {
		got[s.Path] = s.State + " " + s.Cache
	}
	for at, want := range map[string]string{
		"a.csv": "missing missing", "images": "modified whole", "out.csv": "unchanged missing", "m.json": "unchanged uncached",
		"late.csv": "unrecorded unrecorded", "raw.xml": "missing missing", "big.bin": "versioned versioned",
	} {
		if got[at] != want {
			t.Errorf("%s is %q, want %q", at, got[at], want)
		}
	}

	d, err := v.Item(t.Context(), "images")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range d.Listed {
		files = append(files, f.Path+" "+f.State)
	}
	if s := strings.Join(files, ", "); s != "1.png missing, 3.png new, x/2.png modified" || !strings.Contains(d.Text, "outs:") || d.Status.State != dvc.Modified {
		t.Errorf("%s; %+v", s, d.Status)
	}
	b, err := json.Marshal(d)
	if err != nil || !strings.Contains(string(b), `"path":"images","by":"images.dvc"`) {
		t.Errorf("%s %v", b, err)
	}
}

// TestInventoryOfOtherFolders: no project, one with a file that cannot be read, a path that
// is not tracked.
func TestInventoryOfOtherFolders(t *testing.T) {
	none := &dvc.Inventory{Dir: t.TempDir()}
	if all, err := none.Overview(); err != nil || all.Found || all.Items == nil {
		t.Errorf("%+v %v", all, err)
	}
	if list, err := none.Status(context.Background()); err != nil || list == nil || len(list) != 0 {
		t.Errorf("%v %v", list, err)
	}
	bad := &dvc.Inventory{Dir: folder(t, map[string]string{".dvc/config": "", "a.dvc": "outs: {", "b.dvc": "outs:\n- path: b\n"})}
	all, err := bad.Overview()
	if err != nil || len(all.Problems) != 1 || !strings.Contains(all.Problems[0], "a.dvc:1") || len(all.Items) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	for _, v := range []*dvc.Inventory{none, bad} {
		for _, at := range []string{"a", "../b", "/etc/passwd", ""} {
			if _, err := v.Item(t.Context(), at); errs.KindOf(err) != errs.NotFound {
				t.Errorf("%q: %v", at, err)
			}
		}
	}
}
