package points

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"rondo/backend/errs"
)

// Damage is a range of a file that does not hold whole blocks.
type Damage struct {
	File    string
	At, End int64
	Tail    bool // an unfinished write that nobody was answered for
}

// String says it to a person.
func (d Damage) String() string {
	if d.Tail {
		return fmt.Sprintf("%s: %d bytes of an unfinished write at offset %d", d.File, d.End-d.At, d.At)
	}
	return fmt.Sprintf("%s: %d bytes at offset %d are not what was written", d.File, d.End-d.At, d.At)
}

// Scan calls fn for every whole block from an offset on, which is 0 or the end of a
// block. End is where the file's good part ends: what comes after it was never
// acknowledged. A file that is not there is empty.
func Scan(path string, from int64, fn func(Block) error) (end int64, list []Damage, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, errs.Wrap(errs.Unavailable, err, "open metric points")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return 0, nil, errs.New(errs.Corrupt, "%s is not a file of metric points: %w", path, err)
	}
	return ScanReader(f, info.Size(), path, from, fn)
}

// ScanReader is Scan of bytes that are open already; path is their name in reports.
func ScanReader(r io.ReaderAt, size int64, path string, from int64, fn func(Block) error) (end int64, list []Damage, err error) {
	s := &scanner{f: r, path: path, size: size}
	return s.walk(from, fn)
}

type scanner struct {
	f    io.ReaderAt
	path string
	size int64
	buf  []byte
	room room
}

func (s *scanner) damage(at, end int64, tail bool) []Damage {
	return []Damage{{File: s.path, At: at, End: end, Tail: tail}}
}

func (s *scanner) walk(at int64, fn func(Block) error) (int64, []Damage, error) {
	if at == 0 {
		if s.size == 0 {
			return 0, nil, nil
		}
		ok, err := s.begins()
		if err != nil || !ok && s.size < int64(len(header)) {
			return 0, s.damage(0, s.size, true), err
		}
		if ok { // else what lies before the first block is damaged, as it may be between two
			at = int64(len(header))
		}
	}
	var all []Damage
	for at < s.size {
		b, ok, err := s.block(at)
		if err != nil {
			return at, all, err
		}
		if !ok {
			next, acknowledged, err := s.next(at)
			if err != nil {
				return at, all, err
			}
			unfinished := false
			if !acknowledged {
				if unfinished, err = s.unfinished(at, next); err != nil {
					return at, all, err
				}
			}
			if unfinished {
				return at, append(all, s.damage(at, s.size, true)...), nil
			}
			all = append(all, s.damage(at, next, false)...)
			at = next
			continue
		}
		if err := fn(b); err != nil {
			return at, all, err
		}
		at = b.End
	}
	return at, all, nil
}

func (s *scanner) begins() (bool, error) {
	b := make([]byte, len(header))
	n, err := s.f.ReadAt(b, 0)
	if err == io.EOF {
		err = nil
	}
	return string(b[:n]) == header || string(b[:n]) == oldest, errs.Wrap(errs.Unavailable, err, "read metric points")
}

// block reads and verifies the block at an offset.
func (s *scanner) block(at int64) (b Block, ok bool, err error) {
	var fixed [headSize]byte
	if at+headSize > s.size {
		return b, false, nil
	}
	if _, err := s.f.ReadAt(fixed[:], at); err != nil {
		return b, false, errs.Wrap(errs.Unavailable, err, "read metric points")
	}
	h, ok := parseHead(fixed[:])
	if !ok || at+headSize+h.size > s.size {
		return b, false, nil
	}
	if n := int(headSize + h.size); cap(s.buf) < n {
		s.buf = make([]byte, n, n+n/2)
	}
	s.buf = s.buf[:headSize+h.size]
	if _, err := s.f.ReadAt(s.buf, at); err != nil {
		return b, false, errs.Wrap(errs.Unavailable, err, "read metric points")
	}
	b = Block{
		At: at, End: at + headSize + h.size, Pending: h.flags&pending != 0, Count: h.points,
		payload: s.buf[headSize:], squeezed: h.flags&squeezed != 0, room: &s.room,
	}
	return b, whole(s.buf), nil
}

// unfinished reports whether a place that no later block speaks for can be a write that did
// not end: it is cut short, or the machine stopped when the file's size was on disk and its content
// was not. One whose bytes are all there and others was answered for.
func (s *scanner) unfinished(at, end int64) (bool, error) {
	b := make([]byte, min(headSize, s.size-at))
	if _, err := s.f.ReadAt(b, at); err != nil {
		return false, errs.Wrap(errs.Unavailable, err, "read metric points")
	}
	if begun(b, s.size-at) {
		return true, nil
	}
	from := max(at, (end-1)/page*page) // the last page of the disk
	b = make([]byte, end-from)
	if _, err := s.f.ReadAt(b, from); err != nil {
		return false, errs.Wrap(errs.Unavailable, err, "read metric points")
	}
	return len(bytes.Trim(b, "\x00")) == 0, nil
}

const page = 4096 // bytes

// next looks for the first whole block after a damaged place, and whether any later
// one says that the place had been on disk: then it was acknowledged.
func (s *scanner) next(bad int64) (first int64, acknowledged bool, err error) {
	first = s.size
	for at := bad + 1; at < s.size; {
		if at, err = s.find(at); err != nil || at >= s.size {
			return first, false, err
		}
		b, ok, err := s.block(at)
		if err != nil {
			return first, false, err
		}
		if !ok {
			at++
			continue
		}
		first = min(first, at)
		if h, _ := parseHead(s.buf); h.durable > bad {
			return first, true, nil
		}
		at = b.End
	}
	return first, false, nil
}

// find returns the next offset at which a block could begin.
func (s *scanner) find(at int64) (int64, error) {
	window := make([]byte, 64<<10)
	for at < s.size {
		n, err := s.f.ReadAt(window, at)
		if err != nil && err != io.EOF {
			return at, errs.Wrap(errs.Unavailable, err, "read metric points")
		}
		if i := bytes.Index(window[:n], []byte(magic)); i >= 0 {
			return at + int64(i), nil
		}
		at += int64(max(1, n-len(magic)+1))
	}
	return s.size, nil
}
