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
	bad    map[string]error           // packs whose index is damaged or may not be read
	sizes  map[string]int64           // of all packs and files, as they are listed
	ill    illness
	was    map[ref.Digest]string // what lay in packs of which nothing can be used
	sights sights
}

const farDir = "objects"

// OpenFar looks at what a remote has now. The cache is a folder of this device; it may be
// deleted at any time.
func OpenFar(ctx context.Context, name string, r remote.Remote, cache string) (*Far, error) {
	f := &Far{name: name, r: r, cache: cache, under: farDir}
	f.packed, f.packs = newTable(), map[string]*pack{}
	f.whole, f.bad = map[ref.Digest]remote.Blob{}, map[string]error{}
	f.sizes, f.ill, f.was, f.sights = map[string]int64{}, illness{}, map[ref.Digest]string{}, newSights()
	return f, f.look(ctx)
}

// look lists the remote and learns of every pack that it does not know.
func (f *Far) look(ctx context.Context) error {
	var packs []remote.Blob
	err := f.list(ctx, func(b remote.Blob) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		rel := filepath.FromSlash(b.Name[len(f.under)+1:])
		d, whole := digestOf(rel)
		if !whole && (path.Dir(b.Name) != path.Join(f.under, packsDir) || path.Ext(b.Name) != packExt) {
			return nil
		}
		f.sizes[b.Name] = b.Size
		switch {
		case f.ill.lost(b.Name) || f.ill.has(b.Name, d):
		case whole:
			f.whole[d] = b
		case f.packs[b.Name] == nil:
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

// list tells of every blob of the remote once; where the connection fails it goes on with a list anew.
func (f *Far) list(ctx context.Context, fn func(remote.Blob) error) error {
	told := map[string]bool{}
	return remote.Again(ctx, func() error {
		return f.r.List(ctx, f.under, func(b remote.Blob) error {
			if told[b.Name] {
				return nil
			}
			told[b.Name] = true
			return fn(b)
		})
	})
}

const farWorkers = 6 // that wait for the remote at the same time

// meet learns of one pack. One that is damaged, may not be read or is only listed is left out,
// and told when something is missing.
func (f *Far) meet(ctx context.Context, b remote.Blob) error {
	rows, err := f.index(ctx, b)
	f.mu.Lock()
	defer f.mu.Unlock()
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "%s: %s", b.Name, notGiven).WithHint("%s", f.wayOut())
	}
	if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.Denied) || errs.Is(err, errs.NotFound) {
		f.bad[b.Name] = f.named(err)
		return nil
	}
	if err == nil {
		f.keep(&pack{b.Name, b.Size, rows})
	}
	return f.named(err)
}

// keep notes the entries of a pack, all of them sound as far as is known; the caller holds the lock.
func (f *Far) keep(p *pack) {
	delete(f.bad, p.name)
	delete(f.ill, p.name)
	f.sizes[p.name] = p.size
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
		return errs.New(errs.Corrupt, "object %s is missing on the remote %s: %w", d.Short(), f.name, err).WithHint("%s", f.wayOut())
	}
	if at, ok := f.ill.find(d); ok {
		return errs.New(errs.Corrupt, "object %s on the remote %s is damaged: %s", d.Short(), f.name, at.Reason).WithHint("%s", f.wayOut())
	}
	return errs.New(errs.NotFound, "the remote %s has lost object %s", f.name, d.Short()).
		WithHint("push again from a project that has it: what is missing there is copied")
}

// wayOut is how what is damaged on a remote comes to be sound again.
func (f *Far) wayOut() string {
	return "where a project has the data: rondo data verify --remote " + f.name + ", and then rondo data push, which sends it again"
}

// Whole returns those of the objects that are not there whole, with all their chunks. The packs
// and files that the others are in were seen.
func (f *Far) Whole(ctx context.Context, digests []ref.Digest) (missing []ref.Digest, err error) {
	lacks, err := f.Lacks(ctx, digests)
	for lost := true; lost && err == nil; {
		if lost, err = f.See(ctx); lost && err == nil {
			lacks, err = f.Lacks(ctx, digests)
		}
	}
	for _, l := range lacks {
		if n := len(missing); n == 0 || missing[n-1] != l.Object {
			missing = append(missing, l.Object)
		}
	}
	return missing, err
}

// Lack is what keeps an object from being there whole: that it is not there itself, or a chunk.
type Lack struct{ Object, Part ref.Digest }

// Lacks returns all that is not there of the objects, one object after the other. What holds the
// others is listed; See asks for it.
func (f *Far) Lacks(ctx context.Context, digests []ref.Digest) (lacks []Lack, err error) {
	lists, err := f.soundLists(ctx, digests)
	if err != nil {
		return nil, err
	}
	f.want(digests, lists)
	for _, d := range digests {
		if !f.There(d) {
			lacks = append(lacks, Lack{d, d})
		}
		for _, c := range lists[d] {
			if !f.There(c.digest) {
				lacks = append(lacks, Lack{d, c.digest})
			}
		}
	}
	return lacks, nil
}
