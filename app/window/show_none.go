//go:build !desktop && !dev

package window

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// The window executable travels inside the program: linking GTK into it would cost
// every call of the command line 0.1 s. A lone .gitkeep where it was not built.
//
//go:embed all:embedded
var embedded embed.FS

const exeName = "rondo-window"

// show starts the window executable and waits for its end.
func show(ctx context.Context, o Options) error {
	exe, err := executable()
	if err != nil {
		return err
	}
	in, err := json.Marshal(o)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr // the token is not for argv, which others can read
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	if err := cmd.Start(); err != nil {
		return errNone(err.Error())
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitNone {
		return errNone("the display does not answer")
	}
	if err != nil && ctx.Err() == nil {
		return errs.New(errs.Unavailable, "the window ended: %w", err)
	}
	return nil
}

// executable returns the window executable: the one beside the program, or the one
// inside it, unpacked once and checked each time.
func executable() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), exeName)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	b, err := embedded.ReadFile("embedded/" + exeName)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNone("this Rondo was built without one (`make build` builds it in)")
	}
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", errNone(err.Error())
	}
	return unpack(b, filepath.Join(cache, "rondo", "window"))
}

// unpack writes b into dir under a name that is its digest, unless it is there.
func unpack(b []byte, dir string) (string, error) {
	sum := sha256.Sum256(b)
	path := filepath.Join(dir, exeName+"-"+hex.EncodeToString(sum[:8]))
	if have, err := os.ReadFile(path); err == nil && sha256.Sum256(have) == sum {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", errNone(err.Error())
	}
	if err := atomicfile.WriteFile(path, b, 0o700); err != nil {
		return "", errNone(err.Error())
	}
	return path, nil
}
