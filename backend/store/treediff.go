package store

import "context"

// Difference is a file that two trees do not share. One that only one of them has is nil
// in the other.
type Difference struct {
	From, To *TreeFile
}

// Path is the file's.
func (d Difference) Path() string {
	if d.To != nil {
		return d.To.Path
	}
	return d.From.Path
}

// Differences hands the files that are not the same in two trees to fn, in the order of
// their paths. What the trees share is passed over, a node at a time.
func Differences(ctx context.Context, from, to *Listing, fn func(Difference) error) error {
	if from.root == to.root {
		return nil
	}
	a, b := from.cursor(ctx), to.cursor(ctx)
	for a.err == nil && b.err == nil && (a.ok() || b.ok()) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if narrow(a, b) {
			continue
		}
		if err := step(a, b, fn); err != nil {
			return err
		}
	}
	if a.err != nil {
		return a.err
	}
	return b.err
}

// narrow passes over a node that both are before, or opens the higher one. It reports
// false where both are at files, or one at the end.
func narrow(a, b *cursor) bool {
	x, y := above(a), above(b)
	switch {
	case x < 0 && y < 0:
		return false
	case x >= 0 && x == y:
		d, _ := a.node()
		if e, _ := b.node(); d == e {
			a.next()
			b.next()
			return true
		}
		a.open()
		b.open()
	case x > y:
		a.open()
	default:
		b.open()
	}
	return true
}

// above is the level of the node that a cursor is before; -1 at a file or the end.
func above(c *cursor) int {
	if !c.ok() || c.file() != nil {
		return -1
	}
	_, level := c.node()
	return level
}

func step(a, b *cursor, fn func(Difference) error) error {
	switch {
	case !a.ok() && !b.ok():
		return nil
	case !b.ok() || a.ok() && a.file().Path < b.file().Path:
		defer a.next()
		return fn(Difference{From: a.file()})
	case !a.ok() || a.file().Path > b.file().Path:
		defer b.next()
		return fn(Difference{To: b.file()})
	}
	x, y := a.file(), b.file()
	a.next()
	b.next()
	if x.Digest == y.Digest && x.Exec == y.Exec {
		return nil
	}
	return fn(Difference{x, y})
}
