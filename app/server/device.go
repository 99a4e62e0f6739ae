package server

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/app/client"
	"rondo/app/guard"
	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// placeOnDevice finds this device's folder for the project, and the id of the writer that it
// is: this installation's, made when first asked for. It names the journal that only this
// device writes, so it never lies in a project folder. A copy of a project that is here, too,
// is a writer of its own: with both writing one journal they could not be merged any more.
func (s *Server) placeOnDevice() (err error) {
	var copied bool
	if s.deviceDir, copied, err = s.project.DeviceDir(s.opts.Getenv); err != nil {
		return err
	}
	at := filepath.Join(filepath.Dir(s.deviceDir), "device")
	if copied {
		at = s.path("device")
	}
	if s.device, err = once(at, ref.NewID); err != nil || !copied {
		return err
	}
	if _, err := os.Stat(s.project.Path(project.PrivateDir, "journal", s.device)); errors.Is(err, fs.ErrNotExist) {
		s.device = ref.NewID() // that one wrote in a copy that was here before
		return unavailable(atomicfile.WriteFile(at, []byte(s.device+"\n"), 0o600), "write %s", at)
	}
	return nil
}

// once reads a secret or id from path, or makes it there.
func once(path string, fresh func() string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) >= 20 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", unavailable(err, "read %s", path)
	}
	text := fresh()
	return text, unavailable(atomicfile.WriteFile(path, []byte(text+"\n"), 0o600), "write %s", path)
}

// lockPatience is for a server that is just opening, or one that was killed and whose
// threads the system is still ending.
const lockPatience = 3 * time.Second

// lock keeps a second server away from the project on this device.
func (s *Server) lock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for {
		l, err := atomicfile.TryLock(s.path(client.LockName))
		if err == nil {
			s.closers.add(l.Unlock)
			return nil
		}
		if !errs.Is(err, errs.Conflict) {
			return unavailable(err, "lock the project on this device")
		}
		if info, err := client.Find(s.deviceDir); err == nil {
			if err := info.ServedFrom(s.project.Dir); err != nil {
				return err
			}
			return errs.New(errs.Conflict, "%s is served already, at %s by process %d", s.project.Dir, info.URL, info.Process.PID).
				WithHint("use that one (`rondo open` opens it), or end it with `rondo stop`")
		}
		select {
		case <-ctx.Done():
			return errs.New(errs.Conflict, "another Rondo is just opening %s", s.project.Dir).WithHint("wait a moment and use that one")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// readTokens makes the project's two tokens: one opens everything, the other only
// predictions, for programs that need no more.
func (s *Server) readTokens(context.Context) (err error) {
	fresh := func() string { return rand.Text() + rand.Text()[:12] }
	if s.info.Token, err = once(filepath.Join(s.deviceDir, "token"), fresh); err != nil {
		return err
	}
	if s.info.ServingToken, err = once(filepath.Join(s.deviceDir, "serving-token"), fresh); err != nil {
		return err
	}
	s.sessions = guard.NewSessions(s.info.Token, s.project.ID)
	return nil
}
