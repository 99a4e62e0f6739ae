package dataset

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/remote"
)

// The lock of a remote's collection is the time at which it last said that it is going on. The
// fraction of its second is drawn by lot and stays the same: it tells whose the lock is. This device
// remembers the one that it drew last, so that a lock whose collection was killed keeps nobody
// on this device waiting. Everybody else waits until the time is an hour old, or, where it is
// still to come since a clock is wrong, has not changed for an hour of the clock here.
const (
	farLock    = "gc/lock"
	lockMemory = "collecting" // in the folder of the remote on this device
	lockSeen   = "locked"     // there, too: a lock from a time to come, and when it was first seen
	lockAge    = time.Hour    // after which a collection that has not said more has died
)

// lockRemote says on the remote that a collection is going on.
func (s *Service) lockRemote(ctx context.Context, f *far) error {
	mark := time.Duration(1 + rand.Int64N(int64(time.Second)-1))
	if _, going := s.sweeping.LoadOrStore(f.Address, mark); going {
		return busy(f.Remote)
	}
	err := s.takeLock(ctx, f, mark)
	if err != nil {
		s.sweeping.Delete(f.Address)
	}
	return err
}

func (s *Service) takeLock(ctx context.Context, f *far, mark time.Duration) error {
	since, err := f.lockedSince(ctx)
	if err != nil {
		return err
	}
	if s.lockLives(f, since) {
		return busy(f.Remote)
	}
	if !since.IsZero() {
		if err := f.r.Delete(ctx, farLock); err != nil {
			return f.blame(err)
		}
	}
	if err := atomicfile.WriteFile(s.lockMemory(f), []byte(mark.String()+"\n"), 0o600); err != nil {
		return errs.Unwritten(lockMemory, err)
	}
	stored, err := f.r.Put(ctx, farLock, remote.Content(s.lockText(mark)))
	if err == nil && !stored {
		return busy(f.Remote)
	}
	return f.blame(err)
}

// unlockRemote ends what lockRemote began. A lock that stays is known to be nobody's here.
func (s *Service) unlockRemote(ctx context.Context, f *far) {
	_ = f.r.Delete(context.WithoutCancel(ctx), farLock)
	s.sweeping.Delete(f.Address)
}

// sayLocked tells that the collection is still going on.
func (s *Service) sayLocked(ctx context.Context, f *far) error {
	mark, _ := s.sweeping.Load(f.Address)
	return f.blame(f.r.Replace(ctx, farLock, remote.Content(s.lockText(mark.(time.Duration)))))
}

func (s *Service) lockText(mark time.Duration) []byte {
	return []byte(s.opts.Now().UTC().Truncate(time.Second).Add(mark).Format(time.RFC3339Nano) + "\n")
}

func (s *Service) lockMemory(f *far) string {
	return filepath.Join(s.remoteCache(f.Address), lockMemory)
}

// lockedSince is when a collection last said that it is going on; zero where none is. What
// is no time counts as one long ago.
func (f *far) lockedSince(ctx context.Context) (since time.Time, err error) {
	b, err := remote.Read(ctx, f.r, farLock, 100)
	if notFound(err) {
		return since, nil
	}
	if err != nil {
		return since, f.blame(err)
	}
	if since, err = time.Parse(time.RFC3339, string(bytes.TrimSpace(b))); err != nil {
		since = time.Unix(0, 0)
	}
	return since, nil
}

// lockLives reports whether the collection that said so may be going on.
func (s *Service) lockLives(f *far, since time.Time) bool {
	now := s.opts.Now()
	last := since
	if since.After(now) {
		last = s.firstSeen(f, since, now)
	}
	if now.Sub(last) >= lockAge {
		return false
	}
	mark := time.Duration(since.Nanosecond())
	b, err := os.ReadFile(s.lockMemory(f))
	if err != nil || strings.TrimSpace(string(b)) != mark.String() {
		return true // somebody else's
	}
	mine, going := s.sweeping.Load(f.Address)
	return going && mine == mark
}

// firstSeen is when this device first saw a lock that says so.
func (s *Service) firstSeen(f *far, since, now time.Time) time.Time {
	at := filepath.Join(s.remoteCache(f.Address), lockSeen)
	b, _ := os.ReadFile(at)
	lock, when, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	first, err := time.Parse(time.RFC3339Nano, when)
	if text := since.Format(time.RFC3339Nano); err != nil || lock != text || first.After(now) {
		first = now
		_ = atomicfile.WriteFile(at, []byte(text+" "+now.Format(time.RFC3339Nano)+"\n"), 0o600) // else it is waited for as long as it says
	}
	return first
}

func busy(r Remote) error {
	return errs.New(errs.Conflict, "another program is removing what nothing needs from the remote %s", r.Name).
		WithHint("try again when it has ended; if it has died, in an hour")
}

// keepAll lets a push count on everything that is there, and keeps it from beginning while
// something may be removed.
func (s *Service) keepAll(ctx context.Context, f *far) error {
	if err := f.r.Delete(ctx, farCondemned); err != nil {
		return f.blame(err)
	}
	since, err := f.lockedSince(ctx)
	if err == nil && s.lockLives(f, since) {
		err = busy(f.Remote)
	}
	return err
}
