package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// pushedTo is a project with its data pushed to a remote at an address.
func pushedTo(t *testing.T, url, settings string) string {
	t.Helper()
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = far\n    no_scm = true\n['remote \"far\"']\n    url = " + url + "\n" + settings,
		"a.csv":       "1,2\n", "images/x/1": "one", "images/2": "two",
	})
	p := open(t, dir)
	if err := p.Add(t.Context(), "a.csv", "images"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

const (
	nameOfOne = "files/md5/f9/7c5d29941bfb1b2fdab0874906ab82"
	nameOfTwo = "files/md5/b8/a9f715dbb64fd5c56e7783c6820a61"
)

// TestPushReplacesWhatWasFoundDamaged damages objects of a folder, of another computer and of a
// bucket, one of them in a list: a push leaves them until they were found, then replaces them
// from the cache, and nothing is known to be damaged any more.
func TestPushReplacesWhatWasFoundDamaged(t *testing.T) {
	for kind, place := range map[string]func(t *testing.T) (url, settings, address string){
		"folder": func(t *testing.T) (string, string, string) { at := t.TempDir(); return at, "", at },
		"ssh": func(t *testing.T) (string, string, string) {
			s := remotetest.StartSSHD(t)
			at := filepath.Join(s.Home, "store")
			return "ssh://box" + at, "", s.Address(at)
		},
		"s3": func(t *testing.T) (string, string, string) {
			at := remotetest.StartS3(t)
			bucket, endpoint, _ := strings.Cut(at, "?path_style=true&endpoint=")
			return bucket + "/data", "    endpointurl = " + endpoint + "\n    region = us-east-1\n", strings.Replace(at, "?", "/data?", 1)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			url, settings, address := place(t)
			dir := pushedTo(t, url, settings)
			a, err := remote.ParseAddress(address)
			if err != nil {
				t.Fatal(err)
			}
			far, err := remote.Open(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			heals(t, dir, far)
		})
	}
}

func heals(t *testing.T, dir string, far remote.Remote) {
	t.Helper()
	list, length := "", 0
	if err := far.List(t.Context(), "files", func(b remote.Blob) error {
		if strings.HasSuffix(b.Name, ".dir") {
			list, length = b.Name, int(b.Size)
		}
		return nil
	}); err != nil || list == "" {
		t.Fatal(list, err)
	}
	damage := func(name, text string) {
		if err := far.Replace(t.Context(), name, remote.Content([]byte(text))); err != nil {
			t.Fatal(err)
		}
	}
	verify := func(damaged, missing int) {
		t.Helper()
		if v, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{}); err != nil || len(v.Damaged) != damaged || len(v.Missing) != missing {
			t.Errorf("%+v, %v; want %d damaged, %d missing", v, err, damaged, missing)
		}
	}
	push := func(healed, sent int) {
		t.Helper()
		if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Healed != healed || done.Objects != sent {
			t.Errorf("%+v, %v; want %d healed, %d sent", done, err, healed, sent)
		}
	}
	verify(0, 0)
	damage(nameOfOne, "onE")
	damage(list, "[]"+strings.Repeat(" ", length-2))
	push(0, 0) // nobody has looked
	if err := far.Delete(t.Context(), nameOfTwo); err != nil {
		t.Fatal(err)
	}
	verify(2, 1)
	push(2, 3)
	verify(0, 0)
	push(0, 0)
	damage(nameOfOne, "onE")
	verify(1, 0)
	damage(nameOfOne, "one") // somebody else was quicker
	push(0, 0)
	damage(nameOfOne, "onE")
	push(0, 0) // it was whole when it was looked at last
	verify(1, 0)
	at := filepath.Join(dir, ".dvc/cache", nameOfOne)
	put(t, "", writable(t, at), "oNe")
	if err := os.Chmod(at, 0o444); err != nil {
		t.Fatal(err)
	}
	done, err := open(t, dir).Push(t.Context(), dvc.Exchange{})
	if !errs.Is(err, errs.Corrupt) || len(done.Damaged) != 1 || done.Healed != 0 {
		t.Errorf("what is damaged on both sides: %+v, %v", done, err)
	}
	lose(t, dir, ".dvc/cache/"+nameOfOne)
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); !errs.Is(err, errs.Corrupt) || len(done.Damaged) != 1 {
		t.Errorf("what is damaged there and not here: %+v, %v", done, err)
	}
}

// TestADamagedVersionGetsAnother: a version cannot be replaced, so that the push makes a new
// one, and the .dvc file names it.
func TestADamagedVersionGetsAnother(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	dir := versionedProject(t, v, "heal", "version_aware")
	p := open(t, dir)
	if err := p.Add(t.Context(), "one.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	other := v.Put("heal/one.txt", "y\n") // which the .dvc file then names as x
	put(t, dir, "one.txt.dvc", versionIDs.ReplaceAllString(readText(t, dir, "one.txt.dvc"), "version_id: "+other))
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Objects != 0 {
		t.Fatalf("pushed %+v, %v: nobody has looked", done, err)
	}
	if done, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{}); err != nil || len(done.Damaged) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{}); err != nil || done.Healed != 1 || v.Count("heal/one.txt") != 3 {
		t.Errorf("pushed %+v, %v; there are %d versions", done, err, v.Count("heal/one.txt"))
	}
	if done, err := open(t, dir).VerifyFar(t.Context(), dvc.Exchange{}); err != nil || len(done.Damaged)+len(done.Missing) > 0 || done.Objects != 1 {
		t.Errorf("after it: %+v, %v", done, err)
	}
	if done, err := open(t, dir).Push(t.Context(), dvc.Exchange{Revisions: dvc.Revisions{Commits: true}}); !errs.Is(err, errs.Precondition) {
		t.Errorf("versions of commits: %+v, %v", done, err)
	}
}
