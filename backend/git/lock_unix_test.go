//go:build unix

package git_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/errs"
)

// TestLocksOfTheDead lays git's locks as a program of ours leaves them that was killed, as one
// holds them that lives, and as git itself leaves them. Only the first are taken away.
func TestLocksOfTheDead(t *testing.T) {
	now := time.Now()
	for _, who := range []string{"dead", "alive", "git"} {
		for _, locked := range []string{"index", "refs/exps/one", "refs/exps/two", "packed-refs"} {
			t.Run(who+" "+locked, func(t *testing.T) {
				top, _ := repository(t, "")
				write(t, top, "a.txt", "a")
				run(t, top, "update-ref", "refs/exps/two", "HEAD")
				run(t, top, "pack-refs", "--all")
				r := open(t, top)
				leaveLock(t, filepath.Join(top, ".git"), locked, who)
				_, commit := r.Commit([]string{"a.txt"}, "a", now)
				set := r.SetRef("refs/exps/one", run(t, top, "rev-parse", "HEAD"), "", now)
				drop := r.DropRef("refs/exps/two")
				for what, err := range map[string]error{"index": commit, "refs/exps/one": set, "refs/exps/two packed-refs": drop} {
					fails := who != "dead" && strings.Contains(what, locked)
					if fails != (err != nil) || fails && (!errs.Is(err, errs.Unavailable) || !strings.Contains(errs.HintOf(err), locked+".lock")) {
						t.Errorf("%s: %v, %s", what, err, errs.HintOf(err))
					}
				}
				left, _ := filepath.Glob(filepath.Join(top, ".git", ".rondo-*"))
				if _, err := os.Stat(filepath.Join(top, ".git", locked+".lock")); (err == nil) != (who != "dead") || who == "dead" && len(left) > 0 {
					t.Errorf("the lock: %v, and %q", err, left)
				}
				run(t, top, "fsck", "--strict")
			})
		}
	}
}

func leaveLock(t *testing.T, git, locked, who string) {
	t.Helper()
	at := filepath.Join(git, locked+".lock")
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if who == "git" {
		write(t, git, locked+".lock", "")
		return
	}
	write(t, git, ".rondo-1.tmp", "")
	write(t, git, ".rondo-2.tmp", "unfinished") // of another, killed before it had its lock
	if err := os.Link(filepath.Join(git, ".rondo-1.tmp"), at); err != nil {
		t.Fatal(err)
	}
	if who == "alive" {
		f, err := os.Open(at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
	}
}
