package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// Heal replaces objects that are damaged here by what a remote has of them, once that is
// verified, and returns those that are intact now. The new is durable before the old goes.
func (s *Store) Heal(ctx context.Context, f *Far, damaged map[ref.Digest]bool) (healed map[ref.Digest]bool, err error) {
	var wanted []ref.Digest
	for d := range damaged {
		if f.There(d) {
			wanted = append(wanted, d)
		}
	}
	lists, err := f.soundLists(ctx, wanted)
	if err != nil {
		return nil, err
	}
	healed = map[ref.Digest]bool{}
	p := s.packer()
	fresh := make(chan ref.Digest, len(wanted))
	err = f.fetchBut(ctx, wanted, func(e farEntry, raw, _ []byte) error {
		if e.at.form == listed {
			return nil
		}
		fresh <- e.d
		return p.add(prepared{digest: e.d, stored: bytes.Clone(raw), form: e.at.form})
	}, lenient)
	if err = errors.Join(err, p.flush(ctx)); err != nil {
		return healed, err
	}
	close(fresh)
	for d := range fresh {
		healed[d] = true
	}
	if err := s.drop(ctx, healed); err != nil {
		return healed, err
	}
	return healed, s.healLarge(ctx, f, damaged, healed, lists)
}

// healLarge mends lists, and objects that are files of their own, with what is intact by now.
func (s *Store) healLarge(ctx context.Context, f *Far, damaged, healed map[ref.Digest]bool, lists map[ref.Digest][]chunk) error {
	also := map[ref.Digest]bool{}
	p := s.packer()
	for d := range damaged {
		if healed[d] || !f.There(d) {
			continue
		}
		list, large := lists[d]
		var m Moved
		var err error
		switch {
		case large:
			if _, lacks := s.lacks(list); lacks {
				lost := Lost{}
				if err = cmp.Or(s.receive(ctx, f, []ref.Digest{d}, &m, lost), lost[d]); err != nil {
					break
				}
			}
			err = s.receiveList(ctx, f, p, d, list, &m)
		default:
			err = s.swapWhole(ctx, f, d)
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), p.flush(ctx))
		}
		if err == nil {
			also[d] = true
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	for d := range also {
		healed[d] = true
	}
	return s.drop(ctx, also)
}

// swapWhole puts an intact object in the place of a damaged one that is a file of its
// own. That is set aside until the new one is durable.
func (s *Store) swapWhole(ctx context.Context, f *Far, d ref.Digest) error {
	info, err := s.whole(d)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, info.File)
	if err := os.Rename(path, path+aside); err != nil {
		return diskError(err)
	}
	var m Moved
	if err := s.receiveWhole(ctx, f, d, &m); err != nil {
		return errors.Join(err, os.Rename(path+aside, path))
	}
	return diskError(os.Remove(path + aside))
}

const aside = ".damaged" // what is kept of a damaged file whose content could not be told

// drop writes every pack that held one of these, healed by another pack, without it.
// Entries that are damaged still are copied as they are: they stay named.
func (s *Store) drop(ctx context.Context, healed map[ref.Digest]bool) error {
	if len(healed) == 0 {
		return nil
	}
	s.merging.Lock()
	defer s.merging.Unlock()
	keep := map[string]bool{}
	for d := range healed {
		if at, ok := s.entry(d); ok {
			keep[at.pack.name] = true // where the intact one lies
		}
	}
	names, err := s.packNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		if keep[name] || ctx.Err() != nil {
			continue
		}
		if err := s.rewrite(name, healed); err != nil {
			return err
		}
	}
	if err := errors.Join(ctx.Err(), s.reread()); err != nil {
		return err
	}
	return s.dropWhole(slices.Collect(maps.Keys(healed))...)
}

// dropWhole removes objects that are files of their own where a pack has them too.
func (s *Store) dropWhole(digests ...ref.Digest) error {
	for _, d := range digests {
		info, err := s.whole(d)
		if err != nil || !s.packedWhole(d) {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, info.File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskError(err)
		}
		fault.Point("store.whole-dropped")
	}
	return nil
}

// packedWhole reports whether packs have the object with all its chunks.
func (s *Store) packedWhole(d ref.Digest) bool {
	_, packed := s.entry(d)
	return packed && s.Has(d)
}

func (s *Store) rewrite(name string, without map[ref.Digest]bool) error {
	path := filepath.Join(s.dir, name)
	rows, _, err := readIndex(path)
	if err != nil {
		return nil // SetAside deals with those
	}
	left := slices.DeleteFunc(rows, func(at row) bool { return without[at.digest] })
	if len(left) == len(rows) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b := s.Batch()
	defer b.Discard()
	whole, err := b.copyOf(f, left)
	if err != nil {
		return err
	}
	if _, err := b.commit(); err != nil {
		return err
	}
	fault.Point("store.healed")
	if !whole {
		return s.setAside(name) // another program, or a disk that is cooled down, may get more out of it
	}
	return diskError(os.Remove(path))
}

// copyOf adds entries of a pack as they are. Of one that the disk cannot read there are zeros
// from there on, which its digest tells, and the copy is not whole.
func (b *Batch) copyOf(f *os.File, rows []row) (whole bool, err error) {
	whole = true
	for _, at := range rows {
		raw := make([]byte, at.stored)
		_, err := fault.ReaderAt(f).ReadAt(raw, at.offset)
		if err != nil && !BadSector(err) {
			return false, diskError(err)
		}
		whole = whole && err == nil
		if err := b.add(prepared{digest: at.digest, stored: raw, form: at.form}); err != nil {
			return false, err
		}
	}
	return whole, nil
}

// SetAside renames packs whose index is damaged, so that nobody stumbles over them. Those that may not be read
// stay, since they may be well; those that the disk cannot read do not.
func (s *Store) SetAside() (stay []string, err error) {
	for _, bad := range s.verifyPacks() {
		if filepath.Ext(bad.file) != packExt || errs.Is(bad.err, errs.Unavailable) && !BadSector(bad.err) {
			stay = append(stay, bad.file)
			continue
		}
		if err := s.setAside(bad.file); err != nil {
			return stay, err
		}
	}
	return stay, s.reread()
}

func (s *Store) setAside(name string) error {
	if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(s.dir, name+aside)); err != nil {
		return diskError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asides = append(s.asides, name+aside)
	return nil
}

// Asides are the new names of packs that were set aside since it was asked for the last time.
// They can be given their name back.
func (s *Store) Asides() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.asides
	s.asides = nil
	return names
}
