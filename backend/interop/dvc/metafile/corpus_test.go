package metafile_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/metafile"
)

// TestCorpus reads every file of DVC's in the whole history of a repository, and writes
// those again that DVC has written last.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("DVC_CORPUS")
	if dir == "" {
		t.Skip("skipped: $DVC_CORPUS names no git repository of a DVC project")
	}
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"--git-dir", dir}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return string(out)
	}
	read, same, bad, refused := 0, 0, 0, 0
	for line := range strings.Lines(git("rev-list", "--all", "--objects")) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		base := path.Base(name)
		if base != "dvc.yaml" && base != "dvc.lock" && (!strings.HasSuffix(base, ".dvc") || base == ".dvc") {
			continue
		}
		text := []byte(git("cat-file", "blob", id))
		read++
		var again []byte
		var err error
		switch base {
		case "dvc.lock":
			var l *metafile.Lock
			if l, err = metafile.ReadLock(name, text); err == nil && l.Schema == "2.0" {
				again = l.Text()
			}
		case "dvc.yaml":
			err = readAny(name, string(text), files{"params.yaml": "{}"})
			if err != nil && strings.Contains(err.Error(), "could not find ${") {
				err = nil // the values are in another blob
			}
		default:
			var s *metafile.Single
			if s, err = metafile.ReadSingle(name, text); err == nil {
				again = s.Text()
				if s.Import() && s.MD5 != s.Sum() {
					t.Errorf("%s %.8s: md5 %s, and Rondo counts %s", name, id, s.MD5, s.Sum())
				}
			}
		}
		switch {
		case err != nil:
			refused++
			t.Logf("%s: %v", id, err)
		case bytes.Equal(again, text):
			same++
		case again != nil:
			if bad++; bad < 4 {
				t.Logf("%s %.8s\nDVC   %q\nRondo %q", name, id, text, again)
			}
		}
	}
	t.Logf("%d files read, %d refused, %d written again with the same bytes, %d otherwise", read, refused, same, bad)
	if read == 0 || refused*100 > read {
		t.Errorf("%d of %d files of DVC's are refused", refused, read)
	}
}
