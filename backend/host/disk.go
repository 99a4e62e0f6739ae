package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/shirou/gopsutil/v3/disk"

	"rondo/backend/errs"
)

// Explain adds to the way out of err what the machine tells of it: how much room a disk has that is
// full, which file is marked so that nobody may change it, and what makes a disk that can only be read, or too many open files, fail. Names that err tells are relative to dir.
func Explain(dir string, err error) error {
	hint := ""
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		hint = full(dir, err)
	case errors.Is(err, syscall.EPERM):
		hint = marked(dir, err)
	case errors.Is(err, syscall.EROFS):
		hint = after(err, "its disk can only be read: mount it for writing, and if it was, see in the system's log whether the disk has failed")
	case errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE):
		hint = "nothing is wrong with the file: too many are open at once. Raise the limit (ulimit -n 4096), then `rondo stop`, and try again"
	}
	if hint == "" {
		return err
	}
	return errs.New(errs.KindOf(err), "%w", err).WithHint("%s", hint)
}

// full is the hint of err, and what there is to know of the disk that has no room.
func full(dir string, err error) string {
	at := folderOf(append(namesIn(dir, err), filepath.Join(dir, "rondo.yaml"))[0])
	u, e := disk.Usage(at)
	if e != nil {
		return ""
	}
	room := fmt.Sprintf("%s of %s are free on the disk with %s", bytes(int64(u.Free)), bytes(int64(u.Total)), at)
	out := "`rondo data gc` removes objects that nothing needs"
	if rel, err := filepath.Rel(dir, at); err != nil || !filepath.IsLocal(rel) {
		out = "or let RONDO_HOME, or the remote or cache that lies there, be a folder on another disk"
	}
	return after(err, room+"; "+out)
}

// after puts more behind the hint of err.
func after(err error, more string) string {
	return strings.TrimPrefix(errs.HintOf(err)+"; ", "; ") + more
}

// folderOf is the folder around a file, or around what of its path is there.
func folderOf(path string) string {
	for path != filepath.Dir(path) {
		path = filepath.Dir(path)
		if fi, err := os.Stat(path); err == nil && fi.IsDir() {
			break
		}
	}
	return path
}

// marked names the file or folder that may not be changed although its rights would allow it.
func marked(dir string, err error) string {
	for _, name := range namesIn(dir, err) {
		for _, at := range []string{name, filepath.Dir(name)} {
			if mark, letter := markOf(at); mark != "" {
				return fmt.Sprintf("%s is marked %s, which its rights do not show: sudo chattr -%s %q takes the mark away", at, mark, letter, at)
			}
		}
	}
	return ""
}

// namesIn are the files that err is about.
func namesIn(dir string, err error) (list []string) {
	errs.Each(err, func(err error) {
		var names []string
		switch e := err.(type) {
		case *fs.PathError:
			names = []string{e.Path}
		case *os.LinkError:
			names = []string{e.New, e.Old}
		}
		for _, name := range names {
			if !filepath.IsAbs(name) {
				name = filepath.Join(dir, name)
			}
			list = append(list, name)
		}
	})
	return list
}
