package far

import (
	"context"
	"os"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/remote"
)

// A place becomes a remote by the first push. One that this device has met before is not begun
// again by itself: most likely its disk is not connected, or the address leads elsewhere now.
// Who names it anew means to begin again.

// anewName is the file, in what this device keeps of a remote, that says so.
const anewName = "anew"

// anew notes that a remote which was met before may begin again.
func (m *Remotes) anew(address string) {
	if m.met(address) {
		_ = os.WriteFile(filepath.Join(m.Cache(address), anewName), nil, 0o600)
	}
}

// met reports whether this device has seen a remote there.
func (m *Remotes) met(address string) bool {
	_, err := os.Stat(m.Cache(address))
	return err == nil
}

// mayBegin refuses a place that was a remote and is none any more, unless it was named anew.
func (m *Remotes) mayBegin(r Remote) error {
	_, err := os.Stat(filepath.Join(m.Cache(r.Address), anewName))
	if !m.met(r.Address) || err == nil {
		return nil
	}
	return errs.New(errs.Precondition, "the remote %s was at %s and is not there now", r.Name, r.Address).
		WithHint("%s; or, if it shall begin anew there, name it again: rondo data remote %s %s", r.lookFor(), r.Name, r.Address)
}

// readyFolder makes the folder of a remote that is pushed to for the first time.
func (m *Remotes) readyFolder(r Remote, dir string, toPush bool) error {
	_, err := os.Stat(filepath.Join(dir, formatName))
	switch {
	case err == nil:
		return nil
	case !toPush:
		return r.absent()
	}
	if err := m.mayBegin(r); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return errs.New(errs.Precondition, "the remote %s cannot be made: %w", r.Name, err).WithHint("connect its disk, or make the folder around it")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errs.Unwritten(dir, err)
	}
	return errs.Unwritten(dir, atomicfile.SyncDir(filepath.Dir(dir)))
}

// begin readies a remote that is open; the first push of all begins it.
func (p *Place) begin(ctx context.Context, toPush bool) error {
	there, err := p.begun(ctx)
	switch {
	case err != nil:
		return err
	case there:
		_ = os.Remove(filepath.Join(p.Cache(), anewName))
	case toPush:
		err = p.mark(ctx)
	}
	if err != nil {
		return err
	}
	return p.ready(ctx)
}

// mark makes the place a remote.
func (p *Place) mark(ctx context.Context) error {
	if err := p.of.mayBegin(p.Remote); err != nil {
		return err
	}
	if _, err := p.r.Put(ctx, formatName, remote.Content([]byte(remoteFormat))); err != nil {
		return err
	}
	if err := p.givesBack(ctx, formatName, remoteFormat); err != nil {
		return err
	}
	return os.RemoveAll(p.Cache()) // it is about what was there before
}

func (r Remote) absent() error {
	return errs.New(errs.Precondition, "the remote %s is not there: %s holds nothing", r.Name, r.Address).
		WithHint("%s; the first `rondo data push` makes it", r.lookFor())
}

// lookFor is what a person can do about a remote that is not where it was.
func (r Remote) lookFor() string {
	if filepath.IsAbs(r.Address) {
		return "connect its disk, or check the address"
	}
	return "check the address, and whether its server keeps it elsewhere now"
}
