//go:build unix

package git

import (
	"io/fs"
	"os"
	"syscall"
)

// hold marks a file as this process's until it is closed, or the process ends in any way.
func hold(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

// letGo has nothing to do: a file that is open can be renamed and removed here, and is held until
// that is done.
func letGo(*os.File) {}

// whenDead calls do with a file that no living process holds, and with how many names it has.
// Nobody else calls it for that file meanwhile.
func whenDead(name string, do func(is fs.FileInfo, names int)) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return
	}
	is, err := f.Stat()
	if err != nil {
		return
	}
	if sys, ok := is.Sys().(*syscall.Stat_t); ok {
		do(is, int(sys.Nlink))
	}
}
