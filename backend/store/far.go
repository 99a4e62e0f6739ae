package store

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

// Far is a store on a remote, of which only the packs' indexes are read before something
// is wanted of it. It holds what a Store's folder holds, under the same names. Nothing
// that it says is believed: whatever comes from it is verified. All methods may be called
// concurrently.
type Far struct {
	name  string // of the remote, for people
	r     remote.Remote
	cache string // folder of this device that keeps indexes, which never change
	under string // folder of the remote
	track track

	mu     sync.RWMutex
	packed *table
	packs  map[string]*pack
	whole  map[ref.Digest]remote.Blob // objects that are files of their own, as large ones once were
	bad    map[string]error           // packs whose index is damaged
}

const farDir = "objects"

// OpenFar looks at what a remote has now. The cache is a folder of this device; it may be
// deleted at any time.
func OpenFar(ctx context.Context, name string, r remote.Remote, cache string) (*Far, error) {
	f := &Far{name: name, r: r, cache: cache, under: farDir}
	f.packed, f.packs = newTable(), map[string]*pack{}
	f.whole, f.bad = map[ref.Digest]remote.Blob{}, map[string]error{}
	return f, f.look(ctx)
}

// look lists the remote and learns of every pack.
func (f *Far) look(ctx context.Context) error {
	var packs []remote.Blob
	err := f.r.List(ctx, f.under, func(b remote.Blob) error {
		rel := filepath.FromSlash(b.Name[len(f.under)+1:])
		if d, ok := digestOf(rel); ok {
			f.whole[d] = b
		} else if path.Dir(b.Name) == path.Join(f.under, packsDir) && path.Ext(b.Name) == packExt {
			packs = append(packs, b)
		}
		return nil
	})
	if err != nil {
		return f.named(err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(farWorkers)
	for _, b := range packs {
		g.Go(func() error { return f.meet(ctx, b) })
	}
	return g.Wait()
}

const farWorkers = 6 // that wait for the remote at the same time

// meet learns of one pack. A damaged one is left out, and told when something is missing.
func (f *Far) meet(ctx context.Context, b remote.Blob) error {
	rows, err := f.index(ctx, b)
	f.mu.Lock()
	defer f.mu.Unlock()
	if errs.Is(err, errs.Corrupt) {
		f.bad[b.Name] = f.named(err)
		return nil
	}
	if err == nil {
		f.keep(&pack{b.Name, b.Size, rows})
	}
	return f.named(err)
}

// keep notes the entries of a pack; the caller holds the lock.
func (f *Far) keep(p *pack) {
	delete(f.bad, p.name)
	f.packs[p.name] = p
	f.packed.put(p)
}

// named says whose fault it is.
func (f *Far) named(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.New(errs.KindOf(err), "remote %s: %w", f.name, err).WithHint("%s", errs.HintOf(err))
}

func (f *Far) entry(d ref.Digest) (place, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.packed.get(d)
}

// There reports whether the remote lists the object itself. Of a large one that is its
// list; Lists tells its chunks.
func (f *Far) There(d ref.Digest) bool {
	if _, ok := f.entry(d); ok {
		return true
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	_, ok := f.whole[d]
	return ok
}

// lost says that the remote does not have what it should.
func (f *Far) lost(d ref.Digest) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, err := range f.bad {
		return errs.New(errs.Corrupt, "object %s is missing on the remote %s: %w", d.Short(), f.name, err).
			WithHint("push again from a project that has it: what is missing there is copied")
	}
	return errs.New(errs.NotFound, "the remote %s has lost object %s", f.name, d.Short()).
		WithHint("push again from a project that has it: what is missing there is copied")
}

// Whole returns those of the objects that are not there whole, with all their chunks.
func (f *Far) Whole(ctx context.Context, digests []ref.Digest) (missing []ref.Digest, err error) {
	lists, err := f.lists(ctx, digests)
	if err != nil {
		return nil, err
	}
	for _, d := range digests {
		there := f.There(d)
		for _, c := range lists[d] {
			there = there && f.There(c.digest)
		}
		if !there {
			missing = append(missing, d)
		}
	}
	return missing, nil
}
