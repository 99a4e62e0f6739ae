//go:build !linux

package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a folder. Other systems than Linux are asked by whole paths.
type Dir struct {
	path string
	file *os.File // where it was opened before
}

func openRoot(path string) (*Dir, error) { return &Dir{path: path}, nil }

func (d *Dir) openDir(name string) (*Dir, error) { return &Dir{path: filepath.Join(d.path, name)}, nil }

// DirOf makes a folder that is open already a Dir, which closes it.
func DirOf(f *os.File) *Dir { return &Dir{f.Name(), f} }

// rootOf makes a folder that is open already where a walk begins.
func rootOf(f *os.File) *Dir {
	defer f.Close()
	return &Dir{path: f.Name()}
}

// Close lets go of the folder.
func (d *Dir) Close() { d.file.Close() }

// Make opens a folder in this one, and no link. Where there is none it is made.
func (d *Dir) Make(name string) (*Dir, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if fi, err := root.Lstat(name); err != nil || !fi.IsDir() {
		return nil, errors.Join(err, &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrExist})
	}
	return d.openDir(name)
}

// WriteSmall makes a file that is not there yet, and says how it looks.
func (d *Dir) WriteSmall(name string, b []byte, perm os.FileMode) (now Stamp, err error) {
	f, err := os.OpenFile(filepath.Join(d.path, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return now, err
	}
	_, err = f.Write(b)
	if fi, e := f.Stat(); e == nil {
		now = StampOf(fi)
	}
	return now, errors.Join(err, f.Close())
}

// look says nothing: here the names are always read.
func (d *Dir) look() (Stamp, error) { return Stamp{}, nil }

func (d *Dir) hold()    {}
func (d *Dir) release() {}

// Open opens a file of the folder.
func (d *Dir) Open(name string) (*os.File, error) { return os.Open(filepath.Join(d.path, name)) }

// ReadSmall reads a file whose length is known to be less than len(b), and says how it
// looks then.
func (d *Dir) ReadSmall(name string, b []byte) (n int, now Stamp, err error) {
	f, err := d.Open(name)
	if err != nil {
		return 0, now, err
	}
	defer f.Close()
	n, err = io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, now, err
	}
	fi, err := f.Stat()
	if err == nil {
		now = StampOf(fi)
	}
	return n, now, err
}

func (d *Dir) stat(name string) (Stamp, kind, error) {
	fi, err := os.Lstat(filepath.Join(d.path, name))
	if err != nil {
		return Stamp{}, unknown, err
	}
	return StampOf(fi), kindOf(fi.Mode().Type()), nil
}

func (d *Dir) list() (n names, err error) {
	f, err := os.Open(d.path)
	if err != nil {
		return n, err
	}
	defer f.Close()
	for {
		some, err := f.ReadDir(1024)
		for _, e := range some {
			n.add([]byte(e.Name()), kindOf(e.Type()))
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func kindOf(m fs.FileMode) kind {
	switch {
	case m.IsRegular():
		return regular
	case m&fs.ModeDir != 0:
		return directory
	case m&fs.ModeSymlink != 0:
		return link
	case m&fs.ModeNamedPipe != 0:
		return pipe
	case m&fs.ModeSocket != 0:
		return socket
	}
	return device
}
