//go:build !desktop && !dev

package window

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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

// show starts the window executable, tells it where to go when that is known, and
// waits for its end.
func show(ctx context.Context, o Options, found <-chan Target) error {
	exe, err := executable()
	if err != nil {
		return err
	}
	cmd, in, err := start(ctx, exe)
	if err != nil {
		return errNone(err.Error())
	}
	var telling sync.WaitGroup
	ended := make(chan struct{})
	telling.Go(func() { tell(in, o, found, ended) })
	err = cmd.Wait()
	close(ended)
	telling.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitNone {
		return errNone("the display does not answer")
	}
	if err != nil && ctx.Err() == nil {
		return errs.New(errs.Unavailable, "the window ended: %w", err)
	}
	return nil
}

// start starts the window executable. Where it has just been unpacked, a process that
// was forked meanwhile may hold it open for writing until it becomes its own program;
// then it is busy for a moment (go.dev/issue/22315).
func start(ctx context.Context, exe string) (cmd *exec.Cmd, in io.WriteCloser, err error) {
	for wait := time.Millisecond; wait < time.Second; wait *= 2 {
		cmd = exec.CommandContext(ctx, exe)
		cmd.Stderr = os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 3 * time.Second
		if in, err = cmd.StdinPipe(); err != nil { // the token is not for argv, which others can read
			return nil, nil, err
		}
		if err = cmd.Start(); !errors.Is(err, syscall.ETXTBSY) {
			return cmd, in, err
		}
		time.Sleep(wait)
	}
	return nil, nil, err
}

// tell writes what the window needs as it becomes known. One that has ended reads no
// more; why it ended is told by its exit.
func tell(in io.WriteCloser, o Options, found <-chan Target, ended <-chan struct{}) {
	defer in.Close()
	enc := json.NewEncoder(in)
	if enc.Encode(o) != nil {
		return
	}
	select {
	case t := <-found:
		_ = enc.Encode(t)
	case <-ended:
	}
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

// unpack writes b into dir under a name of its own, unless it is there, byte for byte.
func unpack(b []byte, dir string) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("%s-%08x", exeName, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))))
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, b) {
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
