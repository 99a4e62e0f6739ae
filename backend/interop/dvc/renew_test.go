package dvc_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// origins are what a project imports from: a repository, a folder, and a web server that
// tells ETags of one file and not of the other.
type origins struct {
	t              *testing.T
	repo, far, url string
}

func newOrigins(t *testing.T, d *driver) *origins {
	t.Helper()
	o := &origins{t: t, repo: t.TempDir(), far: t.TempDir()}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := os.ReadFile(filepath.Join(o.far, r.URL.Path))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/tag") {
			w.Header().Set("ETag", `"`+strings.TrimSpace(string(b))+`"`)
		} else {
			w.Header().Set("Last-Modified", "Fri, 27 Nov 2026 01:12:38 GMT")
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	o.url = s.URL
	gitDo(t, o.repo, "init", "-q", "-b", "main", ".")
	d.must(o.repo, "init", "-q")
	o.write(d, "1")
	gitDo(t, o.repo, "tag", "v1")
	return o
}

// write makes other content everywhere.
func (o *origins) write(d *driver, text string) {
	o.t.Helper()
	for _, name := range []string{"dir/a", "dir/sub/b", "tag.csv", "plain.csv", "file.csv", "tag 5%üx.csv"} {
		at := filepath.Join(o.far, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			o.t.Fatal(err)
		}
		put(o.t, o.far, name, name+text+strings.Repeat("x", len(text))+"\n")
	}
	for _, name := range []string{"data/in/x", "data/z", "one.txt", "git.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(o.repo, name)), 0o755); err != nil {
			o.t.Fatal(err)
		}
		put(o.t, o.repo, name, name+text+"\n")
	}
	d.must(o.repo, "add", "-q", "data", "one.txt")
	gitDo(o.t, o.repo, "add", "-A")
	gitDo(o.t, o.repo, "commit", "-q", "-m", text)
}

func (o *origins) imports() [][]string {
	return [][]string{
		{"import", "-q", o.repo, "data"},
		{"import", "-q", o.repo, "data/in", "-o", "part"},
		{"import", "-q", o.repo, "one.txt", "--rev", "v1"},
		{"import", "-q", o.repo, "git.txt", "--rev", "main"},
		{"import", "-q", o.repo, "data", "-o", "later", "--no-download"},
		{"import", "-q", o.repo, "one.txt", "-o", "never", "--no-exec"},
		{"import-url", "-q", o.url + "/tag.csv"},
		{"import-url", "-q", o.url + "/plain.csv"},
		{"import-url", "-q", o.url + "/tag.csv", "later.csv", "--no-download"},
		{"import-url", "-q", o.url + "/plain.csv", "never.csv", "--no-exec"},
		{"import-url", "-q", filepath.Join(o.far, "dir")},
		{"import-url", "-q", filepath.Join(o.far, "file.csv"), "--no-download"},
	}
}

// TestUpdatesOfImportsAreDVCs updates imports of all kinds beside dvc: the .dvc files are the
// same, dvc's status is clean, and what was only noted is brought by a pull.
func TestUpdatesOfImportsAreDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	o := newOrigins(t, d)
	twin, main := t.TempDir(), t.TempDir()
	gitDo(t, twin, "init", "-q", ".")
	d.must(twin, "init", "-q")
	var files []string
	for _, args := range o.imports() {
		d.must(twin, args...)
	}
	gitDo(t, twin, "add", "-A")
	gitDo(t, twin, "commit", "-q", "-m", "imported")
	gitDo(t, twin, "clone", "-q", twin, main)
	files, _ = filepath.Glob(filepath.Join(twin, "?*.dvc"))
	if len(files) != len(o.imports()) {
		t.Fatalf("%d .dvc files", len(files))
	}
	same := func() {
		t.Helper()
		for _, at := range files {
			want, err := os.ReadFile(at)
			got, err2 := os.ReadFile(filepath.Join(main, filepath.Base(at)))
			if err != nil || err2 != nil || string(got) != string(want) {
				t.Errorf("%s: Rondo has written\n%s\nand dvc\n%s", filepath.Base(at), got, want)
			}
		}
	}
	pullPartly(t, main)
	same()
	o.write(d, "2")
	if _, err := pullAll(t, main); errs.KindOf(err) != errs.Precondition || !strings.Contains(errs.HintOf(err), "data update") {
		t.Errorf("an origin that is another one: %v", err)
	}
	lose(t, main, "later.csv", "later", "file.csv") // which no cache has to keep
	lose(t, twin, "later.csv", "later", "file.csv")
	renew := func(in dvc.Renew) []dvc.Renewed {
		t.Helper()
		list, err := open(t, main).Renew(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := renew(dvc.Renew{}); len(list) != len(files) {
		t.Errorf("updated %+v", list)
	}
	d.must(twin, append([]string{"update", "-q"}, baseNames(files)...)...)
	same()
	for _, dir := range []string{main, twin} {
		if out := d.must(dir, "status"); !strings.Contains(out, "up to date") {
			t.Errorf("dvc status: %s", out)
		}
	}
	for _, r := range renew(dvc.Renew{}) {
		if r.Changed || r.Bytes > 0 && !strings.HasPrefix(r.Path, "dir") && r.Path != "file.csv" {
			t.Errorf("updated again: %+v", r)
		}
	}
	o.noted(d, main, twin, renew, same)
}

func baseNames(files []string) (list []string) {
	for _, f := range files {
		list = append(list, filepath.Base(f))
	}
	return list
}

// pullPartly pulls what was imported only in name: its data comes, and no .dvc file changes.
func pullPartly(t *testing.T, dir string) {
	t.Helper()
	p := open(t, dir)
	if _, err := p.Fetch(t.Context(), dvc.Exchange{}); errs.KindOf(err) != errs.Precondition || !strings.Contains(err.Error(), "never") {
		t.Errorf("an import that says nothing: %v", err)
	}
	if _, err := p.Checkout(t.Context(), dvc.Checkout{}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"later/in/x": "data/in/x1\n", "later.csv": "tag.csv1x\n", "file.csv": "file.csv1x\n", "dir/sub/b": "dir/sub/b1x\n", "plain.csv": "plain.csv1x\n"} {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s holds %q", name, b)
		}
	}
}

func headless(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "\n")
	return text
}

// noted follows another revision, and notes what is there without bringing it.
func (o *origins) noted(d *driver, main, twin string, renew func(dvc.Renew) []dvc.Renewed, same func()) {
	t := o.t
	renew(dvc.Renew{Targets: []string{"one.txt.dvc"}, Rev: "main"})
	d.must(twin, "update", "-q", "one.txt.dvc", "--rev", "main")
	same()
	o.write(d, "3")
	renew(dvc.Renew{Targets: []string{"data", "tag.csv"}, NoDownload: true})
	d.must(twin, "update", "-q", "data.dvc", "tag.csv.dvc", "--no-download")
	for _, name := range []string{"data.dvc", "tag.csv.dvc"} { // dvc leaves a sum of what it takes out
		got, want := headless(t, main, name), headless(t, twin, name)
		if got != want {
			t.Errorf("%s: Rondo has written\n%s\nand dvc\n%s", name, got, want)
		}
	}
	if out := d.must(main, "status"); strings.Contains(out, "changed checksum") {
		t.Errorf("dvc status: %s", out)
	}
	if _, err := os.Stat(filepath.Join(main, "data")); err == nil {
		t.Error("what is not the newest stayed where it was")
	}
	if _, err := pullAll(t, main); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(filepath.Join(main, "data/z")); string(b) != "data/z3\n" {
		t.Errorf("data/z holds %q", b)
	}
	put(t, main, "git.txt", "my own work\n")
	if _, err := open(t, main).Renew(t.Context(), dvc.Renew{Targets: []string{"git.txt"}}); errs.KindOf(err) != errs.Conflict {
		t.Errorf("own work: %v", err)
	}
	for want, in := range map[errs.Kind]dvc.Renew{
		errs.Invalid:  {Targets: []string{"tag.csv"}, Rev: "v1"},
		errs.NotFound: {Targets: []string{"one.txt"}, Rev: "nowhere"},
	} {
		if _, err := open(t, main).Renew(t.Context(), in); errs.KindOf(err) != want || errs.HintOf(err) == "" {
			t.Errorf("%+v: %v", in, err)
		}
	}
}

// TestVersionsOfImportsFromABucket updates imports of a bucket with and without versions, and brings
// the version that is recorded though it is not the newest.
func TestVersionsOfImportsFromABucket(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	v.Put("far/k.csv", "k1\n")
	v.Put("far/dir/a", "a1\n")
	v.Put("far/dir/s/b", "b1\n")
	config := "[core]\n    no_scm = true\n['remote \"far\"']\n    url = " + v.URL + "/far\n    endpointurl = " + v.Endpoint + "\n    region = us-east-1\n"
	text := func(at, aware string) string {
		return "frozen: true\ndeps:\n- hash: md5\n  path: remote://far/" + at + "\n" + aware + "outs:\n- hash: md5\n  path: " + filepath.Base(at) + "\n  push: false\n"
	}
	aware := "  fs_config:\n    version_aware: true\n"
	dir := folder(t, map[string]string{".dvc/config": config, "k.csv.dvc": text("k.csv", aware), "dir.dvc": text("dir", aware), "p/k.csv.dvc": text("k.csv", ""), "p/dir.dvc": text("dir", "")})
	update := func() {
		t.Helper()
		if _, err := open(t, dir).Renew(t.Context(), dvc.Renew{}); err != nil {
			t.Fatal(err)
		}
	}
	update()
	for name, want := range map[string]string{"k.csv": "k1\n", "dir/s/b": "b1\n", "p/k.csv": "k1\n", "p/dir/a": "a1\n"} {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s holds %q", name, b)
		}
	}
	v.Put("far/k.csv", "k2\n")
	v.Put("far/dir/a", "a2\n")
	lose(t, dir, ".dvc/cache", "dir", "k.csv")
	p := open(t, dir)
	if _, err := p.Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"dir", "k.csv"}}}); err != nil {
		t.Error(err)
	}
	if _, err := p.Checkout(t.Context(), dvc.Checkout{Selection: dvc.Selection{Targets: []string{"dir", "k.csv"}}}); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "dir/a")); string(b) != "a1\n" {
		t.Errorf("the version that is recorded is not what came: %q", b)
	}
	lose(t, dir, ".dvc/cache")
	if _, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"p/dir"}}}); err == nil {
		t.Error("what is another one now was brought for what was imported")
	}
	k := dvc.Selection{Targets: []string{"p/k.csv"}} // its version is noted, and the bucket has it
	if _, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{Selection: k}); err != nil {
		t.Error(err)
	}
	if _, err := open(t, dir).Checkout(t.Context(), dvc.Checkout{Selection: k}); err != nil || textsBelow(t, filepath.Join(dir, "p/k.csv")) != "=k1\n" {
		t.Errorf("a file whose version is noted: %v", err)
	}
	lose(t, dir, "dir", "k.csv", "p/dir", "p/k.csv")
	update()
	if program := cloudDVC(t); program != "" {
		os.Unsetenv("AWS_PROFILE")
		d := newDriver(t, program)
		if d.old {
			t.Skip("what comes now is for dvc 3: dvc 2 knows no fs_config")
		}
		before := dvcFiles(t, dir)
		d.must(dir, "update", "-q", "k.csv.dvc", "dir.dvc", "p/k.csv.dvc", "p/dir.dvc")
		if after := dvcFiles(t, dir); after != before {
			t.Errorf("dvc has written\n%s\nwhere Rondo wrote\n%s", after, before)
		}
		if out := d.must(dir, "status"); !strings.Contains(out, "up to date") {
			t.Errorf("dvc status: %s", out)
		}
	}
}

func dvcFiles(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"k.csv.dvc", "dir.dvc", "p/k.csv.dvc", "p/dir.dvc"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}
