package remote

import (
	"context"
	"errors"
	"path"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// listing is a remote in which to list a folder of many blobs takes fewer questions than to
// ask for each of them.
type listing interface {
	// cost is how many questions it takes to begin a list, and for each page of it, and how many
	// blobs a page has.
	cost() (begin, each, page int)
}

// Look finds the sizes of many blobs with as few questions as can be: folders in which many
// are looked for are listed, the others are asked for as Sizes does. Those that are not there
// are left out, and so is one that a store does not list though it has it.
func Look(ctx context.Context, r Remote, names []string) (map[string]int64, error) {
	l, is := r.(listing)
	if !is {
		return r.Sizes(ctx, names)
	}
	look := &looking{r: r, l: l, found: make(map[string]int64, len(names))}
	if err := look.lists(ctx, names); err != nil {
		return nil, err
	}
	rest, err := r.Sizes(ctx, look.alone)
	for name, size := range rest {
		look.found[name] = size
	}
	return look.found, err
}

type looking struct {
	r    Remote
	l    listing
	full atomic.Bool // folders hold so much that they are not listed; those of hashes are alike

	mu    sync.Mutex
	found map[string]int64
	alone []string // names that are asked for one by one
}

// lists looks through the folders in which many of the names are.
func (l *looking) lists(ctx context.Context, names []string) error {
	in := map[string][]string{}
	for _, name := range names {
		in[path.Dir(name)] = append(in[path.Dir(name)], name)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(SideBySide)
	for folder, some := range in {
		g.Go(func() error { return l.folder(ctx, folder, some) })
	}
	return g.Wait()
}

var errFull = errors.New("the folder holds more than is worth a list")

// folder lists a folder, as far as that is cheaper than to ask for each of the names.
func (l *looking) folder(ctx context.Context, folder string, names []string) error {
	begin, each, page := l.l.cost()
	most := (len(names) - begin) / each * page
	if most <= 0 || folder == "." || l.full.Load() {
		return l.ask(names)
	}
	wanted, n := make(map[string]bool, len(names)), 0
	for _, name := range names {
		wanted[name] = true
	}
	err := l.r.List(ctx, folder, func(b Blob) error {
		if n++; n > most {
			return errFull
		}
		if wanted[b.Name] {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.found[b.Name] = b.Size
		}
		return nil
	})
	if errors.Is(err, errFull) {
		l.full.Store(true)
		return l.ask(names)
	}
	return err
}

// ask leaves names for a question each.
func (l *looking) ask(names []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alone = append(l.alone, names...)
	return nil
}

// cost: a page of a list is as much as the answers of five questions for one blob.
func (b *bucket) cost() (begin, each, page int) { return 0, 5, 1000 }

// cost: OpenSSH answers a hundred names at a time, after the folder was opened.
func (s *overSSH) cost() (begin, each, page int) { return 3, 1, 100 }
