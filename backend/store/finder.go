package store

import (
	"context"
	"slices"
	"sort"
	"strings"

	"rondo/backend/ref"
)

// Finder looks for files of a listing. It keeps the page that it was in last, so that
// paths which are asked for in their order cost little.
type Finder struct {
	l     *Listing
	page  *node
	after string // the last path before the page
}

// Finder returns one that may be used by one goroutine.
func (l *Listing) Finder() *Finder { return &Finder{l: l} }

// Find returns the file at a path.
func (f *Finder) Find(ctx context.Context, path string) (file TreeFile, ok bool, err error) {
	if f.page == nil || path <= f.after || path > f.page.last() {
		if f.page, f.after, err = f.l.pageOf(ctx, path); err != nil || f.page == nil {
			return file, false, err
		}
	}
	files := f.page.files
	i, ok := slices.BinarySearchFunc(files, path, func(t TreeFile, p string) int { return strings.Compare(t.Path, p) })
	if ok {
		file = files[i]
	}
	return file, ok, nil
}

// Find returns the file at a path.
func (l *Listing) Find(ctx context.Context, path string) (TreeFile, bool, error) {
	return l.Finder().Find(ctx, path)
}

// HasFolder reports whether a file lies below a folder, in time that does not grow with the tree.
func (l *Listing) HasFolder(ctx context.Context, dir string) (bool, error) {
	page, _, err := l.pageOf(ctx, dir+"/")
	if err != nil || page == nil {
		return false, err
	}
	i := sort.Search(len(page.files), func(i int) bool { return page.files[i].Path >= dir+"/" })
	return i < len(page.files) && strings.HasPrefix(page.files[i].Path, dir+"/"), nil
}

// pageOf returns the page that holds the path if any does, and the last path before it.
func (l *Listing) pageOf(ctx context.Context, path string) (n *node, after string, err error) {
	if n = l.top; n.level == 0 && len(n.files) == 0 || path > n.last() {
		return nil, "", nil
	}
	for n.level > 0 {
		i := sort.Search(len(n.children), func(i int) bool { return n.children[i].last >= path })
		if i > 0 {
			after = n.children[i-1].last
		}
		if n, err = l.below(ctx, n.level-1, n.children[i]); err != nil {
			return nil, "", err
		}
	}
	return n, after, nil
}

// Below lists the nodes that the tree stands on beside its root.
func (l *Listing) Below(ctx context.Context) (nodes []ref.Digest, err error) {
	c := l.cursor(ctx)
	for c.ok() {
		if c.page() != nil {
			c.skip()
			continue
		}
		d, level := c.node()
		if nodes = append(nodes, d); level == 0 {
			c.next()
		} else {
			c.open()
		}
	}
	return nodes, c.err
}
