package dvc_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// cloudDVC finds a real dvc that speaks S3: $DVC_S3, or the one that make conformance has.
func cloudDVC(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{os.Getenv("DVC_S3"), filepath.Join(root, "build/cache/dvc-s3/bin/dvc")} {
		if _, err := exec.LookPath(at); err == nil {
			return at
		}
	}
	return ""
}

// versionedProject is a project whose remote keeps versions.
func versionedProject(t *testing.T, v *remotetest.Versions, under, kind string) string {
	return folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = cloud\n    no_scm = true\n['remote \"cloud\"']\n    url = " + v.URL + "/" + under + "\n    endpointurl = " + v.Endpoint + "\n    region = us-east-1\n    " + kind + " = true\n",
		"data/a":      "1\n", "data/sub/b: ü": "2\n", "one.txt": "x\n", "out.txt": "o\n", "made/q": "q\n",
		"dvc.yaml": "stages:\n  make:\n    cmd: make\n    deps: [one.txt]\n    outs: [out.txt, made]\n",
	})
}

var versionIDs = regexp.MustCompile(`version_id: \S+`)

// texts are what says which versions there are, without their ids.
func texts(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"data.dvc", "one.txt.dvc", "dvc.lock"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		b.Write(versionIDs.ReplaceAll(text, []byte("version_id: V")))
	}
	return b.String()
}

func lose(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

const versionsWritten = `outs:
- hash: md5
  path: data
  files:
  - relpath: a
    md5: b026324c6904b2a9cb4b88d6d61c81d1
    size: 2
    cloud:
      cloud:
        etag: b026324c6904b2a9cb4b88d6d61c81d1
        version_id: V
  - relpath: 'sub/b: ü'
    md5: 26ab0db90d72e28ad0ba1e22ee510510
    size: 2
    cloud:
      cloud:
        etag: 26ab0db90d72e28ad0ba1e22ee510510
        version_id: V
outs:
- md5: 401b30e3b8b5d629635a5c613cdb7919
  size: 2
  hash: md5
  path: one.txt
  cloud:
    cloud:
      etag: 401b30e3b8b5d629635a5c613cdb7919
      version_id: V
`

// TestVersionsOfABucketAreNotedAndComeBack pushes to a bucket that numbers versions, changes
// one file of several, and brings all back by what the .dvc files and the lock say. Where a
// dvc that speaks S3 is at hand, it goes on from there, and Rondo from what it did.
func TestVersionsOfABucketAreNotedAndComeBack(t *testing.T) {
	ctx := context.Background()
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "ours", "version_aware")
	push := func(want int) {
		t.Helper()
		if done, err := open(t, dir).Push(ctx, dvc.Exchange{}); err != nil || done.Objects != want {
			t.Fatalf("pushed %+v, %v; want %d", done, err, want)
		}
	}
	p := open(t, dir)
	for _, err := range []error{p.Add(ctx, "data", "one.txt"), p.CommitAll(ctx)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	push(5)
	if got := texts(t, dir); !strings.HasPrefix(got, versionsWritten) || strings.Count(got, "version_id: V") != 5 {
		t.Errorf("written:\n%s", got)
	}
	push(0)
	put(t, dir, "data/a", "1 more\n")
	if err := open(t, dir).Add(ctx, "data"); err != nil {
		t.Fatal(err)
	}
	push(1)
	if v.Count("ours/data/a") != 2 || v.Count("ours/data/sub/b: ü") != 1 {
		t.Error("a file that is as it was has got a version")
	}
	bring(t, dir, "data/a", "1 more\n")
	withCloudDVC(t, v, dir)
	vanish(t, v, dir)
}

// bring loses all content and gets it back.
func bring(t *testing.T, dir, name, want string) {
	t.Helper()
	lose(t, dir, ".dvc/cache", "data", "one.txt", "out.txt", "made")
	p := open(t, dir)
	if done, err := p.Fetch(t.Context(), dvc.Exchange{}); err != nil || done.Objects != 5 {
		t.Fatalf("fetched %+v, %v", done, err)
	}
	if _, err := p.Checkout(t.Context(), dvc.Checkout{}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
		t.Errorf("%s holds %q", name, b)
	}
	if st, err := open(t, dir).Status(t.Context()); err != nil || len(st) > 0 {
		t.Errorf("status: %+v, %v", st, err)
	}
}

// vanish lets a version of what is recorded end, and be another one than is recorded.
func vanish(t *testing.T, v *remotetest.Versions, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "one.txt.dvc"))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(string(versionIDs.Find(text)), "version_id: ")
	fetch := func() error {
		lose(t, dir, ".dvc/cache")
		_, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"one.txt"}}})
		return err
	}
	put(t, dir, "one.txt.dvc", strings.Replace(string(text), "size: 2", "size: 3", 1))
	if err := fetch(); errs.KindOf(err) != errs.Corrupt || !strings.Contains(err.Error(), "one.txt") {
		t.Errorf("another size than is recorded: %v", err)
	}
	put(t, dir, "one.txt.dvc", strings.ReplaceAll(string(text), "401b30e3b8b5d629635a5c613cdb7919", "401b30e3b8b5d629635a5c613cdb7910"))
	if err := fetch(); errs.KindOf(err) != errs.Corrupt {
		t.Errorf("another hash than is recorded: %v", err)
	}
	put(t, dir, "one.txt.dvc", string(text))
	v.Forget("ours/one.txt", id)
	if err := fetch(); errs.KindOf(err) != errs.NotFound || !strings.Contains(err.Error(), id) || errs.HintOf(err) == "" {
		t.Errorf("a version that is no more: %v", err)
	}
}

// withCloudDVC lets dvc look at what Rondo did, and Rondo go on from what dvc did.
func withCloudDVC(t *testing.T, v *remotetest.Versions, dir string) {
	program := cloudDVC(t)
	if program == "" {
		t.Log("not compared with dvc: make conformance has one that speaks S3")
		return
	}
	os.Unsetenv("AWS_PROFILE") // an empty one is none for Rondo, and a name for dvc
	d := newDriver(t, program)
	clean := func(dir string) {
		t.Helper()
		if out := d.must(dir, "status"); !strings.Contains(out, "up to date") {
			t.Errorf("dvc status in %s: %s", dir, out)
		}
	}
	if d.old {
		withOldCloudDVC(t, d, v)
		return
	}
	clean(dir)
	if out := d.must(dir, "push"); !strings.Contains(out, "Everything is up to date") {
		t.Errorf("dvc pushes what Rondo has pushed: %s", out)
	}
	lose(t, dir, ".dvc/cache", ".dvc/tmp", "data", "one.txt", "out.txt", "made")
	d.must(dir, "pull")
	clean(dir)
	for _, kind := range []string{"version_aware", "worktree"} {
		twin := versionedProject(t, v, "twin-"+kind, kind)
		put(t, twin, "data/a", "1 more\n")
		d.must(twin, "add", "-q", "data", "one.txt")
		d.must(twin, "commit", "-q", "-f")
		d.must(twin, "push", "-q")
		if got, want := texts(t, dir), texts(t, twin); got != want {
			t.Errorf("%s: Rondo has written\n%s\nand dvc\n%s", kind, got, want)
		}
		bring(t, twin, "data/a", "1 more\n")
		put(t, twin, "data/a", "by dvc\n")
		d.must(twin, "add", "-q", "data")
		d.must(twin, "push", "-q")
		if done, err := open(t, twin).Push(t.Context(), dvc.Exchange{}); err != nil || done.Objects != 0 {
			t.Errorf("pushed again: %+v, %v", done, err)
		}
		bring(t, twin, "data/a", "by dvc\n")
		clean(twin)
	}
}

// TestVersionsOfAPart pushes and fetches parts of a folder by a bucket that numbers versions:
// the .dvc file goes on naming the rest, which dvc forgets there.
func TestVersionsOfAPart(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "part", "version_aware")
	p := open(t, dir)
	if err := p.Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(filepath.Join(dir, "data.dvc"))
	if _, err := p.Push(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data/none"}}}); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a part that is not there: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "data.dvc")); string(b) != string(before) {
		t.Errorf("written for nothing:\n%s", b)
	}
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data/sub"}}}); err != nil || done.Objects != 1 || v.Count("part/data/a") != 0 {
		t.Fatalf("pushed %+v, %v", done, err)
	}
	want := "- relpath: a\n    md5: b026324c6904b2a9cb4b88d6d61c81d1\n    size: 2\n  - relpath: 'sub/b: ü'\n    md5: 26ab0db90d72e28ad0ba1e22ee510510\n    size: 2\n    cloud:\n"
	if b, _ := os.ReadFile(filepath.Join(dir, "data.dvc")); !strings.Contains(string(b), want) {
		t.Errorf("written:\n%s", b)
	}
	if st, err := open(t, dir).Status(t.Context()); err != nil || len(st) != 1 || st[0].Name != "make" {
		t.Errorf("status: %+v, %v", st, err)
	}
	lose(t, dir, ".dvc/cache", "data")
	p = open(t, dir)
	if done, err := p.Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data/sub/b: ü"}}}); err != nil || done.Objects != 1 {
		t.Errorf("fetched %+v, %v", done, err)
	}
	if _, err := p.Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data"}}}); errs.KindOf(err) != errs.NotFound {
		t.Errorf("a version of what was never pushed: %v", err)
	}
	if done, err := p.Checkout(t.Context(), dvc.Checkout{Selection: dvc.Selection{Targets: []string{"data/sub"}}}); err != nil || len(done.Added) != 1 {
		t.Errorf("checked out %+v, %v", done, err)
	}
	put(t, dir, "data/a", "1\n")
	if err := open(t, dir).Add(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	program := cloudDVC(t)
	if program == "" {
		return
	}
	os.Unsetenv("AWS_PROFILE")
	d := newDriver(t, program)
	if d.old {
		return // it knows no hash in a .dvc file
	}
	d.must(dir, "push", "-q") // dvc reads what Rondo has written, and sends the rest
	lose(t, dir, ".dvc/cache", "data")
	if done, err := open(t, dir).Fetch(t.Context(), dvc.Exchange{Selection: dvc.Selection{Targets: []string{"data"}}}); err != nil || done.Objects != 2 {
		t.Errorf("fetched after dvc %+v, %v", done, err)
	}
}

// withOldCloudDVC goes on from what dvc 2 has pushed, and lets it go on from there.
func withOldCloudDVC(t *testing.T, d *driver, v *remotetest.Versions) {
	dir := versionedProject(t, v, "old", "version_aware")
	d.must(dir, "add", "-q", "data", "one.txt")
	d.must(dir, "commit", "-q", "-f")
	d.must(dir, "push", "-q")
	before := texts(t, dir)
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Objects != 0 {
		t.Errorf("pushed again: %+v, %v", done, err)
	}
	bring(t, dir, "data/a", "1\n")
	if now := texts(t, dir); now != before {
		t.Errorf("was\n%s\nand is\n%s", before, now)
	}
	put(t, dir, "data/a", "by Rondo\r\n")
	if err := open(t, dir).Add(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Objects != 1 {
		t.Errorf("pushed %+v, %v", done, err)
	}
	if strings.Contains(texts(t, dir), "hash:") {
		t.Errorf("written:\n%s", texts(t, dir))
	}
	lose(t, dir, ".dvc/cache", ".dvc/tmp", "data", "one.txt", "out.txt", "made")
	d.must(dir, "pull", "-q")
	if b, _ := os.ReadFile(filepath.Join(dir, "data/a")); string(b) != "by Rondo\r\n" {
		t.Errorf("dvc has brought %q", b)
	}
	if out := d.must(dir, "status"); !strings.Contains(out, "up to date") {
		t.Errorf("dvc status: %s", out)
	}
}
