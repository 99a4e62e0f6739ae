package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rondo/backend/errs"
)

// Damage is a place in a file that cannot be read.
type Damage struct {
	File   string
	Offset int64
	Size   int64
	Tail   bool // nothing readable follows: a crash while writing, or a file still on its way
	Begun  bool // it is the beginning of a block that is longer than what is there
	Reason string
}

// String tells it to a person.
func (d Damage) String() string {
	if d.Tail {
		return fmt.Sprintf("captures %s: the last %d bytes are no whole block (%s), as after a crash", d.File, d.Size, d.Reason)
	}
	return fmt.Sprintf("captures %s: %d bytes at %d are damaged (%s); what follows is intact", d.File, d.Size, d.Offset, d.Reason)
}

// Scan calls fn with every intact block of a file from an offset on; 0 is the
// start. It returns where the last intact block ends. Damage inside is passed over.
func Scan(dir string, n int, from int64, fn func(at, end int64, text []byte) error) (end int64, damage []Damage, err error) {
	f, size, err := open(dir, n)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	if size == 0 {
		return 0, nil, nil // begun, and nothing written yet
	}
	s := scanner{f: f, size: size, name: filepath.Base(dir) + "/" + name(n)}
	if from < int64(len(header)) {
		if from = int64(len(header)); !s.hasHeader() {
			return 0, []Damage{{File: s.name, Size: size, Tail: size < from, Begun: size < from, Reason: "it does not begin as a file of captures does"}}, nil
		}
	}
	return s.run(from, fn)
}

func open(dir string, n int) (*os.File, int64, error) {
	f, err := os.Open(filepath.Join(dir, name(n)))
	if err != nil {
		return nil, 0, errs.New(errs.NotFound, "captures: %w", err).WithHint("it may have been removed by the retention limits")
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, errs.Wrap(errs.Unavailable, err, "captures")
	}
	return f, info.Size(), nil
}

type scanner struct {
	f    io.ReaderAt
	size int64
	name string
	buf  []byte
}

func (s *scanner) hasHeader() bool {
	b := make([]byte, len(header))
	_, err := s.f.ReadAt(b, 0)
	return err == nil && string(b) == header
}

func (s *scanner) run(at int64, fn func(at, end int64, text []byte) error) (end int64, damage []Damage, err error) {
	for at < s.size {
		text, next, why := s.block(at)
		if why == nil {
			if err := fn(at, next, text); err != nil {
				return at, damage, err
			}
			at = next
			continue
		}
		if !errs.Is(why, errs.Corrupt) {
			return at, damage, why
		}
		next, err := s.resume(at + 1)
		if err != nil {
			return at, damage, err
		}
		d := Damage{File: s.name, Offset: at, Size: next - at, Tail: next == s.size, Begun: next == s.size && s.begun(at), Reason: why.Error()}
		if damage = append(damage, d); d.Tail {
			return at, damage, nil
		}
		at = next
	}
	return at, damage, nil
}

// block reads the block at an offset. Kind Corrupt says that none is there.
func (s *scanner) block(at int64) (text []byte, next int64, err error) {
	head := make([]byte, min(headSize, max(0, s.size-at))) // an oldest block may be shorter than a head is now
	if _, err := s.f.ReadAt(head, at); err != nil || len(head) < oldSize {
		return nil, 0, cutShort(orEnd(err))
	}
	h, ok := parseHead(head)
	if !ok {
		return nil, 0, errs.New(errs.Corrupt, "it does not begin as a block does")
	}
	if next = at + h.size + h.stored; next > s.size {
		return nil, 0, errs.New(errs.Corrupt, "it is cut short")
	}
	if n := next - at; int64(cap(s.buf)) < n {
		s.buf = make([]byte, n)
	}
	s.buf = s.buf[:next-at]
	if _, err := s.f.ReadAt(s.buf, at); err != nil {
		return nil, 0, cutShort(err)
	}
	text, err = openBlock(s.buf)
	return text, next, err
}

// begun reports whether what lies at an offset can be a write that did not end.
func (s *scanner) begun(at int64) bool {
	b := make([]byte, min(headSize, s.size-at))
	if _, err := s.f.ReadAt(b, at); err != nil {
		return false
	}
	h, ok := parseHead(b)
	if !ok && len(b) < headSize {
		begin := b[:min(len(b), len(magic))]
		return bytes.HasPrefix([]byte(magic), begin) || bytes.HasPrefix([]byte(oldest), begin)
	}
	return ok && at+h.size+h.stored > s.size || s.empty(at)
}

// empty reports whether there are only zeros from an offset on, or from the last page of the
// disk on: a machine that stopped leaves those where the size of a file was written before its content.
func (s *scanner) empty(at int64) bool {
	at = max(at, (s.size-1)/page*page)
	b := make([]byte, s.size-at)
	_, err := s.f.ReadAt(b, at)
	return err == nil && len(bytes.Trim(b, "\x00")) == 0
}

const page = 4096 // bytes

func orEnd(err error) error {
	if err == nil {
		err = io.EOF
	}
	return err
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errs.New(errs.Corrupt, "it is cut short")
	}
	return errs.Wrap(errs.Unavailable, err, "read captures")
}

// resume looks for the next place where an intact block begins; the file's size
// where there is none.
func (s *scanner) resume(from int64) (int64, error) {
	window := make([]byte, 64<<10)
	for at := from; at < s.size; {
		n, err := s.f.ReadAt(window, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, errs.Wrap(errs.Unavailable, err, "read captures")
		}
		i := bytes.Index(window[:n], []byte(alike))
		if i < 0 {
			if at += int64(n) - int64(len(alike)) + 1; n < len(window) {
				break
			}
			continue
		}
		at += int64(i)
		if _, _, err := s.block(at); err == nil {
			return at, nil
		}
		at++
	}
	return s.size, nil
}

// Read returns the lines of the block at an offset.
func Read(dir string, n int, at int64) ([]byte, error) {
	f, size, err := open(dir, n)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := scanner{f: f, size: size}
	text, _, err := s.block(at)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "captures %s at %d: %w", name(n), at, err).WithHint("`rondo fsck` lists what is damaged")
	}
	return text, nil
}
