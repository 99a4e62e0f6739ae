package dvc_test

import (
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
)

// TestWhereARemoteKeepsAPath is what `dvc get --show-url` tells, in the folder and in a commit, and without what lets in.
func TestWhereARemoteKeepsAPath(t *testing.T) {
	d := newDriver(t, realDVC(t))
	dir, p := aRepository(t, d), open(t, t.TempDir())
	for name, url := range map[string]string{"disk": t.TempDir(), "web": "https://anna:secret@example.org/dvc", "other": "https://example.org:8443"} {
		d.must(dir, "remote", "add", "-q", name, url)
	}
	d.must(dir, "remote", "default", "-q", "disk")
	d.must(dir, "add", "-q", "one.bin")
	gitDo(t, dir, "add", "-A")
	gitDo(t, dir, "commit", "-q", "-m", "two")
	for _, rev := range []string{"", "main"} {
		for _, at := range []string{"one.bin", "data/in", "data/in/deep/b.csv", "out.bin"} {
			for _, remote := range []string{"", "web", "other"} {
				args := []string{"get", "--show-url", dir, at}
				for flag, value := range map[string]string{"--rev": rev, "--remote": remote} {
					if value != "" {
						args = append(args, flag, value)
					}
				}
				want, ok := d.try(t.TempDir(), args...)
				got, err := p.StorageURL(t.Context(), dvc.Elsewhere{From: dir, Path: at, Rev: rev, Remote: remote})
				if ok != (err == nil) || ok && strings.Replace(strings.TrimSpace(want), "anna:secret@", "", 1) != got {
					t.Errorf("%v: %q %v, dvc says %q", args[1:], got, err, want)
				}
			}
		}
	}
	for _, at := range []string{"src/x.py", "nope", "data"} {
		if url, err := p.StorageURL(t.Context(), dvc.Elsewhere{From: dir, Path: at}); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %q %v", at, url, err)
		}
	}
}
