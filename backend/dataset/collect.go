package dataset

import (
	"context"
	"time"

	"rondo/backend/errs"
	"rondo/backend/store"
)

const (
	ownGrace    = time.Hour           // for a write that is going on
	sharedGrace = 30 * 24 * time.Hour // for what another device has written and not yet delivered
)

// Collect asks for objects that nobody needs to be removed.
type Collect struct {
	Dry   bool          `json:"dry_run,omitempty"`
	Grace time.Duration `json:"grace_ns,omitempty"` // 0: an hour; 30 days where several devices write to the project
	Force bool          `json:"force,omitempty"`    // with less than a day, although others write to the project; also where lists of files are missing
}

// Collected says what came of it.
type Collected struct {
	store.Garbage
	Next time.Time `json:"next,omitzero"`
}

// Collect removes the objects that nothing in the project mentions: no record of any
// device, no file of a run, no lock, no pointer, and no tree that one of these mentions.
// What looks like a digest counts as one, so that it errs on the side of keeping.
func (s *Service) Collect(ctx context.Context, in Collect) (c Collected, err error) {
	if in.Grace < 0 {
		return c, errs.New(errs.Invalid, "a grace of %s is no time", in.Grace)
	}
	s.collecting.Lock()
	defer s.collecting.Unlock()
	count, of := &store.Count{}, &total{}
	defer s.follow("gc", "", count, of)()
	m, err := s.mentioned(ctx)
	if err != nil {
		return c, err
	}
	if err := m.devices.mayLose(s.opts.Ledger.Device(), in); err != nil {
		return c, err
	}
	if err := s.opts.Store.Reload(); err != nil { // what another program, or device, has stored is needed too
		return c, err
	}
	needed, err := s.opts.Store.ReachCounted(ctx, m.roots, store.Steps{Done: count, Expect: of.more})
	if err == nil && !in.Force {
		err = s.allListed(ctx, m, needed)
	}
	if err != nil {
		return c, err
	}
	if in.Grace == 0 {
		if in.Grace = ownGrace; len(m.devices) > 1 {
			in.Grace = sharedGrace
		}
	}
	now := s.opts.Now()
	c.Garbage, err = s.opts.Store.Collect(ctx, store.Collection{Needed: needed, Grace: in.Grace, Dry: in.Dry, Now: now, Steps: store.Steps{Done: count, Expect: of.more}})
	if c.Waiting > 0 {
		c.Next = now.Add(in.Grace)
	}
	return c, err
}
