package dataset

import (
	"context"
	"iter"
	"os"
	"path"

	"rondo/backend/folder"
	"rondo/backend/store"
)

// note remembers what a checkout has put in place, without reading it again. A file
// that somebody has written to since it was staged is left out.
func (s *Service) note(ctx context.Context, name string, p *plan) {
	m := s.memory(name)
	defer m.close()
	n := &noting{s: s, p: p, m: m}
	var stop func()
	n.next, stop = iter.Pull(p.written(ctx))
	defer stop()
	n.advance()
	for f, err := range p.want.All(ctx) {
		if err != nil {
			s.opts.Log.Debug("how the files look could not be noted", "path", p.base, "err", err)
			return
		}
		if n.file(ctx, f) != nil {
			return
		}
	}
	if n.flush(ctx) != nil {
		return
	}
	s.save(m, name)
}

// written hands out the places of the files that were brought in, in their order.
func (p *plan) written(ctx context.Context) iter.Seq[string] {
	return func(yield func(string) bool) {
		_ = p.only(ctx, bring, func(_ int, d deed) error {
			if !yield(d.at) {
				return context.Canceled
			}
			return nil
		})
	}
}

type noting struct {
	s     *Service
	p     *plan
	m     *memory
	next  func() (string, bool)
	at    string // the next file that was brought in
	more  bool
	i     int // how many of these came before
	queue []noted
}

// noted is a file whose row is to be written.
type noted struct {
	name  string
	known folder.Known
	row   folder.Row
	at    string // where it was brought to; empty: it was there
	ok    bool
}

const notedAtOnce = 4 << 10

func (n *noting) advance() { n.at, n.more = n.next() }

func (n *noting) file(ctx context.Context, f store.TreeFile) error {
	one := noted{name: f.Path}
	if n.p.single {
		one.name = path.Base(n.p.base)
	}
	one.known = n.m.Find("", one.name)
	if at := place(n.p.base, n.p.single, f.Path); n.more && n.at == at {
		one.at, one.row = at, folder.Row{Stamp: n.p.stamps[n.i], Digest: f.Digest}
		n.i++
		n.advance()
	} else if one.ok = one.known.Lost || one.known.OK && one.known.Digest == f.Digest; one.ok {
		one.row = one.known.Row
	}
	if n.queue = append(n.queue, one); len(n.queue) < notedAtOnce {
		return nil
	}
	return n.flush(ctx)
}

func (n *noting) flush(ctx context.Context) error {
	err := store.Each(ctx, len(n.queue), func(_ context.Context, i int) error {
		if one := &n.queue[i]; one.at != "" {
			one.ok = n.see(one)
		}
		return nil
	})
	for _, one := range n.queue {
		if one.ok {
			n.m.Add("", one.name, one.row, one.known)
		}
	}
	n.queue = n.queue[:0]
	return err
}

// see sees how a file looks that was brought in. Nobody could write to those of a folder
// that came as a whole before it was there.
func (n *noting) see(one *noted) bool {
	if settled := one.row.Stamp.Settled(n.p.moved); n.p.fresh && (settled || one.row.Stamp.Size <= store.Small) {
		return settled
	}
	fi, err := os.Lstat(n.s.full(one.at))
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	now := store.StampOf(fi)
	was := one.row.Stamp
	one.row.Stamp = now
	if now.Size > store.Small && n.s.opts.Store.IsLinked(one.row.Digest, now) {
		return true
	}
	return !n.p.fresh && was.Moved(now) && now.Settled(n.m.began)
}
