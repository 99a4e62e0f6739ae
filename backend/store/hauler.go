package store

import (
	"rondo/backend/atomicfile"
	"rondo/backend/ref"
)

const haulsAhead = 2 // hauls that wait until they are asked for

// hauler reads the chunks of a list before they are asked for, so that the disk reads and
// another core unpacks while whoever asks hashes and writes.
type hauler struct {
	s    *Store
	of   ref.Digest
	rest []chunk
	open opener
	out  chan *haul
	stop chan struct{}
	now  *haul // that is being handed out
	next int   // of its parts
}

// haul begins to read a list. What it returns has to be closed.
func (s *Store) haul(of ref.Digest, list []chunk) *hauler {
	r := &hauler{s: s, of: of, rest: list, open: opener{s: s}, out: make(chan *haul, haulsAhead), stop: make(chan struct{})}
	go r.read()
	return r
}

func (r *hauler) read() {
	defer close(r.out)
	defer r.open.close()
	for len(r.rest) > 0 {
		h := r.plan()
		r.fetch(h)
		r.rest = r.rest[len(h.parts):]
		h.ready = make(chan struct{})
		go h.unpack()
		select {
		case r.out <- h:
		case <-r.stop:
			<-h.ready
			h.release()
			return
		}
	}
}

// plan finds the chunks that are read with the next one.
func (r *hauler) plan() *haul {
	h := hauled.Get().(*haul)
	first, ok := r.s.entry(r.rest[0].digest)
	h.parts = append(h.parts, part{chunk: r.rest[0], at: first})
	if !ok {
		h.parts[0].err = lost(r.of, r.rest[0].digest)
		return h
	}
	end, holds := first.offset+int64(first.stored), int64(r.rest[0].length)
	for _, c := range r.rest[1:] {
		at, ok := r.s.entry(c.digest)
		upTo := at.offset + int64(at.stored)
		holds += int64(c.length)
		if !ok || at.pack != first.pack || at.offset < end || at.offset > end+gapTogether || upTo-first.offset > haulBytes || holds > haulBytes {
			break
		}
		h.parts = append(h.parts, part{chunk: c, at: at})
		end = upTo
	}
	return h
}

// fetch reads what is stored of the chunks. Where another process has merged the pack into another
// meanwhile, it reads the first alone, where that is now.
func (r *hauler) fetch(h *haul) {
	first := &h.parts[0]
	if first.err != nil {
		return
	}
	now, err := r.open.open(first.digest, first.at)
	if err == nil && now.pack != first.at.pack {
		first.at, h.parts = now, h.parts[:1]
	}
	switch {
	case err != nil:
		first.err = err
	case first.at.stored > atomicfile.MostPast: // which no list of ours has
		var buf buffers
		first.b, first.err = r.open.stored(first.at, &buf)
	default:
		first.err = h.read(&r.open)
	}
}

// part hands out the next chunk, of which the bytes are good until the next call.
func (r *hauler) part() part {
	if r.now != nil && r.next == len(r.now.parts) {
		r.now.release()
		r.now = nil
	}
	if r.now == nil {
		r.now, r.next = <-r.out, 0
		<-r.now.ready
	}
	r.next++
	return r.now.parts[r.next-1]
}

// close waits until nothing is read any more.
func (r *hauler) close() {
	close(r.stop)
	for h := range r.out {
		<-h.ready
		h.release()
	}
	if r.now != nil {
		r.now.release()
	}
}
