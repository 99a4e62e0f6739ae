package store

import (
	"cmp"
	"context"
	"io"
	"slices"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

const (
	farGap   = 128 << 10 // bytes between two entries that are fetched along rather than asked for apart
	farRange = 8 << 20   // bytes of one question
	farPiece = 256 << 10 // bytes of one read of its answer
)

// get reads a part of a blob, again where the connection fails.
func (f *Far) get(ctx context.Context, name string, offset, length int64) (b []byte, err error) {
	err = remote.Again(ctx, func() error {
		r, err := f.r.Get(ctx, name, offset, length)
		if err != nil {
			return err
		}
		defer r.Close()
		b = make([]byte, length)
		n, err := readInPieces(readerCtx{ctx, r}, b)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return errs.New(errs.Corrupt, "%s is damaged: it ends %d bytes early", name, length-int64(n)).
				WithHint("push again from a project that has what was in it")
		}
		return err
	})
	return b, err
}

func farCorrupt(d ref.Digest, name, reason string) error {
	return errs.New(errs.Corrupt, "object %s in %s is damaged: %s", d.Short(), name, reason).
		WithHint("verify the remote where a project has the data (rondo data verify --remote NAME), and then push: it is sent again")
}

// readInPieces fills b as io.ReadFull does, but asks for a little at a time, so that r can
// refuse when it is given up.
func readInPieces(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = io.ReadFull(r, b[n:min(len(b), n+farPiece)])
		n += m
	}
	return n, err
}

type farEntry struct {
	d  ref.Digest
	at place
}

// ranges joins entries that lie near to each other.
func ranges(all []farEntry) (list [][]farEntry) {
	slices.SortFunc(all, func(a, b farEntry) int {
		return cmp.Or(cmp.Compare(a.at.pack.name, b.at.pack.name), cmp.Compare(a.at.offset, b.at.offset))
	})
	for i, e := range all {
		if i > 0 {
			last := list[len(list)-1]
			first, before := last[0].at, last[len(last)-1].at
			end := before.offset + int64(before.stored)
			if e.at.pack == first.pack && e.at.offset-end <= farGap && e.at.offset+int64(e.at.stored)-first.offset <= farRange {
				list[len(list)-1] = append(last, e)
				continue
			}
		}
		list = append(list, []farEntry{e})
	}
	return list
}

// taker is handed an entry as it is stored and what it holds, verified. Both are good until
// it returns.
type taker func(e farEntry, raw, content []byte) error

// fetchRange hands the entries of a part that are sound to fn.
func (f *Far) fetchRange(ctx context.Context, part []farEntry, fn taker) (not short, err error) {
	first, last := part[0].at, part[len(part)-1].at
	b, err := f.get(ctx, first.pack.name, first.offset, last.offset+int64(last.stored)-first.offset)
	switch {
	case errs.Is(err, errs.NotFound):
		return short{[]Damage{{File: first.pack.name, Reason: notGiven}}, digestsIn(part)}, nil
	case errs.Is(err, errs.Corrupt) && len(part) > 1:
		return f.fetchEach(ctx, part, fn)
	case errs.Is(err, errs.Corrupt):
		return short{[]Damage{{first.pack.name, part[0].d, "the file ends before it does"}}, digestsIn(part)}, nil
	case err != nil:
		return not, err
	}
	var unpacked []byte
	for _, e := range part {
		start := e.at.offset - first.offset
		raw := b[start : start+int64(e.at.stored)]
		content, reason := e.check(raw, unpacked[:0])
		if reason != "" {
			not.add(short{[]Damage{{first.pack.name, e.d, reason}}, []ref.Digest{e.d}})
			continue
		}
		if e.at.form == squeezed {
			unpacked = content
		}
		if err = ctx.Err(); err == nil {
			err = fn(e, raw, content)
		}
		if err != nil {
			return not, err
		}
	}
	return not, nil
}

func digestsIn(part []farEntry) (all []ref.Digest) {
	for _, e := range part {
		all = append(all, e.d)
	}
	return all
}

// fetchEach is fetchRange that asks for one entry at a time.
func (f *Far) fetchEach(ctx context.Context, part []farEntry, fn taker) (not short, err error) {
	for i := range part {
		some, err := f.fetchRange(ctx, part[i:i+1], fn)
		if not.add(some); err != nil {
			return not, err
		}
	}
	return not, nil
}

// check verifies an entry and returns what it holds, or what is wrong with it; of a large
// object that is its list, whose digest only all its chunks together show.
func (e farEntry) check(raw, into []byte) (content []byte, reason string) {
	content = raw
	if e.at.form == squeezed {
		var err error
		if content, err = unsqueeze(raw, into); err != nil {
			return nil, err.Error()
		}
	}
	if e.at.form == listed {
		if _, err := decodeList(content); err != nil {
			return nil, err.Error()
		}
		return content, ""
	}
	if got := ref.Of(content); got != e.d {
		return nil, "its content has digest " + got.Short()
	}
	return content, ""
}

// lists reads the lists of those objects that are in chunks.
func (f *Far) lists(ctx context.Context, digests []ref.Digest) (map[ref.Digest][]chunk, error) {
	return f.listsBut(ctx, digests, failing)
}

// soundLists is lists without those that are damaged, whose objects then count as not there.
func (f *Far) soundLists(ctx context.Context, digests []ref.Digest) (map[ref.Digest][]chunk, error) {
	return f.listsBut(ctx, digests, lenient)
}

func (f *Far) listsBut(ctx context.Context, digests []ref.Digest, lost func(ref.Digest, error) error) (map[ref.Digest][]chunk, error) {
	var listedOnes []ref.Digest
	for _, d := range digests {
		if at, ok := f.entry(d); ok && at.form == listed {
			listedOnes = append(listedOnes, d)
		}
	}
	var mu sync.Mutex
	all := map[ref.Digest][]chunk{}
	err := f.fetchBut(ctx, listedOnes, func(e farEntry, raw, _ []byte) error {
		list, err := decodeList(raw)
		mu.Lock()
		defer mu.Unlock()
		all[e.d] = list
		return err
	}, lost)
	return all, err
}

// ReadTogether returns the contents of objects that fit into memory; limit is in bytes,
// of each. Objects that are not there are left out.
func (f *Far) ReadTogether(ctx context.Context, digests []ref.Digest, limit int64) (map[ref.Digest][]byte, error) {
	lists, err := f.lists(ctx, digests)
	if err != nil {
		return nil, err
	}
	wanted := slices.DeleteFunc(slices.Clone(digests), func(d ref.Digest) bool { return lists[d] != nil })
	for _, list := range lists {
		for _, c := range list {
			wanted = append(wanted, c.digest)
		}
	}
	var mu sync.Mutex
	all := map[ref.Digest][]byte{}
	err = f.fetch(ctx, wanted, func(e farEntry, _, content []byte) error {
		mu.Lock()
		defer mu.Unlock()
		all[e.d] = slices.Clone(content)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for d, list := range lists {
		whole, err := join(d, list, all, limit)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, f.named(err)
		}
		all[d] = whole
	}
	return all, nil
}

// join puts a large object together and verifies it.
func join(d ref.Digest, list []chunk, parts map[ref.Digest][]byte, limit int64) ([]byte, error) {
	var whole []byte
	for _, c := range list {
		part, ok := parts[c.digest]
		if !ok {
			return nil, errs.New(errs.NotFound, "chunk %s of object %s is missing", c.digest.Short(), d.Short())
		}
		if whole = append(whole, part...); int64(len(whole)) > limit {
			return nil, errs.New(errs.TooLarge, "object %s is larger than %d bytes", d.Short(), limit)
		}
	}
	if got := ref.Of(whole); got != d {
		return nil, errs.New(errs.Corrupt, "object %s is damaged: its content has digest %s", d.Short(), got.Short())
	}
	return whole, nil
}
