package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// placeName is the file in a device's folder that says whose it is: the project folder's path.
const placeName = "place"

// DeviceDir returns this device's folder for the project: base/<project-id>, where base is
// $RONDO_HOME, or rondo in the user's data directory. A copy, which has the id of the project
// that it was made of, as a clone does and another work tree, has one of its own while the
// other is there: what one knows of its files is not true of the other's.
func (p *Project) DeviceDir(getenv func(string) string) (dir string, copied bool, err error) {
	base, err := deviceBase(getenv)
	if err != nil {
		return "", false, err
	}
	dir = filepath.Join(base, p.ID)
	mine, err := p.claim(dir)
	if err != nil || mine {
		return dir, false, err
	}
	dir += "-" + ref.Of([]byte(p.Dir)).String()[:12]
	if _, err := p.claim(dir); err != nil {
		return "", true, err
	}
	return dir, true, nil
}

func deviceBase(getenv func(string) string) (string, error) {
	if home := getenv("RONDO_HOME"); home != "" {
		return home, nil
	}
	if data := getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "rondo"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errs.New(errs.Precondition, "there is no place for this device's files: %w", err).
			WithHint("set HOME, or let RONDO_HOME name a folder that you may write to")
	}
	return filepath.Join(home, dataDir, "rondo"), nil
}

// claim reports whether a device's folder is that of the project at this path. One of nobody, or
// of a path where the project is no more, becomes so: it was moved.
func (p *Project) claim(dir string) (mine bool, err error) {
	path := filepath.Join(dir, placeName)
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, noPlace(dir, err)
	}
	at := strings.TrimSpace(string(b))
	if at == p.Dir {
		return true, nil
	}
	if err == nil && p.isAlsoAt(at) {
		return false, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, noPlace(dir, err)
	}
	err = atomicfile.WriteFile(path, []byte(p.Dir+"\n"), 0o600)
	return err == nil, noPlace(dir, err)
}

// noPlace says that a device's folder cannot be used. A nil err gives nil.
func noPlace(dir string, err error) error {
	if err == nil {
		return nil
	}
	return errs.New(errs.Unavailable, "the folder for this device's files cannot be used: %w", err).
		WithHint("make %s a folder that you may write to, or let RONDO_HOME name another one", filepath.Dir(dir))
}

// isAlsoAt reports whether another folder holds the project, too.
func (p *Project) isAlsoAt(dir string) bool {
	other, err := Open(dir)
	return err == nil && other.ID == p.ID && !SameFolder(dir, p.Dir)
}

// SameFolder reports whether two paths lead to one folder that is there.
func SameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
