package far

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
// on this device waiting. Everybody else waits until the time has not changed for an hour of the
// clock here, since one of the two clocks may be wrong by hours; one that is more than a day old nobody
// renews any more. Whoever has a lock looks whether it still has it before each removal.
const (
	farLock    = "gc/lock"
	lockMemory = "collecting" // in the folder of the remote on this device
	lockSeen   = "locked"     // there, too: a lock of another device, and when it was first seen
	lockAge    = time.Hour    // after which a collection that has not said more has died
	clockDoubt = 24 * time.Hour
)

// Lock says on the remote that a collection is going on.
func (p *Place) Lock(ctx context.Context) error {
	mark := time.Duration(1 + rand.Int64N(int64(time.Second)-1))
	if _, going := p.of.sweeping.LoadOrStore(p.Address, mark); going {
		return busy(p.Remote)
	}
	err := p.takeLock(ctx, mark)
	if err != nil {
		p.of.sweeping.Delete(p.Address)
	}
	return err
}

func (p *Place) takeLock(ctx context.Context, mark time.Duration) error {
	since, err := p.lockedSince(ctx)
	if err != nil {
		return err
	}
	if p.lockLives(since) {
		return p.busySince(since)
	}
	if !since.IsZero() {
		if err := p.r.Delete(ctx, farLock); err != nil {
			return p.Blame(err)
		}
	}
	if err := atomicfile.WriteFile(p.lockMemory(), []byte(mark.String()+"\n"), 0o600); err != nil {
		return errs.Unwritten(lockMemory, err)
	}
	stored, err := p.r.Put(ctx, farLock, remote.Content(p.lockText(mark)))
	if err == nil && !stored {
		return busy(p.Remote)
	}
	return p.Blame(err)
}

// Unlock ends what Lock began. A lock that stays is known to be nobody's here.
func (p *Place) Unlock(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if _, err := p.stillLocked(ctx); err == nil {
		_ = p.r.Delete(ctx, farLock)
	}
	p.of.sweeping.Delete(p.Address)
}

// SayLocked tells that the collection is still going on, as long as nobody has taken it for dead.
func (p *Place) SayLocked(ctx context.Context) error {
	mark, err := p.stillLocked(ctx)
	if err != nil {
		return err
	}
	return p.Blame(p.r.Replace(ctx, farLock, remote.Content(p.lockText(mark))))
}

// stillLocked sees that the lock is the one of this collection.
func (p *Place) stillLocked(ctx context.Context) (time.Duration, error) {
	mine, _ := p.of.sweeping.Load(p.Address)
	mark := mine.(time.Duration)
	since, err := p.lockedSince(ctx)
	if err == nil && time.Duration(since.Nanosecond()) != mark {
		err = errs.New(errs.Conflict, "another program has begun to remove what nothing needs from the remote %s, and took this one for dead", p.Name).
			WithHint("nothing more was removed; see whether the clocks of both computers are right, and try again when the other has ended")
	}
	return mark, err
}

func (p *Place) lockText(mark time.Duration) []byte {
	return []byte(p.of.Now().UTC().Truncate(time.Second).Add(mark).Format(time.RFC3339Nano) + "\n")
}

func (p *Place) lockMemory() string {
	return filepath.Join(p.Cache(), lockMemory)
}

// lockedSince is when a collection last said that it is going on; zero where none is. What
// is no time counts as one long ago.
func (p *Place) lockedSince(ctx context.Context) (since time.Time, err error) {
	b, err := remote.Read(ctx, p.r, farLock, 100)
	if notFound(err) {
		return since, nil
	}
	if err != nil {
		return since, p.Blame(err)
	}
	if since, err = time.Parse(time.RFC3339, string(bytes.TrimSpace(b))); err != nil {
		since = time.Unix(0, 0)
	}
	return since, nil
}

// lockLives reports whether the collection that said so may be going on.
func (p *Place) lockLives(since time.Time) bool {
	now := p.of.Now()
	if now.Sub(since) >= clockDoubt {
		return false
	}
	mark := time.Duration(since.Nanosecond())
	b, err := os.ReadFile(p.lockMemory())
	if err != nil || strings.TrimSpace(string(b)) != mark.String() {
		return now.Sub(p.firstSeen(since, now)) < lockAge // somebody else's
	}
	mine, going := p.of.sweeping.Load(p.Address)
	return going && mine == mark
}

// firstSeen is when this device first saw a lock that says so.
func (p *Place) firstSeen(since, now time.Time) time.Time {
	at := filepath.Join(p.Cache(), lockSeen)
	b, _ := os.ReadFile(at)
	lock, when, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	first, err := time.Parse(time.RFC3339Nano, when)
	if text := since.Format(time.RFC3339Nano); err != nil || lock != text || first.After(now) {
		first = now
		_ = atomicfile.WriteFile(at, []byte(text+" "+now.Format(time.RFC3339Nano)+"\n"), 0o600) // else it is waited for as long as it says
	}
	return first
}

// busySince tells, too, when the other last said that it is going on, by its own clock.
func (p *Place) busySince(since time.Time) error {
	ago := p.of.Now().Sub(since).Round(time.Second)
	return errs.New(errs.Conflict, "another program is removing what nothing needs from the remote %s, as its lock of %s ago says", p.Name, ago).
		WithHint("try again when it has ended; if it has died, in an hour; if none runs on any device, remove %s there", farLock)
}

func busy(r Remote) error {
	return errs.New(errs.Conflict, "another program is removing what nothing needs from the remote %s", r.Name).
		WithHint("try again when it has ended; if it has died, in an hour")
}

// KeepAll lets a push count on everything that is there, and keeps it from beginning while
// something may be removed.
func (p *Place) KeepAll(ctx context.Context) error {
	if err := remote.Again(ctx, func() error { return p.r.Delete(ctx, condemnedName) }); err != nil {
		return p.Blame(err)
	}
	since, err := p.lockedSince(ctx)
	if err == nil && p.lockLives(since) {
		err = p.busySince(since)
	}
	return err
}
