package lock

import (
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// whose tells who holds a lock as far as it tells itself, for how long, and what to do.
func (l Folder) whose(at, held string) string {
	pid, err := strconv.Atoi(strings.TrimSpace(held))
	switch {
	case err == nil && alive(pid):
		return fmt.Sprintf("process %d holds it; try again when it has ended", pid)
	case err == nil:
		return fmt.Sprintf("process %d of another computer or container holds it; try again when it has ended", pid)
	}
	return l.age(at, l.ByLink) + "it does not say whose it is: try again in a while; if no dvc and no rondo runs here, remove " + filepath.Join(l.Dir, filepath.FromSlash(at))
}

// age is how old a lock is. The time of one by a hard link is when it ends.
func (l Folder) age(at string, byLink bool) string {
	is, err := l.Root.Lstat(at)
	if err != nil {
		return ""
	}
	old := time.Since(is.ModTime())
	if byLink {
		old += linkLife
	}
	if old < 0 {
		return ""
	}
	return path.Base(at) + " is " + old.Round(time.Second).String() + " old; "
}
