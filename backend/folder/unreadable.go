package folder

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"rondo/backend/errs"
)

// Unreadable says what keeps a file or folder from being read, and the way out.
func Unreadable(path string, err error) error {
	var said *errs.Error
	switch {
	case err == nil || errors.As(err, &said) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return denied(path)
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.Conflict, "%s was removed while the folder was read", path).WithHint("try again when nothing writes to the folder")
	case errors.Is(err, syscall.ENAMETOOLONG):
		return tooLong(path)
	}
	return errs.New(errs.Precondition, "%s cannot be read: %w", path, err).WithHint("see whether its disk is well; a copy of the file can take its place")
}

func denied(path string) *errs.Error {
	return errs.New(errs.Precondition, "%s cannot be read: %w", path, fs.ErrPermission).
		WithHint("give yourself the right to read it (chmod u+%s), or take it out of the folder", rightsFor(path))
}

// rightsFor are those that reading takes.
func rightsFor(path string) string {
	if fi, err := os.Lstat(path); err == nil && fi.IsDir() {
		return "rx"
	}
	return "r"
}

func tooLong(path string) error {
	return errs.New(errs.Invalid, "%.60s… is a longer path than this system can open", path).WithHint("shorten the names of the folders around it")
}

func replaced(path string) error {
	return errs.New(errs.Conflict, "%s was replaced while the folder was read", path).WithHint("try again when nothing writes to the folder")
}
