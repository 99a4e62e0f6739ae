package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
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
// from there. Where an object cannot be had the others are copied before that is told.
func (s *Store) Receive(ctx context.Context, f *Far, digests []ref.Digest) (Moved, error) {
	m, lost, err := s.ReceiveSound(ctx, f, digests)
	return m, cmp.Or(err, lost.first(digests))
}

// ReceiveSound is Receive to which an object that is damaged or missing over there is no failure.
func (s *Store) ReceiveSound(ctx context.Context, f *Far, digests []ref.Digest) (m Moved, lost Lost, err error) {
	var wanted []ref.Digest
	seen := map[ref.Digest]bool{}
	lost = Lost{}
	for _, d := range digests {
		switch {
		case seen[d]:
		case s.Keeps(d):
			m.Present++
		case !f.There(d):
			lost[d] = f.lost(d)
		default:
			wanted = append(wanted, d)
		}
		seen[d] = true
	}
	err = s.receive(ctx, f, wanted, &m, lost)
	return m, lost, err
}

// receive brings chunks and small objects first, then the lists, once what they say was
// seen to be true.
func (s *Store) receive(ctx context.Context, f *Far, wanted []ref.Digest, m *Moved, lost Lost) error {
	lists, err := f.listsBut(ctx, wanted, lost.note)
	if err != nil {
		return err
	}
	parts := s.lackingParts(f, wanted, lists, lost)
	f.track.willMove(parts, f.entry)
	p := s.packer()
	gone := Lost{} // of the parts
	err = f.fetchBut(ctx, parts, s.taking(f, p, m), gone.note)
	if err = errors.Join(err, p.flush(ctx)); err != nil {
		return err
	}
	for _, d := range wanted {
		why := cmp.Or(lost[d], gone.firstOf(d, lists[d]))
		if why == nil {
			why = s.receiveRest(ctx, f, p, d, lists[d], m)
		}
		if err := lost.note(d, why); err != nil {
			return errors.Join(err, p.flush(ctx))
		}
	}
	return p.flush(ctx)
}

// taking stores what comes.
func (s *Store) taking(f *Far, p *packer, m *Moved) taker {
	var mu sync.Mutex
	return func(e farEntry, raw, _ []byte) error {
		mu.Lock()
		m.Objects++
		m.Bytes += int64(len(raw))
		mu.Unlock()
		f.track.done.Add(1, int64(len(raw)))
		return p.add(prepared{digest: e.d, stored: bytes.Clone(raw), form: e.at.form})
	}
}

// receiveRest brings what of an object is not packed, once its chunks are here.
func (s *Store) receiveRest(ctx context.Context, f *Far, p *packer, d ref.Digest, list []chunk, m *Moved) error {
	if list != nil {
		return s.receiveList(ctx, f, p, d, list, m)
	}
	if _, packed := f.entry(d); packed {
		return nil
	}
	return s.receiveWhole(ctx, f, d, m)
}

// lackingParts are the small objects and the chunks that are not here. Of an object that
// lacks a chunk over there none is brought.
func (s *Store) lackingParts(f *Far, wanted []ref.Digest, lists map[ref.Digest][]chunk, lost Lost) (parts []ref.Digest) {
	seen := map[ref.Digest]bool{}
	for _, d := range wanted {
		list, large := lists[d]
		if _, packed := f.entry(d); !large && packed {
			parts = append(parts, d)
		}
		chunks, err := s.lackingChunks(f, list, seen)
		if err != nil {
			lost[d] = err
		}
		parts = append(parts, chunks...)
	}
	return parts
}

// lackingChunks are those of a list that are not here and not among those seen, to which they are added.
func (s *Store) lackingChunks(f *Far, list []chunk, seen map[ref.Digest]bool) (lacks []ref.Digest, err error) {
	own := map[ref.Digest]bool{}
	for _, c := range list {
		if _, here := s.entry(c.digest); own[c.digest] || seen[c.digest] || here && !s.doomed(c.digest) {
			continue
		}
		if !f.There(c.digest) {
			return nil, f.lost(c.digest)
		}
		own[c.digest] = true
		lacks = append(lacks, c.digest)
	}
	maps.Copy(seen, own)
	return lacks, nil
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
