package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Moved is what a transfer has done.
type Moved struct {
	Objects int   `json:"objects"` // that were missing and are there now
	Bytes   int64 `json:"bytes"`   // as stored
	Present int   `json:"present"` // objects that were there before
}

// Add counts two transfers as one.
func (m *Moved) Add(n Moved) {
	m.Objects, m.Bytes, m.Present = m.Objects+n.Objects, m.Bytes+n.Bytes, m.Present+n.Present
}

// Receive copies what s lacks of the digests from a remote. Every byte is verified before
// it is stored. What an interrupted transfer has brought stays, and the next one goes on
// from there.
func (s *Store) Receive(ctx context.Context, f *Far, digests []ref.Digest) (m Moved, err error) {
	var wanted []ref.Digest
	seen := map[ref.Digest]bool{}
	for _, d := range digests {
		switch {
		case seen[d]:
		case s.Keeps(d):
			m.Present++
		case !f.There(d):
			return m, f.lost(d)
		default:
			wanted = append(wanted, d)
		}
		seen[d] = true
	}
	return s.receive(ctx, f, wanted, m)
}

// receive brings chunks and small objects first, then the lists, once what they say was
// seen to be true.
func (s *Store) receive(ctx context.Context, f *Far, wanted []ref.Digest, m Moved) (Moved, error) {
	lists, err := f.lists(ctx, wanted)
	if err != nil {
		return m, err
	}
	parts, err := s.lackingParts(f, wanted, lists)
	if err != nil {
		return m, err
	}
	f.track.willMove(parts, f.entry)
	p := s.packer()
	var mu sync.Mutex
	err = f.fetch(ctx, parts, func(e farEntry, raw, _ []byte) error {
		mu.Lock()
		m.Objects++
		m.Bytes += int64(len(raw))
		mu.Unlock()
		f.track.done.Add(1, int64(len(raw)))
		return p.add(prepared{digest: e.d, stored: bytes.Clone(raw), form: e.at.form})
	})
	if err = errors.Join(err, p.flush(ctx)); err != nil {
		return m, err
	}
	for _, d := range wanted {
		if lists[d] != nil {
			err = s.receiveList(ctx, f, p, d, lists[d], &m)
		} else if _, packed := f.entry(d); !packed {
			err = s.receiveWhole(ctx, f, d, &m)
		}
		if err != nil {
			return m, errors.Join(err, p.flush(ctx))
		}
	}
	return m, p.flush(ctx)
}

// lackingParts are the small objects and the chunks that are not here.
func (s *Store) lackingParts(f *Far, wanted []ref.Digest, lists map[ref.Digest][]chunk) (parts []ref.Digest, err error) {
	seen := map[ref.Digest]bool{}
	for _, d := range wanted {
		list, large := lists[d]
		if _, packed := f.entry(d); !large && packed {
			parts = append(parts, d)
		}
		for _, c := range list {
			if seen[c.digest] {
				continue
			}
			seen[c.digest] = true
			if _, here := s.entry(c.digest); here && !s.doomed(c.digest) {
				continue
			}
			if !f.There(c.digest) {
				return nil, f.lost(c.digest)
			}
			parts = append(parts, c.digest)
		}
	}
	return parts, nil
}

// receiveList stores a list once its chunks, which are here, have shown that it is true.
func (s *Store) receiveList(ctx context.Context, f *Far, p *packer, d ref.Digest, list []chunk, m *Moved) error {
	h := ref.NewHash()
	c := &chained{s: s, of: d, rest: slices.Clone(list), open: opener{s: s}}
	defer c.Close()
	if _, err := io.Copy(h, readerCtx{ctx, c}); err != nil {
		return err
	}
	if got := ref.Sum(h); got != d {
		at, _ := f.entry(d)
		return f.named(farCorrupt(d, at.pack.name, "its chunks together have digest "+got.Short()))
	}
	stored := encodeList(list)
	m.Objects++
	m.Bytes += int64(len(stored))
	return p.add(prepared{digest: d, stored: stored, form: listed})
}

// receiveWhole brings an object that is a file of its own over there.
func (s *Store) receiveWhole(ctx context.Context, f *Far, d ref.Digest, m *Moved) error {
	f.mu.RLock()
	b := f.whole[d]
	f.mu.RUnlock()
	v, err := f.openWhole(ctx, d, b.Name)
	if err != nil {
		return f.named(err)
	}
	defer v.Close()
	if _, _, err := s.Put(ctx, v); err != nil {
		f.forsakeWhole(b.Name, d, err)
		return f.named(err)
	}
	m.Objects++
	m.Bytes += b.Size
	if !s.Has(d) {
		return f.named(errs.New(errs.Corrupt, "object %s did not arrive", d.Short()))
	}
	return nil
}
