package dvc_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
)

// merge brings the other branch in: texts by git, the other side's where both changed, locks
// and .dvc files by Rondo. Then dvc reads what Rondo has merged, in both projects.
func (h *history) merge(string) {
	merged := false
	for _, dir := range []string{h.main, h.twin} {
		h.commitGit(dir)
		there := h.asks(dir, "branch", "--format=%(refname:short)")
		if !strings.Contains(there, "other") {
			continue
		}
		from := "other"
		if strings.TrimSpace(h.asks(dir, "branch", "--show-current")) == "other" {
			from = "main"
		}
		if merged = h.mergeIn(dir, from); !merged {
			h.git(dir, "merge", "--abort")
		}
	}
	if h.note("git merge (%v)", merged); merged {
		h.checkout("")
	}
}

// asks is git's answer; nothing where it has none.
func (h *history) asks(dir string, args ...string) string {
	out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

func (h *history) mergeIn(dir, from string) bool {
	h.t.Helper()
	base := strings.TrimSpace(h.asks(dir, "merge-base", "HEAD", from))
	var sides [3]map[string]string
	for i, rev := range []string{base, "HEAD", from} {
		sides[i] = map[string]string{}
		for name := range strings.Lines(h.asks(dir, "ls-tree", "-r", "--name-only", rev)) {
			if name = strings.TrimSpace(name); name == metafile.LockFile || strings.HasSuffix(name, metafile.Suffix) {
				sides[i][name] = h.asks(dir, "show", rev+":"+name)
			}
		}
	}
	cmd := exec.Command("git", "-C", dir, "merge", "-X", "theirs", "--no-ff", "--no-commit", from)
	cmd.Env = gitEnv()
	if err := cmd.Run(); err != nil {
		return false
	}
	cache, err := dvc.CacheOf(dir)
	if err != nil {
		h.t.Fatal(err)
	}
	for name, ours := range sides[1] {
		was, theirs := sides[0][name], sides[2][name]
		if was == "" || theirs == "" || ours == theirs || was == ours || was == theirs {
			continue
		}
		var text []byte
		if name == metafile.LockFile {
			text, _, err = dvc.MergeLocks(name, []byte(was), []byte(ours), []byte(theirs))
		} else {
			text, err = dvc.MergeSingles(cache, name, []byte(was), []byte(ours), []byte(theirs))
		}
		if err != nil {
			h.fail("merge %s: %v\n%s\n%s\n%s", name, err, was, ours, theirs)
		}
		h.note("merged %s", name)
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			h.t.Fatal(err)
		}
	}
	h.commitGit(dir)
	return true
}
