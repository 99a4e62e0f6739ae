package store

import (
	"cmp"
	"context"
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

// Check reads what the remote has, or a part, several packs at a time and a few megabytes of
// each. It returns how many objects it read. What is damaged is in Damaged from then on, and
// passed over. Of a large object it reads the list; its chunks are objects too.
func (f *Far) Check(ctx context.Context, c Check) (n int, err error) {
	var mu sync.Mutex
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(farWorkers)
	for _, name := range f.blobs() {
		if c.Skip != nil && c.Skip(name) || each.Err() != nil {
			continue
		}
		g.Go(func() error {
			read, bad, err := f.checkBlob(each, name, c)
			mu.Lock()
			defer mu.Unlock()
			if errs.Is(err, errs.Denied) && c.Shut != nil {
				c.Shut(name, err)
				return nil
			}
			if err != nil {
				return f.named(err)
			}
			f.forsake(bad)
			n += read
			if c.Done != nil && read > 0 {
				c.Done(name, !f.sick(name))
			}
			fault.Point("store.far-checked")
			return nil
		})
	}
	err = g.Wait()
	return n, cmp.Or(err, ctx.Err())
}

// Totals says how many objects the remote lists, copies counted apart, and the bytes of its
// packs and files.
func (f *Far) Totals() (objects, bytes int64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, p := range f.packs {
		objects += int64(len(p.rows))
	}
	for _, size := range f.sizes {
		bytes += size
	}
	return objects + int64(len(f.whole)), bytes
}

// sick reports whether anything of a pack or file is known to be damaged.
func (f *Far) sick(name string) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.ill[name]) > 0 || f.bad[name] != nil
}

// checkBlob reads a pack or a file. One that is gone by now, as when somebody cleaned up, is
// not damaged.
func (f *Far) checkBlob(ctx context.Context, name string, c Check) (read int, bad []Damage, err error) {
	f.mu.RLock()
	p, useless, size := f.packs[name], f.bad[name], f.sizes[name]
	if f.ill.lost(name) {
		useless = nil
	}
	f.mu.RUnlock()
	d, whole := f.digestOf(name)
	switch {
	case errs.Is(useless, errs.Denied):
		return 0, nil, useless
	case errs.Is(useless, errs.NotFound):
		bad = []Damage{{File: name, Reason: notGiven}}
	case useless != nil:
		return 0, []Damage{{File: name, Reason: "its index cannot be used"}}, nil
	case p != nil:
		read, bad, err = f.checkPack(ctx, p, c)
	case whole && !f.sick(name) && c.chosen():
		read = 1
		bad, err = f.checkWhole(ctx, d, name)
		c.Count.Add(1, size)
	}
	if err == nil && len(bad) > 0 && bad[0].Reason == notGiven {
		return f.gone(ctx, name, bad)
	}
	return read, bad, err
}

// gone asks again for a file that was not given.
func (f *Far) gone(ctx context.Context, name string, bad []Damage) (int, []Damage, error) {
	sizes, err := f.r.Sizes(ctx, []string{name})
	if _, there := sizes[name]; err != nil || there {
		return 0, bad, err
	}
	f.forget(name)
	return 0, nil, nil
}

// digestOf is the object that a file is named after.
func (f *Far) digestOf(name string) (ref.Digest, bool) {
	return digestOf(filepath.FromSlash(strings.TrimPrefix(name, f.under+"/")))
}

// chosen tells by chance whether an object is read.
func (c Check) chosen() bool { return c.Sample == 0 || rand.Float64() < c.Sample }

// checkPack reads the chosen entries of a pack, after its two ends.
func (f *Far) checkPack(ctx context.Context, p *pack, c Check) (read int, bad []Damage, err error) {
	var entries []farEntry
	for _, r := range p.rows {
		if c.chosen() {
			entries = append(entries, farEntry{r.digest, place{p, r.offset, r.stored, r.form}})
		}
	}
	if len(entries) == 0 {
		return 0, nil, nil
	}
	if bad, err = f.checkEnds(ctx, p.name, p.size); err != nil || len(bad) > 0 {
		return 0, bad, err
	}
	for _, part := range ranges(entries) {
		not, err := f.fetchRange(ctx, part, func(farEntry, []byte, []byte) error { return nil })
		if bad = append(bad, not.bad...); err != nil {
			return 0, nil, err
		}
		for _, e := range part {
			c.Count.Add(1, int64(e.at.stored))
		}
	}
	return len(entries), bad, nil
}

// checkEnds reads the first line, the index and the footer of a pack as they are now,
// whatever this device remembers of them.
func (f *Far) checkEnds(ctx context.Context, name string, size int64) ([]Damage, error) {
	head, err := f.get(ctx, name, 0, min(size, int64(len(packMagic))))
	if err == nil && string(head) != packMagic && string(head) != packMagic1 {
		return []Damage{{File: name, Reason: "its first line is not the one of a pack"}}, nil
	}
	var t tail
	if err == nil {
		t, err = f.tail(ctx, remote.Blob{Name: name, Size: size})
	}
	if err == nil {
		_, err = parseIndex(t, size, strings.TrimSuffix(path.Base(name), packExt))
	}
	switch {
	case errs.Is(err, errs.NotFound):
		return []Damage{{File: name, Reason: notGiven}}, nil
	case errs.Is(err, errs.Corrupt):
		return []Damage{{File: name, Reason: "its index cannot be used"}}, nil
	}
	return nil, err
}
