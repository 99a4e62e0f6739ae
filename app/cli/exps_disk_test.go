//go:build linux

package cli_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestApplyOnAFullDisk: nothing is touched where the work cannot be kept, the message says why,
// and with room it goes on.
func TestApplyOnAFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	w := &world{t: t, home: t.TempDir(), dir: filepath.Join(disk, "p")}
	t.Cleanup(func() {
		w.run("stop", "--project", w.dir)
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w.beginExps()
	work := strings.Repeat("work\n", 2000)
	w.file("a.txt", work)
	empty := w.fill()
	for _, args := range [][]string{{"exps", "apply", "far"}, {"exps", "save", "--name", "full"}} {
		if r := w.run(args...); r.code == 0 || !strings.Contains(r.err, "disk is full") && !strings.Contains(r.err, "no space") {
			t.Errorf("%v: code %d: %s%s", args, r.code, r.out, r.err)
		}
	}
	empty()
	if got := gitSays(t, w.dir, "status", "--porcelain"); got != "M a.txt" {
		t.Errorf("after a full disk: %q", got)
	}
	w.ok("exps", "apply", "far")
	w.isFar()
	if got := gitSays(t, w.dir, "show", "refs/exps/apply/stash:a.txt"); got != strings.TrimSpace(work) {
		t.Errorf("kept is %.40q", got)
	}
	gitSays(t, w.dir, "fsck", "--strict")
}
