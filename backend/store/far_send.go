package store

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/ref"
	"rondo/backend/remote"
)

const (
	cargoSize = 16 << 20 // bytes of a pack that is sent: what a cut connection costs at most, some times over
	senders   = 4
)

// Send copies what the remote lacks of the digests there, and sees that it has arrived.
// What an interrupted transfer has brought stays, and the next one goes on from there.
func (f *Far) Send(ctx context.Context, s *Store, digests []ref.Digest) (m Moved, err error) {
	parts, lists, files, err := f.lacking(ctx, s, digests, &m)
	if err != nil {
		return m, err
	}
	f.track.willMove(parts, s.entry)
	f.track.willMove(lists, s.entry)
	for _, wave := range [][]ref.Digest{parts, lists} { // no list before its chunks
		if err := f.sendPacks(ctx, s, wave, &m); err != nil {
			return m, err
		}
	}
	return m, f.sendWholes(ctx, s, files, &m)
}

// lacking returns what the remote does not have: small objects and chunks, lists, and
// objects that are files of their own here.
func (f *Far) lacking(ctx context.Context, s *Store, digests []ref.Digest, m *Moved) (parts, lists, files []ref.Digest, err error) {
	theirs, err := f.seenLists(ctx, digests)
	if err != nil {
		return nil, nil, nil, err
	}
	seen := map[ref.Digest]bool{}
	for _, d := range digests {
		if seen[d] {
			continue
		}
		seen[d] = true
		list, there := theirs[d], f.There(d)
		if there && f.all(list) {
			m.Present++
			continue
		}
		at, packed := s.entry(d)
		switch {
		case packed && at.form == listed:
			ours, err := s.chunks(d)
			if err != nil {
				return nil, nil, nil, err
			}
			for _, c := range ours {
				if !seen[c.digest] && !f.There(c.digest) {
					parts = append(parts, c.digest)
				}
				seen[c.digest] = true
			}
			lists = append(lists, d) // also where theirs names chunks that are lost
		case packed:
			parts = append(parts, d)
		default:
			files = append(files, d)
		}
	}
	return parts, lists, files, nil
}

// seenLists is soundLists once everything that they and what they name is in was seen.
func (f *Far) seenLists(ctx context.Context, digests []ref.Digest) (lists map[ref.Digest][]chunk, err error) {
	for lost := true; lost && err == nil; {
		if lists, err = f.soundLists(ctx, digests); err == nil {
			f.want(digests, lists)
			lost, err = f.See(ctx)
		}
	}
	return lists, err
}

func (f *Far) all(list []chunk) bool {
	for _, c := range list {
		if !f.There(c.digest) {
			return false
		}
	}
	return true
}

// sendFile sends an object that is a file of its own.
func (f *Far) sendFile(ctx context.Context, s *Store, d ref.Digest, m *Moved) error {
	info, err := s.whole(d)
	if err == nil {
		err = s.verifyOne(ctx, d)
	}
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(s.dir, info.File))
	if err != nil {
		return err
	}
	defer file.Close()
	name := path.Join(f.under, filepath.ToSlash(info.File))
	if err := f.store(ctx, name, io.NewSectionReader(file, 0, info.Stored)); err != nil {
		return f.named(err)
	}
	m.Objects++
	m.Bytes += info.Stored
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ill, name)
	f.whole[d], f.sizes[name] = remote.Blob{Name: name, Size: info.Stored}, info.Stored
	f.saw(name)
	return nil
}
