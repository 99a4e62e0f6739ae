// Package atomicfile writes files so that a crash leaves the old content or the
// new one, never a part, and holds the lock that keeps a second program away.
package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"rondo/backend/fault"
)

// File is a new version of a file that does not exist under its name until Commit.
type File struct {
	*os.File
	path string
	done bool

	mu    sync.Mutex // of the next two
	gone  bool       // it was abandoned
	named bool       // it has its name
}

// ErrAbandoned is what Commit returns when Abandon came before it.
var ErrAbandoned = errors.New("the file was given up")

// Create opens a temporary file beside path; missing directories are made.
func Create(path string, perm os.FileMode) (*File, error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := fault.Check("create"); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "."+base+".tmp*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	hold(f)
	return &File{File: f, path: path}, nil
}

// Write implements io.Writer.
func (f *File) Write(b []byte) (int, error) {
	if err := fault.Check("write"); err != nil {
		n, _ := f.File.Write(b[:len(b)/2]) // as a disk does that is full
		return n, err
	}
	return f.File.Write(b)
}

// ReadFrom implements io.ReaderFrom.
func (f *File) ReadFrom(r io.Reader) (int64, error) {
	if !fault.Failing() {
		return f.File.ReadFrom(r) // which the system may do by itself
	}
	return io.Copy(struct{ io.Writer }{f}, r)
}

// Commit makes the content durable under the file's name: sync, rename, sync the directory.
func (f *File) Commit() error { return f.CommitAs(f.path) }

// CommitAs is Commit under another name in the same file system, for content
// whose name is known only when it is written.
func (f *File) CommitAs(path string) error {
	if f.done {
		return os.ErrClosed
	}
	f.done = true
	err := fault.Check("sync")
	if err == nil {
		err = f.Sync()
	}
	if e := f.File.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = fault.Check("rename")
	}
	if err == nil {
		err = f.rename(path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func (f *File) rename(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return ErrAbandoned
	}
	f.named = true
	return os.Rename(f.Name(), path)
}

// Abandon gives up a version that somebody else may just be committing, and takes it from
// its folder at once, where the system lets it: a Commit that waits for the disk changes
// nothing there when it comes back. It does nothing once the version has its name.
func (f *File) Abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.named && !f.gone {
		f.gone = true
		os.Remove(f.Name())
	}
}

// Close discards the new version unless it was committed.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	return errors.Join(f.File.Close(), os.Remove(f.Name()))
}

// WriteFile replaces path's content durably.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	f, err := Create(path, perm)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// Replace is WriteFile for a file among a person's: the new version is written in a folder of
// the program's own first, where nobody takes for theirs what a kill leaves of it. It is written
// beside its place where that is on another disk, or the folder cannot be made.
func Replace(own, path string, data []byte, perm os.FileMode) error {
	return Renew(own, path, perm, func(f *File) error {
		_, err := f.Write(data)
		return err
	})
}

// Renew is Replace with what write writes. It is asked to again where the first place will not do.
func Renew(own, path string, perm os.FileMode, write func(*File) error) error {
	f, err := Create(filepath.Join(own, filepath.Base(path)), perm)
	if err == nil {
		if err = f.fill(path, write); !errors.Is(err, syscall.EXDEV) {
			return err
		}
	}
	if f, err = Create(path, perm); err != nil {
		return err
	}
	return f.fill(path, write)
}

// fill lets write write the file, and commits it.
func (f *File) fill(path string, write func(*File) error) error {
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	return f.CommitAs(path)
}
