package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/remote"
)

const maxMend = 256 << 20 // bytes of a pack that is put together in memory

// Mend puts damaged packs in the place of themselves as they were, in one step, where s has
// what is damaged in them just as it lay there. Their names and indexes stay, so that whoever
// reads or pushes at the same time is not disturbed, and of two who mend one pack both put the
// same bytes. What is not mended is not there for Send, which sends it in another pack.
func (f *Far) Mend(ctx context.Context, s *Store, m *Moved) error {
	f.mu.RLock()
	names := slices.AppendSeq(slices.Collect(maps.Keys(f.ill)), maps.Keys(f.bad))
	f.mu.RUnlock()
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if path.Ext(name) != packExt {
			continue
		}
		if err := f.mendPack(ctx, s, name, m); err != nil {
			return f.named(err)
		}
	}
	return nil
}

func (f *Far) mendPack(ctx context.Context, s *Store, name string, m *Moved) error {
	b, err := f.outline(ctx, name)
	if b == nil || err != nil {
		return err
	}
	o := opener{s: s}
	defer o.close()
	f.mu.RLock()
	wanted := slices.Clone(b.rows)
	wanted = slices.DeleteFunc(wanted, func(r row) bool { return !f.ill.has(name, r.digest) })
	f.mu.RUnlock()
	if !f.fill(ctx, &o, b, wanted) {
		return nil
	}
	rest, err := f.salvage(ctx, b, wanted)
	if err != nil || !f.fill(ctx, &o, b, rest) {
		return err
	}
	fault.Point("store.far-mending")
	if err := f.replace(ctx, name, remote.Content(b.bytes)); err != nil {
		return err
	}
	fault.Point("store.far-mended")
	f.remember(strings.TrimSuffix(path.Base(name), packExt), b.bytes[b.end:])
	m.Objects += max(1, len(wanted)+len(rest))
	m.Bytes += int64(len(b.bytes))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep(&b.pack)
	return nil
}

// broken is a pack that is put together anew.
type broken struct {
	pack
	bytes []byte // as it was
	end   int64  // where its index begins
}

// outline is a pack without its entries, as its index tells, which this device may have kept
// where the remote's is damaged. Nil where none is to be had.
func (f *Far) outline(ctx context.Context, name string) (*broken, error) {
	base := strings.TrimSuffix(path.Base(name), packExt)
	known, err := os.ReadFile(f.cached(base))
	if err != nil {
		f.mu.RLock()
		size := f.sizes[name]
		f.mu.RUnlock()
		t, err := f.tail(ctx, remote.Blob{Name: name, Size: size})
		if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		known = t.b
	}
	if len(known) < footerSize {
		return nil, nil
	}
	end := int64(binary.BigEndian.Uint64(known[len(known)-footerSize+32:]))
	size := end + int64(len(known))
	if end < int64(len(packMagic)) || size > maxMend {
		return nil, nil
	}
	rows, err := parseIndex(tail{known, size}, size, base)
	if err != nil {
		return nil, nil
	}
	b := &broken{pack{name, size, rows}, make([]byte, size), end}
	copy(b.bytes, packMagic)
	copy(b.bytes[end:], known)
	return b, nil
}

// salvage takes from the remote what is sound there of a pack, but for what is there already,
// and returns the rest.
func (f *Far) salvage(ctx context.Context, b *broken, but []row) (rest []row, err error) {
	seen := map[ref.Digest]bool{}
	for _, r := range but {
		seen[r.digest] = true
	}
	var entries []farEntry
	for _, r := range b.rows {
		if !seen[r.digest] {
			entries = append(entries, farEntry{r.digest, place{&b.pack, r.offset, r.stored, r.form}})
		}
	}
	for _, part := range ranges(entries) {
		_, err := f.fetchRange(ctx, part, func(e farEntry, raw, _ []byte) error {
			seen[e.d] = true
			copy(b.bytes[e.at.offset:], raw)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(b.rows), func(r row) bool { return seen[r.digest] }), nil
}

// fill takes entries from the store, and reports whether it has all of them as they were.
func (f *Far) fill(ctx context.Context, o *opener, b *broken, rows []row) bool {
	for _, r := range rows {
		raw := f.storedAs(ctx, o, r)
		if raw == nil && r.stored > 0 {
			return false
		}
		copy(b.bytes[r.offset:], raw)
	}
	return true
}

// storedAs returns an object as it lies in an entry; nil where the store has it not, or not
// like that.
func (f *Far) storedAs(ctx context.Context, o *opener, r row) []byte {
	if at, ok := o.s.entry(r.digest); ok && at.form == r.form && at.stored == r.stored {
		var buf buffers
		if o.verify(r.digest, at, &buf) != nil {
			return nil
		}
		raw := buf.raw[:at.stored]
		if list, err := decodeList(raw); r.form == listed && (err != nil || !f.all(list)) {
			return nil
		}
		return bytes.Clone(raw)
	}
	if r.form == listed {
		return nil
	}
	content, err := o.s.ReadAll(ctx, r.digest, maxUnpacked)
	if err != nil {
		return nil
	}
	for _, as := range map[form][]codec{plain: {bytes.Clone}, squeezed: {squeeze, spell}}[r.form] {
		if raw := as(content); len(raw) == int(r.stored) {
			return raw
		}
	}
	return nil
}
