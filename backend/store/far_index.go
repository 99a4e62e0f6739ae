package store

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/remote"
)

const (
	firstTail = 64 << 10 // bytes of a pack's end that are asked for first
	maxTail   = 1 << 30  // bytes of an index, with its footer on a remote
)

// tail is the end of a pack, index and footer, standing for the whole.
type tail struct {
	b    []byte
	size int64 // of the pack
}

// ReadAt reads the first line of a pack, which is not fetched, and the end.
func (t tail) ReadAt(p []byte, at int64) (int, error) {
	start := t.size - int64(len(t.b))
	switch {
	case at >= start && at <= t.size:
		n := copy(p, t.b[at-start:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	case at+int64(len(p)) <= int64(len(packMagic)):
		return copy(p, packMagic[at:]), nil
	}
	return 0, io.ErrUnexpectedEOF
}

// index reads the index of a pack, from the cache where it was read before. The pack is
// named after it, so that neither can be another.
func (f *Far) index(ctx context.Context, b remote.Blob) ([]row, error) {
	name := strings.TrimSuffix(path.Base(b.Name), packExt)
	if known, err := os.ReadFile(f.cached(name)); err == nil {
		if rows, err := parseIndex(tail{known, b.Size}, b.Size, name); err == nil {
			return rows, nil
		}
	}
	t, err := f.tail(ctx, b)
	if err != nil {
		return nil, err
	}
	rows, err := parseIndex(t, b.Size, name)
	if err == nil {
		f.remember(name, t.b)
		f.mu.Lock()
		f.saw(b.Name)
		f.mu.Unlock()
	}
	return rows, err
}

func (f *Far) cached(name string) string { return filepath.Join(f.cache, name+".index") }

// remember keeps an index. Where that fails it is fetched again, no more.
func (f *Far) remember(name string, tail []byte) {
	_ = atomicfile.WriteFile(f.cached(name), tail, 0o600)
}

func (f *Far) tail(ctx context.Context, b remote.Blob) (tail, error) {
	if b.Size < int64(len(packMagic))+footerSize {
		return tail{}, cutShort(b.Name)
	}
	end, err := f.get(ctx, b.Name, max(0, b.Size-firstTail), min(b.Size, firstTail))
	if err != nil {
		return tail{}, err
	}
	foot := end[len(end)-footerSize:]
	start := int64(binary.BigEndian.Uint64(foot[32:]))
	length := b.Size - start
	if string(foot[48:]) != footMagic || start < 0 || length < footerSize || length > maxTail {
		return tail{}, cutShort(b.Name)
	}
	if length > int64(len(end)) {
		more, err := f.get(ctx, b.Name, start, length-int64(len(end)))
		if err != nil {
			return tail{}, err
		}
		end = append(more, end...)
	}
	return tail{end[int64(len(end))-length:], b.Size}, nil
}

func cutShort(name string) error {
	return errs.New(errs.Corrupt, "%s is damaged: it does not end as a pack does, and may have been cut short", name).
		WithHint("push again from a project that has what was in it")
}
