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

	"github.com/klauspost/compress/zstd"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// Small is the size in bytes up to which content goes into packs.
const Small = 64 << 10

// Store is an open object store. All methods may be called concurrently.
type Store struct {
	dir     string
	mu      sync.RWMutex
	packed  map[ref.Digest]place
	cleaned []string
}

// Open opens the store in dir, making it if need be. What a crash left
// unfinished is removed, but no file that another program may be writing.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, packsDir), 0o755); err != nil {
		return nil, diskError(err)
	}
	s := &Store{dir: dir, packed: map[ref.Digest]place{}}
	var err error
	if s.cleaned, err = atomicfile.RemoveAllAbandoned(dir, time.Now()); err != nil {
		return nil, diskError(err)
	}
	return s, s.loadPacks()
}

// View opens the store in dir for reading, also beside a program that writes to it or
// where nothing may be written. A folder that is not there holds nothing.
func View(dir string) (*Store, error) {
	s := &Store{dir: dir, packed: map[ref.Digest]place{}}
	err := s.loadPacks()
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return s, err
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
	head := make([]byte, 1<<20)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		if n <= Small {
			d, err := s.PutBytes(ctx, head)
			return d, int64(n), err
		}
		r = bytes.NewReader(nil)
	case err != nil:
		return ref.Zero, 0, err
	}
	return s.putLarge(ctx, head, r)
}

// PutBytes stores b.
func (s *Store) PutBytes(ctx context.Context, b []byte) (ref.Digest, error) {
	d := ref.Of(b)
	if s.Has(d) {
		return d, nil
	}
	if len(b) > Small {
		d, _, err := s.putLarge(ctx, b, bytes.NewReader(nil))
		return d, err
	}
	batch := s.Batch()
	defer batch.Discard()
	if _, err := batch.Add(b); err != nil {
		return ref.Zero, err
	}
	return d, batch.Commit()
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
	before, err := f.Stat()
	if err != nil {
		return ref.Zero, 0, err
	}
	if !before.Mode().IsRegular() {
		return ref.Zero, 0, errs.New(errs.Invalid, "%s is not a regular file", f.Name())
	}
	d, n, err := s.Put(ctx, f)
	if err != nil {
		return d, n, err
	}
	after, err := f.Stat()
	if err == nil && (after.Size() != n || !after.ModTime().Equal(before.ModTime())) {
		err = errs.New(errs.Conflict, "%s changed while it was read", f.Name()).WithHint("try again when nothing writes to it")
	}
	return d, n, err
}

func (s *Store) putLarge(ctx context.Context, head []byte, rest io.Reader) (ref.Digest, int64, error) {
	tmp, err := atomicfile.Create(filepath.Join(s.dir, "object"), 0o444)
	if err != nil {
		return ref.Zero, 0, diskError(err)
	}
	defer tmp.Close()
	suffix := ""
	early := &earlyWriter{f: tmp.File}
	var w io.WriteCloser = nopCloser{early}
	if gains(head) {
		suffix = zst
		if w, err = zstd.NewWriter(early, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(2)); err != nil {
			return ref.Zero, 0, err
		}
	}
	d, n, err := copyHashed(ctx, w, io.MultiReader(bytes.NewReader(head), rest))
	if e := w.Close(); err == nil {
		err = e
	}
	if err != nil {
		return ref.Zero, n, diskError(err)
	}
	if s.Has(d) {
		return d, n, nil
	}
	fault.Point("store.written")
	return d, n, diskError(s.keep(tmp, objectName(d)+suffix))
}

// keep makes the temporary file durable under its name.
func (s *Store) keep(tmp *atomicfile.File, name string) error {
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := tmp.CommitAs(path); err != nil {
		return err
	}
	fault.Point("store.kept")
	return atomicfile.SyncDir(s.dir)
}

var sampler = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
}}

// gains reports whether a sample shrinks by at least 5 %.
func gains(sample []byte) bool {
	sample = sample[:min(len(sample), 256<<10)]
	return len(squeeze(sample)) <= len(sample)*95/100
}

func squeeze(b []byte) []byte {
	e := sampler.Get().(*zstd.Encoder)
	defer sampler.Put(e)
	return e.EncodeAll(b, nil)
}

// diskError tells a person what a full or read-only disk means here.
func diskError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG):
		return errs.New(errs.Unavailable, "the disk is full, so nothing was stored: %w", err).
			WithHint("free some space and try again; what was stored before is intact")
	case errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Unavailable, "the project's folder cannot be written: %w", err).
			WithHint("make .rondo writable for you, or copy the project to a folder that is")
	}
	return err
}
