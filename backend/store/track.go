package store

import "rondo/backend/ref"

// track tells how far transfers have come.
type track struct {
	done   *Count
	expect func(objects, bytes int64)
}

// Track lets all transfers that follow add to what is done, and tell what they find is to be
// done beside.
func (f *Far) Track(done *Count, expect func(objects, bytes int64)) { f.track = track{done, expect} }

// willMove tells of objects, by where they lie.
func (t track) willMove(digests []ref.Digest, entry func(ref.Digest) (place, bool)) {
	if t.expect == nil {
		return
	}
	objects, bytes := int64(0), int64(0)
	for _, d := range digests {
		if at, ok := entry(d); ok {
			objects++
			bytes += int64(at.stored)
		}
	}
	t.expect(objects, bytes)
}

// willCut tells of a file that will be sent in chunks, of which there are about so many.
func (t track) willCut(bytes int64) {
	if t.expect != nil {
		t.expect(bytes/normalChunk+1, bytes)
	}
}

// TrackAsked lets See add to what was asked for, and tell how much there is to ask for.
func (f *Far) TrackAsked(done *Count, expect func(files, bytes int64)) {
	f.sights.track = track{done, expect}
}

func (t track) willAsk(n int) {
	if t.expect != nil {
		t.expect(int64(n), 0)
	}
}

func (t track) asked(n int) {
	if t.done != nil {
		t.done.Add(int64(n), 0)
	}
}
