package ledger

import (
	"context"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/index"
	"rondo/backend/journal"
)

const maxGroup = 256 // changes that share one fsync

// write is the single writer: it takes whatever waits, and while one group's
// fsync runs the next group gathers.
func (l *Ledger) write() {
	defer l.done.Done()
	for {
		select {
		case c := <-l.queue:
			l.commit(l.gather(c))
		case <-l.stop:
			return
		}
	}
}

func (l *Ledger) gather(first *change) []*change {
	group := []*change{first}
	for len(group) < maxGroup {
		select {
		case c := <-l.queue:
			group = append(group, c)
		default:
			return group
		}
	}
	return group
}

// commit makes a group durable or fails all of it. The order matters: rows are
// tried first, so that a refused change leaves no record; the journal is synced
// before the rows are committed, so that the view never shows what could be lost.
func (l *Ledger) commit(group []*change) {
	if group = l.checkpoint(group); len(group) == 0 {
		return
	}
	defer func() {
		for _, c := range group {
			close(c.done)
		}
	}()
	if err := l.index.Begin(context.Background()); err != nil {
		failAll(group, err)
		return
	}
	recs, err := l.stage(group)
	fault.Point("ledger.staged")
	if err != nil {
		l.index.Rollback()
		failAll(group, err)
		return
	}
	if len(recs) > 0 { // derived rows alone need no sync
		if err := l.journal.Append(recs); err != nil {
			l.index.Rollback()
			failAll(group, err)
			return
		}
	}
	if err := l.settle(group, recs); err != nil {
		failAll(group, err)
		return
	}
	for _, c := range group {
		if c.err == nil {
			l.publish(c)
		}
	}
}

// stage checks and applies each change of the group on its own. It fails where the rows
// of those before are gone: their records must not be written then.
func (l *Ledger) stage(group []*change) (recs []journal.Record, err error) {
	prev := l.journal.Last()
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err != nil {
			continue
		}
		c.err = l.index.Writer().Nested(func() error { return l.try(c, prev) })
		if errors.Is(c.err, index.ErrLost) {
			err := notShown(c.err)
			c.err = nil // all of the group ends with it
			return nil, err
		}
		if c.err == nil && c.derive == nil {
			recs = append(recs, c.rec)
			prev = c.rec
		}
	}
	return recs, nil
}

func (l *Ledger) try(c *change, prev journal.Record) (err error) {
	tx := l.index.Writer()
	defer recoverAs(&err, c.kind)
	if c.derive != nil {
		return c.derive(tx)
	}
	data, err := c.prepare(tx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(data)
	if err != nil {
		return errs.New(errs.Invalid, "%s cannot be recorded: %w", c.kind, err)
	}
	if len(b) > journal.MaxRecord/2 { // a refusal here spares the rest of the group
		return errs.New(errs.TooLarge, "%s holds %d bytes, over the limit of %d", c.kind, len(b), journal.MaxRecord/2).
			WithHint("send it in smaller parts")
	}
	c.rec = l.journal.Draft(prev, c.by, c.kind, c.id, b)
	return l.index.Apply(tx, c.rec)
}

// recoverAs keeps one faulty change from taking the writer, and with it every
// other change, down.
func recoverAs(err *error, kind string) {
	if r := recover(); r != nil {
		*err = errs.New(errs.Internal, "%s: %v", kind, r)
	}
}

// settle commits the rows. The records are durable by now, so where the index
// cannot take them (a full disk) they are applied again from the journal later.
func (l *Ledger) settle(group []*change, recs []journal.Record) error {
	i := 0
	for _, c := range group {
		if c.err == nil && c.derive == nil {
			c.rec = recs[i] // now with its hash
			i++
		}
	}
	if len(recs) > 0 {
		if err := l.index.SetCursor(recs[len(recs)-1]); err != nil {
			l.index.Rollback()
			return l.again(group, err)
		}
	}
	if err := errors.Join(l.index.SetSealed(l.journal.TakeSealed()), l.index.Commit()); err != nil {
		return l.again(group, err)
	}
	fault.Point("ledger.committed")
	return nil
}

// again applies the records of a group from the journal. Rows that come from files have no
// record: who wanted them has to bring them again.
func (l *Ledger) again(group []*change, cause error) error {
	for _, c := range group {
		if c.err == nil && c.derive != nil {
			c.err = notShown(cause)
		}
	}
	if _, _, err := l.index.CatchUp(context.Background(), l.journal.Dir()); err != nil {
		return errs.New(errs.Unavailable, "the change is saved, but the index cannot show it: %w", cause).
			WithHint("free some disk space and start again; the index rebuilds itself")
	}
	return nil
}

func notShown(cause error) error {
	return errs.New(errs.Unavailable, "the index cannot be written: %w", cause).
		WithHint("free some disk space and try again; nothing that was saved before is affected")
}

// checkpoint does what is asked outside of a transaction and returns the rest.
func (l *Ledger) checkpoint(group []*change) (rest []*change) {
	for _, c := range group {
		if c.checkpoint {
			c.err = l.index.Checkpoint(context.WithoutCancel(c.ctx))
			close(c.done)
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

func failAll(group []*change, err error) {
	for _, c := range group {
		if c.err == nil {
			c.err = err
		}
	}
}
