// Package store keeps content by its digest: immutable objects under
// .rondo/objects, large ones as a file each, small ones together in packs.
//
// Whatever is read is verified while it is read. What the objects mean, and which
// are still needed, is for the nouns to know. The bytes are described in
// docs/formats/objects.md.
package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Small is the size in bytes up to which content is kept in one piece, in a pack. What
// is larger is cut into chunks, which packs hold too.
const Small = 1 << 20

// oldSmall is Small as it was when larger content was a file of its own.
const oldSmall = 64 << 10

// Store is an open object store. All methods may be called concurrently.
type Store struct {
	dir       string
	mu        sync.RWMutex
	packed    *table
	packs     map[string]*pack // by name
	cleaned   []string
	asides    []string // packs that were set aside and of which nobody was told yet
	group     group
	merging   sync.Mutex
	condemned condemned
	suspects  suspects
	leaps     leaps
	sound     sound
	wholes    map[ref.Digest]Stamp // how objects that are files of their own looked when they were read and found sound
}

func at(dir string) *Store {
	return &Store{dir: dir, packed: newTable(), packs: map[string]*pack{}}
}

// Open opens the store in dir, making it if need be. What a crash left
// unfinished is removed, but no file that another program may be writing.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, packsDir), 0o755); err != nil {
		return nil, diskError(err)
	}
	s := at(dir)
	s.comeBack()
	if err := s.Reload(); err != nil {
		return nil, readError(packsDir, err)
	}
	var err error
	s.cleaned, err = atomicfile.RemoveAllAbandoned(dir, time.Now())
	return s, diskError(err)
}

// View opens the store in dir for reading, also beside a program that writes to it or
// where nothing may be written. A folder that is not there holds nothing.
func View(dir string) (*Store, error) {
	s := at(dir)
	return s, s.Reload()
}

// Cleaned names the unfinished files that Open removed.
func (s *Store) Cleaned() []string { return s.cleaned }

func objectName(d ref.Digest) string {
	hex := d.String()
	return filepath.Join(hex[:2], hex[2:])
}

const zst = ".zst"

// Put stores what r holds and returns its digest and length. It is durable on return.
func (s *Store) Put(ctx context.Context, r io.Reader) (ref.Digest, int64, error) {
	return s.putNext(ctx, r, ref.Zero)
}

// putNext is Put of what is the next version of an object, if that is not Zero.
func (s *Store) putNext(ctx context.Context, r io.Reader, before ref.Digest) (ref.Digest, int64, error) {
	head := make([]byte, Small+1)
	n, err := fill(head, r)
	switch {
	case errors.Is(err, io.EOF) && n <= Small:
		d, err := s.PutBytes(ctx, head[:n])
		return d, int64(n), err
	case err != nil && !errors.Is(err, io.EOF):
		return ref.Zero, 0, err
	}
	return s.putLarge(ctx, io.MultiReader(bytes.NewReader(head), r), before)
}

func (s *Store) putLarge(ctx context.Context, r io.Reader, before ref.Digest) (ref.Digest, int64, error) {
	losses := s.losses()
	p := s.packer()
	d, n, err := p.putLarge(ctx, r, before)
	if err != nil {
		p.discard(ctx)
		return d, n, diskError(err)
	}
	if err = p.flush(ctx); err == nil && s.losses() != losses && !s.Has(d) {
		err = collected("object " + d.Short())
	}
	return d, n, err
}

// PutBytes stores b.
func (s *Store) PutBytes(ctx context.Context, b []byte) (ref.Digest, error) {
	if len(b) > Small {
		d, _, err := s.putLarge(ctx, bytes.NewReader(b), ref.Zero)
		return d, err
	}
	s.sentence()
	ready := s.prepareWhole(b, true)
	if ready.here {
		return ready.digest, nil
	}
	return ready.digest, s.group.put(s, ready)
}

// PutFile stores the file at path.
func (s *Store) PutFile(ctx context.Context, path string) (ref.Digest, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return ref.Zero, 0, err
	}
	defer f.Close()
	return s.PutOpen(ctx, f)
}

// PutOpen stores what an open file holds from where it stands.
func (s *Store) PutOpen(ctx context.Context, f *os.File) (ref.Digest, int64, error) {
	return s.putOpen(ctx, f, ref.Zero)
}

func (s *Store) putOpen(ctx context.Context, f *os.File, former ref.Digest) (ref.Digest, int64, error) {
	before, err := f.Stat()
	if err != nil {
		return ref.Zero, 0, err
	}
	if !before.Mode().IsRegular() {
		return ref.Zero, 0, errs.New(errs.Invalid, "%s is not a regular file", f.Name())
	}
	d, n, err := s.putNext(ctx, f, former)
	if err == nil {
		err = unchanged(f, before, n)
	}
	return d, n, err
}

// unchanged refuses what was read of a file that somebody wrote to meanwhile.
func unchanged(f *os.File, before fs.FileInfo, read int64) error {
	after, err := f.Stat()
	if err == nil && (after.Size() != read || !after.ModTime().Equal(before.ModTime())) {
		err = errs.New(errs.Conflict, "%s changed while it was read", f.Name()).WithHint("try again when nothing writes to it")
	}
	return err
}

// readError names a file of the store that may not be read; its content may be well.
func readError(name string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return diskError(err)
	}
	return errs.New(errs.Unavailable, ".rondo/objects/%s cannot be read: %w", filepath.ToSlash(name), fs.ErrPermission).
		WithHint("give yourself the right to read it: chmod -R u+rX .rondo")
}

// diskError tells a person what a full or read-only disk means here.
func diskError(err error) error {
	var said *errs.Error
	switch {
	case err == nil || errors.As(err, &said):
		return err
	case BadSector(err):
		return sectorError(err)
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG):
		return errs.New(errs.Unavailable, "the disk is full, so nothing was stored: %w", err).
			WithHint("free some space and try again; what was stored before is intact")
	case errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "the project's folder cannot be written: %w", err).
			WithHint("make .rondo writable for you, or copy the project to a folder that is")
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return errs.New(errs.Unavailable, "the disk with the project does not do its work: %w", err).
			WithHint("see whether it is well (dmesg, smartctl) and try again; what was stored before is intact")
	}
	return err
}
