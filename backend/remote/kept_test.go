package remote_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// TestWhatIsNoBlobIsNotListed: links, what is being written, and what programs hide in a folder,
// of which only what a program of ours gave up a day ago is removed.
func TestWhatIsNoBlobIsNotListed(t *testing.T) {
	for kind, address := range map[string]func(dir string) string{
		"folder": func(dir string) string { return dir },
		"sftp":   func(dir string) string { return remotetest.StartSSHD(t).Address(dir) },
	} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, address(dir))
			for _, name := range []string{"objects/packs/a.pack", "objects2/b.pack"} {
				_, err := r.Put(context.Background(), name, remote.Content([]byte("hello")))
				must(t, err)
			}
			old := time.Now().Add(-25 * time.Hour)
			for name, at := range map[string]time.Time{".a.pack.tmp01": old, ".a.pack.tmp02": time.Now(), ".stfolder": old} {
				path := filepath.Join(dir, "objects/packs", name)
				must(t, os.WriteFile(path, []byte("half"), 0o600))
				must(t, os.Chtimes(path, at, at))
			}
			must(t, os.Symlink("a.pack", filepath.Join(dir, "objects/packs/link.pack")))
			if got := names(t, r, "objects"); !maps.Equal(got, map[string]int64{"objects/packs/a.pack": 5}) {
				t.Errorf("listed %v", got)
			}
			var left []string
			entries, err := os.ReadDir(filepath.Join(dir, "objects/packs"))
			must(t, err)
			for _, e := range entries {
				left = append(left, e.Name())
			}
			if want := []string{".a.pack.tmp02", ".stfolder", "a.pack", "link.pack"}; !slices.Equal(left, want) {
				t.Errorf("left are %v, want %v", left, want)
			}
		})
	}
}

// TestNothingIsLeftBesideABlob, whether it was stored, was there already, or was replaced.
func TestNothingIsLeftBesideABlob(t *testing.T) {
	ctx := context.Background()
	for kind, address := range map[string]func(dir string) string{
		"folder": func(dir string) string { return dir },
		"sftp":   func(dir string) string { return remotetest.StartSSHD(t).Address(dir) },
	} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			r := open(t, address(dir))
			for _, text := range []string{"one", "two"} {
				_, err := r.Put(ctx, "a/put", remote.Content([]byte(text)))
				must(t, err)
				must(t, r.Replace(ctx, "a/replaced", remote.Content([]byte(text))))
			}
			must(t, os.Mkdir(filepath.Join(dir, "a/folder"), 0o755))
			if err := r.Replace(ctx, "a/folder", remote.Content([]byte("x"))); err == nil {
				t.Error("a folder was replaced")
			}
			entries, err := os.ReadDir(filepath.Join(dir, "a"))
			must(t, err)
			if got := fmt.Sprint(entries); strings.Count(got, " ") != 5 || strings.Contains(got, ".tmp") {
				t.Errorf("there are %s", got)
			}
		})
	}
}

// TestListsOfABucket keep to the folder that they are asked for, and leave out what has no
// name of a blob.
func TestListsOfABucket(t *testing.T) {
	address := remotetest.StartS3(t)
	r, b := open(t, address), remotetest.Bucket(t, address)
	for _, name := range []string{"objects/a.pack", "objects2/b.pack"} {
		_, err := r.Put(context.Background(), name, remote.Content([]byte("hello")))
		must(t, err)
	}
	for _, name := range []string{"objects/.hidden", `objects/c:\d`} {
		b.Put(name, "hello")
	}
	if got := names(t, r, "objects"); !maps.Equal(got, map[string]int64{"objects/a.pack": 5}) {
		t.Errorf("listed %v", got)
	}
}

// TestABlobThatIsTooLongIsNotReadWhole: a remote is another's, and may hold anything.
func TestABlobThatIsTooLongIsNotReadWhole(t *testing.T) {
	ctx, r := context.Background(), open(t, t.TempDir())
	_, err := r.Put(ctx, "record", remote.Content([]byte("12345")))
	must(t, err)
	if b, err := remote.Read(ctx, r, "record", 5); err != nil || string(b) != "12345" {
		t.Errorf("%q %v", b, err)
	}
	if _, err := remote.Read(ctx, r, "record", 4); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
}
