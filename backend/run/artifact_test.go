package run_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/run"
	"rondo/backend/seals"
)

func put(t *testing.T, h *house, owner, name, text string) {
	t.Helper()
	f, err := h.PutArtifact(t.Context(), owner, name, strings.NewReader(text))
	if err != nil || f.Size != int64(len(text)) || f.Path != name {
		t.Fatalf("put %s: %+v, %v", name, f, err)
	}
}

func get(t *testing.T, h *house, owner, name string) string {
	t.Helper()
	f, _, err := h.OpenArtifact(t.Context(), owner, name)
	must(t, err)
	defer f.Close()
	b, err := io.ReadAll(f)
	must(t, err)
	return string(b)
}

func list(t *testing.T, h *house, owner, name string) string {
	t.Helper()
	files, err := h.ListArtifacts(t.Context(), owner, name)
	must(t, err)
	var words []string
	for _, f := range files {
		if f.Dir {
			f.Path += "/"
		}
		words = append(words, f.Path)
	}
	return strings.Join(words, " ")
}

func TestArtifactsAreKept(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	if got := list(t, h, r.ID, ""); got != "" {
		t.Errorf("a new run holds %q", got)
	}
	put(t, h, r.ID, "model/MLmodel", "flavors: {}")
	put(t, h, r.ID, "model/data/größe 1.bin", "\x00\x01")
	put(t, h, r.ID, "notes.txt", "one")
	put(t, h, r.ID, "notes.txt", "two")
	for dir, want := range map[string]string{"": "model/ notes.txt", "model": "model/MLmodel model/data/", "model/data": "model/data/größe 1.bin", "notes.txt": "", "none": ""} {
		if got := list(t, h, r.ID, dir); got != want {
			t.Errorf("%q holds %q, want %q", dir, got, want)
		}
	}
	if get(t, h, r.ID, "notes.txt") != "two" || get(t, h, r.ID, "model/data/größe 1.bin") != "\x00\x01" {
		t.Error("the content is another")
	}
	_, err := h.PutArtifact(t.Context(), r.ID, "model", strings.NewReader("x"))
	refused(t, err, errs.Conflict, "is a folder already")
	_, err = h.PutArtifact(t.Context(), r.ID, "notes.txt/below", strings.NewReader("x"))
	refused(t, err, errs.Conflict, "goes through a name that is a file")
	_, _, err = h.OpenArtifact(t.Context(), r.ID, "model")
	refused(t, err, errs.NotFound, "No such artifact")
	must(t, h.DeleteArtifact(t.Context(), r.ID, "model"))
	refused(t, h.DeleteArtifact(t.Context(), r.ID, "model"), errs.NotFound, "No such artifact")
	if got := list(t, h, r.ID, ""); got != "notes.txt" {
		t.Errorf("after the delete: %q", got)
	}
	if left, _ := os.ReadDir(filepath.Join(h.Dir(r.ID), ".incoming")); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	m, err := h.CreateLoggedModel(t.Context(), run.LoggedModel{Name: "net", RunID: r.ID})
	must(t, err)
	put(t, h, m.ID, "MLmodel", "x")
	if get(t, h, m.ID, "MLmodel") != "x" || list(t, h, r.ID, "") != "notes.txt" {
		t.Error("a model's files are not its own")
	}
}

// attacks are names that must reach nothing outside, however they are written.
var attacks = []string{
	"../secret", "a/../../secret", "/etc/passwd", "..", ".", "a//b", "a/./b", "a/..", `..\secret`, `a\..\..\secret`, "C:/secret", "C:secret", `\\host\share`,
	"a\x00b", "a\nb", "../../journal/x", strings.Repeat("a/", 600) + "b", "a/",
}

func TestNoNameLeavesTheFolder(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	put(t, h, r.ID, "a.txt", "x")
	must(t, os.WriteFile(filepath.Join(h.dir, "secret"), []byte("s3cret"), 0o600))
	for _, name := range attacks {
		_, _, e1 := h.OpenArtifact(t.Context(), r.ID, name)
		_, e2 := h.PutArtifact(t.Context(), r.ID, name, strings.NewReader("x"))
		_, e3 := h.ListArtifacts(t.Context(), r.ID, name)
		for i, err := range []error{e1, e2, e3, h.DeleteArtifact(t.Context(), r.ID, name)} {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%.40q, way %d: %v (%v)", name, i, err, errs.KindOf(err))
			}
		}
	}
	for _, owner := range []string{"..", "../..", "", "a/b", "nobody", "m-nobody", r.ID + "/artifacts"} {
		_, err := h.ListArtifacts(t.Context(), owner, "")
		if k := errs.KindOf(err); err == nil || k != errs.Invalid && k != errs.NotFound {
			t.Errorf("owner %q: %v (%v)", owner, err, k)
		}
	}
	for _, in := range []string{"../x", "", "a/b"} {
		if dir := h.Dir(in); !strings.HasPrefix(dir, filepath.Join(h.dir, ".rondo", "runs")+string(filepath.Separator)) {
			t.Errorf("the folder of %q is %s", in, dir)
		}
	}
}

func TestLinksAndPipesLeadNowhere(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	put(t, h, r.ID, "a.txt", "x")
	must(t, os.WriteFile(filepath.Join(h.dir, "secret"), []byte("s3cret"), 0o600))
	root := h.ArtifactDir(r.ID)
	must(t, os.Symlink(filepath.Join(h.dir, "secret"), filepath.Join(root, "absolute")))
	must(t, os.Symlink("../../../../secret", filepath.Join(root, "relative")))
	must(t, os.Symlink(h.dir, filepath.Join(root, "folder")))
	for _, name := range []string{"absolute", "relative", "folder/secret"} {
		_, _, err := h.OpenArtifact(t.Context(), r.ID, name)
		refused(t, err, errs.Invalid, "leads out of the artifact folder")
	}
	if got := list(t, h, r.ID, ""); got != "a.txt" {
		t.Errorf("listed %q", got)
	}
	if files, err := h.ListArtifacts(t.Context(), r.ID, "folder"); err == nil && len(files) > 0 {
		t.Errorf("listed through a link: %v", files)
	}
	_, err := h.PutArtifact(t.Context(), r.ID, "folder/planted", strings.NewReader("x"))
	if err == nil {
		t.Error("put through a link")
	}
	_, err = h.PutArtifact(t.Context(), r.ID, "absolute", strings.NewReader("x"))
	refused(t, err, errs.Conflict, "")
	must(t, h.DeleteArtifact(t.Context(), r.ID, "folder"))
	if b, err := os.ReadFile(filepath.Join(h.dir, "secret")); err != nil || string(b) != "s3cret" {
		t.Errorf("what lay outside is %q, %v", b, err)
	}
}

// broken gives some bytes and then fails, as a connection that is cut does.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection reset")
	}
	return n, err
}

func TestAnUploadThatBreaksOffChangesNothing(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	r := h.run(t, run.Create{})
	put(t, h, r.ID, "a.txt", "old")
	_, err := h.PutArtifact(t.Context(), r.ID, "a.txt", broken{strings.NewReader("new and half")})
	refused(t, err, errs.Invalid, "did not arrive whole")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = h.PutArtifact(ctx, r.ID, "a.txt", strings.NewReader("new"))
	if err == nil {
		t.Error("a cancelled upload was taken")
	}
	small, err := run.Open(t.Context(), run.Options{Ledger: h.ledger, Dir: dir, MaxArtifact: 10})
	must(t, err)
	defer small.Close()
	_, err = small.PutArtifact(t.Context(), r.ID, "a.txt", bytes.NewReader(make([]byte, 11)))
	refused(t, err, errs.TooLarge, "at most 10 bytes")
	if got := get(t, h, r.ID, "a.txt"); got != "old" {
		t.Errorf("content %q", got)
	}
	if left, _ := os.ReadDir(filepath.Join(h.Dir(r.ID), ".incoming")); len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
}

// TestAFolderGoesWhileAFileComesIntoIt: the file comes before or after, and has its seal.
func TestAFolderGoesWhileAFileComesIntoIt(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	put(t, h, r.ID, "folder/old.bin", "old")
	root, err := os.OpenRoot(h.Dir(r.ID))
	must(t, err)
	defer root.Close()
	stayed := 0
	for range 100 {
		put(t, h, r.ID, "folder/old.bin", "old")
		came := make(chan error)
		go func() {
			_, err := h.PutArtifact(t.Context(), r.ID, "folder/sub/new.bin", strings.NewReader("new"))
			came <- err
		}()
		must(t, h.DeleteArtifact(t.Context(), r.ID, "folder"))
		must(t, <-came)
		report, err := seals.Check(t.Context(), root, "artifacts", "")
		if must(t, err); len(report.Unsealed) > 0 || report.First() != nil {
			t.Fatalf("without a seal: %v; %v", report.Unsealed, report.First())
		}
		if list(t, h, r.ID, "") != "" {
			stayed++
			must(t, h.DeleteArtifact(t.Context(), r.ID, "folder"))
		}
	}
	if stayed == 0 {
		t.Error("no file came behind the removal")
	}
}
