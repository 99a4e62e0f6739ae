package client

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Files in the device's folder: what a background server writes to, and the lock
// that every server holds.
const (
	LogName  = "server.log"
	LockName = "lock"
)

const (
	startPatience = 20 * time.Second
	pollEvery     = 5 * time.Millisecond
	maxLog        = 4 << 20
)

// StartFailed says how a server that could not start ended.
type StartFailed struct {
	Code int
	Text string // what it said
}

// Error implements error.
func (e *StartFailed) Error() string { return e.Text }

// Start starts argv, which shall become the project's server, in the background,
// and returns when that server answers.
func Start(ctx context.Context, deviceDir string, argv []string) (Info, error) {
	if err := os.MkdirAll(deviceDir, 0o700); err != nil {
		return Info{}, errs.Wrap(errs.Unavailable, err, "make this device's folder")
	}
	log, err := openLog(filepath.Join(deviceDir, LogName))
	if err != nil {
		return Info{}, err
	}
	defer log.Close()
	begin, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return Info{}, err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return Info{}, errs.Wrap(errs.Unavailable, err, "start the project's server")
	}
	ended, gone := make(chan int, 1), make(chan struct{})
	go func() {
		cmd.Wait()
		ended <- cmd.ProcessState.ExitCode()
		close(gone)
	}()
	info, err := await(ctx, deviceDir, ended, log, begin)
	if err == nil && info.Process.PID != cmd.Process.Pid {
		_ = cmd.Process.Kill() // another was quicker, after whose end this one is not to serve
		<-gone
	}
	return info, err
}

// openLog begins anew where the log has grown large; the server that wrote it is gone.
func openLog(path string) (*os.File, error) {
	flags := os.O_CREATE | os.O_RDWR | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	return f, errs.Wrap(errs.Unavailable, err, "open the server's log")
}

func await(ctx context.Context, deviceDir string, ended <-chan int, log *os.File, begin int64) (Info, error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	code := -1
	for {
		i, err := Find(deviceDir)
		if err == nil && New(i.URL, i.Token, "").Ping(ctx) == nil {
			return i, nil
		}
		if code >= 0 && err != nil && !opening(deviceDir) {
			return Info{}, &StartFailed{Code: code, Text: tail(log, begin)}
		}
		select {
		case code = <-ended:
			ended = nil
		case <-tick.C:
		case <-ctx.Done():
			return Info{}, errs.New(errs.Unavailable, "the project's server did not get ready within %v", startPatience).
				WithHint("see %s", filepath.Join(deviceDir, LogName))
		}
	}
}

// opening reports whether another server, which was quicker, is on its way.
func opening(deviceDir string) bool {
	l, err := atomicfile.TryLock(filepath.Join(deviceDir, LockName))
	if err == nil {
		err = l.Unlock()
	}
	return errs.Is(err, errs.Conflict)
}

func tail(log *os.File, begin int64) string {
	b, _ := io.ReadAll(io.NewSectionReader(log, begin, 4<<10))
	return string(b)
}
