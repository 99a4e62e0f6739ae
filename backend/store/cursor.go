package store

import (
	"context"

	"rondo/backend/ref"
)

// cursor goes through a tree. It stands at a file, or before a node that may be opened
// or passed over as a whole.
type cursor struct {
	ctx   context.Context
	l     *Listing
	stack []level
	err   error
}

// level is a node, and the row of it that the cursor is at.
type level struct {
	n  *node
	at int
}

func (l *Listing) cursor(ctx context.Context) *cursor {
	c := &cursor{ctx: ctx, l: l}
	if len(l.top.files)+len(l.top.children) > 0 {
		c.stack = []level{{n: l.top}}
	}
	return c
}

// ok reports whether the cursor is at anything.
func (c *cursor) ok() bool { return c.err == nil && len(c.stack) > 0 }

func (c *cursor) top() *level { return &c.stack[len(c.stack)-1] }

// file is the file that the cursor is at; nil before a node.
func (c *cursor) file() *TreeFile {
	if t := c.top(); t.n.level == 0 {
		return &t.n.files[t.at]
	}
	return nil
}

// page is the rest of the page that the cursor is in; nil before a node.
func (c *cursor) page() []TreeFile {
	if t := c.top(); t.n.level == 0 {
		return t.n.files[t.at:]
	}
	return nil
}

// node is the digest and the level of the node that the cursor is before.
func (c *cursor) node() (ref.Digest, int) {
	t := c.top()
	return t.n.children[t.at].digest, t.n.level - 1
}

// open goes into the node that the cursor is before.
func (c *cursor) open() {
	t := c.top()
	n, err := c.l.below(c.ctx, t.n.level-1, t.n.children[t.at])
	if c.err = err; err == nil {
		c.stack = append(c.stack, level{n: n})
	}
}

// skip passes over the rest of the page.
func (c *cursor) skip() {
	t := c.top()
	t.at = len(t.n.files) - 1
	c.next()
}

// next passes over the file, or the node.
func (c *cursor) next() {
	for len(c.stack) > 0 {
		t := c.top()
		if t.at++; t.at < len(t.n.files)+len(t.n.children) {
			return
		}
		c.stack = c.stack[:len(c.stack)-1]
	}
}
