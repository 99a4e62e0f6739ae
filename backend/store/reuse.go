package store

import (
	"context"
	"slices"
	"strings"

	"rondo/backend/ref"
)

// reuse are the pages of the tree that a memory was made with. One whose files all look as
// they did is taken over as it is, unread and unwritten.
type reuse struct {
	pages []child
	next  int
	held  []*job // that the next page may begin with
	files int64  // of these
	size  int64
}

// pagesOf returns the pages of a tree; none where it cannot be read.
func (s *Store) pagesOf(ctx context.Context, tree ref.Digest) *reuse {
	if tree.IsZero() {
		return &reuse{}
	}
	l, err := s.OpenListing(ctx, tree)
	if err != nil {
		return &reuse{}
	}
	pages, err := l.pages(ctx, l.top)
	if err != nil {
		return &reuse{}
	}
	return &reuse{pages: pages}
}

// pages lists the pages below a node that is not one itself.
func (l *Listing) pages(ctx context.Context, n *node) (all []child, err error) {
	if n.level <= 1 {
		return n.children, nil
	}
	for _, c := range n.children {
		below, err := l.below(ctx, n.level-1, c)
		if err != nil {
			return nil, err
		}
		some, err := l.pages(ctx, below)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// begins reports whether the next page begins where the tree has come to.
func (r *reuse) begins(w *TreeWriter) bool {
	if !w.paused() {
		return false
	}
	for r.next < len(r.pages) && r.pages[r.next].last <= w.last {
		r.next++
	}
	return r.next < len(r.pages) && r.next > 0 && r.pages[r.next-1].last == w.last
}

// hold keeps a job back of which all is as it was, until it is known whether all is of the
// page that it is in.
func (sc *scanner) hold(j *job, size int64) error {
	r := sc.reuse
	if len(r.held) == 0 && (len(r.pages) == 0 || !r.begins(sc.w)) {
		defer j.b.Release()
		return sc.addKept(j)
	}
	j.b.Leave()
	r.held = append(r.held, j)
	r.files += int64(len(j.b.Names))
	r.size += size
	page := r.pages[r.next]
	switch c := j.compare(page.last); {
	case c < 0:
		return nil
	case c == 0 && r.files == page.files && r.size == page.size && sc.s.staying(page.digest):
		r.next++
		sc.letGo()
		return sc.w.addPage(page)
	}
	return sc.settle()
}

// compare compares the last path of a job with another.
func (j *job) compare(path string) int {
	if len(j.b.Names) == 0 {
		return -1
	}
	name := j.b.Names[len(j.b.Names)-1]
	k := len(j.b.Prefix)
	if len(path) < k || path[:k] != j.b.Prefix {
		return strings.Compare(j.b.Prefix, path)
	}
	return strings.Compare(name, path[k:])
}

// settle adds what is held to the tree one by one.
func (sc *scanner) settle() error {
	held := slices.Clone(sc.reuse.held)
	defer func() {
		for _, j := range held {
			j.b.Release()
		}
	}()
	sc.reuse.held, sc.reuse.files, sc.reuse.size = sc.reuse.held[:0], 0, 0
	for _, j := range held {
		if err := sc.addKept(j); err != nil {
			return err
		}
	}
	return nil
}

// letGo forgets what is held.
func (sc *scanner) letGo() {
	r := sc.reuse
	for _, j := range r.held {
		j.b.Release()
	}
	clear(r.held)
	r.held, r.files, r.size = r.held[:0], 0, 0
}

// addKept adds the files of a job of which all is as it was to the tree, one by one. The
// memory has been told.
func (sc *scanner) addKept(j *job) error {
	if j.files == nil {
		j.files = filesOf(j.b)
		for i := range j.files {
			j.files[i].Digest = j.b.Known[i].Digest
		}
	}
	for _, f := range j.files {
		if err := sc.w.Add(f); err != nil {
			return err
		}
	}
	return nil
}
