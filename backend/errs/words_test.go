package errs_test

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"rondo/backend/errs"
)

// TestWhatTheSystemCouldNotDoIsInWords, with every name once.
func TestWhatTheSystemCouldNotDoIsInWords(t *testing.T) {
	why := syscall.EPERM
	gone := &fs.PathError{Op: "removeat", Path: "d/b", Err: why}
	moved := &os.LinkError{Op: "renameat", Old: "tmp/x", New: "d/b", Err: why}
	for want, err := range map[string]error{
		"d cannot be written: d/b cannot be removed: operation not permitted":             errs.Unwritten("d", gone),
		"d/b cannot be written: operation not permitted":                                  errs.Unwritten("d/b", &fs.PathError{Op: "openat", Path: "d/b", Err: why}),
		"x cannot be written: operation not permitted":                                    errs.Unwritten("x", why),
		"d cannot be written: tmp/x cannot be moved to d/b: operation not permitted":      errs.Unwritten("d", moved),
		"p/d/b cannot be written: operation not permitted":                                errs.Unwritten("p/d/b", &fs.PathError{Op: "write", Path: "/home/p/d/b", Err: why}),
		"e/b cannot be written: /home/d/b cannot be written: operation not permitted":     errs.Unwritten("e/b", &fs.PathError{Op: "write", Path: "/home/d/b", Err: why}),
		"d/b cannot be told: operation not permitted":                                     errs.Wrap(errs.Unavailable, &fs.PathError{Op: "open", Path: "d/b", Err: why}, "d/b cannot be told"),
		"d/b cannot be used: operation not permitted":                                     errs.New(errs.Invalid, "%w", errs.New(errs.Invalid, "d/b cannot be used: %w", &fs.PathError{Op: "open", Path: "d/b", Err: why})),
		"open : operation not permitted":                                                  errs.New(errs.Invalid, "%w", &fs.PathError{Op: "open", Err: why}),
		"look: d/b cannot be looked at: operation not permitted":                          errs.Wrap(errs.Unavailable, &fs.PathError{Op: "lstat", Path: "d/b", Err: why}, "look"),
		"d/b cannot be removed: operation not permitted\nd cannot be made a folder: gone": errs.New(errs.Invalid, "%w", errors.Join(gone, &fs.PathError{Op: "mkdir", Path: "d", Err: errors.New("gone")})),
		"fancyop d/b: operation not permitted":                                            errs.New(errs.Invalid, "%w", &fs.PathError{Op: "fancyop", Path: "d/b", Err: why}),
		"as it is, openat of a person's words":                                            errs.New(errs.Invalid, "as it is, openat of a person's words"),
	} {
		if err.Error() != want {
			t.Errorf("%q, not %q", err, want)
		}
	}
	if err := errs.Unwritten("d", gone); !errors.Is(err, syscall.EPERM) {
		t.Error("the cause is lost")
	}
}
