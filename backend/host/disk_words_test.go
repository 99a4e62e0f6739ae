package host_test

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/host"
)

// TestWhatTheSystemRefusesHasAWayOut, whoever has met it, and what is told of it already stays.
func TestWhatTheSystemRefusesHasAWayOut(t *testing.T) {
	dir := t.TempDir()
	for why, wants := range map[error][]string{
		syscall.ENOSPC: {"see whether", "are free on the disk with " + dir, "rondo data gc"},
		syscall.EDQUOT: {"see whether", "are free on the disk with " + dir},
		syscall.EROFS:  {"see whether", "mount it for writing"},
		syscall.EMFILE: {"ulimit -n"},
		syscall.ENFILE: {"ulimit -n"},
		syscall.EIO:    {"see whether"},
	} {
		raw := &fs.PathError{Op: "openat", Path: "data/a.csv", Err: why}
		for _, err := range []error{raw, errs.Unwritten("data/a.csv", raw)} {
			hint := errs.HintOf(host.Explain(dir, err))
			for _, want := range wants {
				if !strings.Contains(hint, want) && (want != "see whether" || err != error(raw)) {
					t.Errorf("%v: %q is not in %q", err, want, hint)
				}
			}
		}
	}
	if err := errors.New("else"); host.Explain(dir, err) != err || host.Explain(dir, nil) != nil {
		t.Error("something else is explained")
	}
}
