package host_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
			explained := host.Explain(dir, err)
			hint := errs.HintOf(explained)
			if !errors.Is(explained, why) || errs.KindOf(explained) != errs.KindOf(err) || errs.Text(explained) != errs.Text(err) {
				t.Errorf("%v is told as %v", err, explained)
			}
			for _, want := range wants {
				if !strings.Contains(hint, want) && (want != "see whether" || err != error(raw)) {
					t.Errorf("%v: %q is not in %q", err, want, hint)
				}
			}
		}
	}
	// Of what is moved it is the place where it comes to that has no room.
	elsewhere := filepath.Join(t.TempDir(), "new", "a.csv")
	moved := &os.LinkError{Op: "renameat", Old: filepath.Join(dir, "a.csv"), New: elsewhere, Err: syscall.ENOSPC}
	if hint := errs.HintOf(host.Explain(dir, moved)); !strings.Contains(hint, "are free on the disk with "+filepath.Dir(filepath.Dir(elsewhere))) || !strings.Contains(hint, "RONDO_HOME") || strings.Contains(hint, "gc") {
		t.Errorf("%q", hint)
	}
	if err := errors.New("else"); host.Explain(dir, err) != err || host.Explain(dir, nil) != nil {
		t.Error("something else is explained")
	}
}
