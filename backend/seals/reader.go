package seals

import (
	"io"
	"io/fs"
	"os"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// reader gives the content of a file block by block, each verified before any of it.
// The file itself is out of sight: the system would pass on what nobody has verified.
type reader struct {
	file *os.File
	k    *Keeper
	path string // on this machine
	name string
	info fs.FileInfo
	list []Seal // those that fit all blocks so far

	pos   int64
	block []byte
	at    int // which block that is; -1: none yet
	bad   error
}

// verified reads through the seals where there are some.
func (k *Keeper) verified(f *os.File, path, name string, list []Seal, certain bool) (fs.File, error) {
	info, err := f.Stat()
	if err != nil || len(list) == 0 || !info.Mode().IsRegular() {
		return f, err
	}
	r := &reader{file: f, k: k, path: path, name: name, info: info, at: -1}
	for _, s := range list {
		if s.Size == info.Size() {
			r.list = append(r.list, s)
		}
	}
	if len(r.list) == 0 && !certain {
		return f, nil // what was to come has not, and what lies here is from before there were seals
	}
	if k.seenBad(path, info) || len(r.list) == 0 {
		return nil, r.damaged()
	}
	if info.Size() > Block && certain {
		return r, nil
	}
	if err := r.load(0); err != nil && (certain || !errs.Is(err, errs.Corrupt)) {
		return nil, err
	} else if err != nil {
		return f, nil
	}
	return r, nil
}

// load verifies a block and keeps it.
func (r *reader) load(n int) error {
	if r.bad != nil {
		return r.bad
	}
	if r.at == n {
		return nil
	}
	r.at = -1
	size := int(min(Block, r.info.Size()-int64(n)*Block))
	if cap(r.block) < size {
		r.block = make([]byte, size)
	}
	r.block = r.block[:size]
	if _, err := r.file.ReadAt(r.block, int64(n)*Block); err != nil && err != io.EOF {
		return errs.Wrap(errs.Unavailable, err, "read %s", r.name)
	}
	d := ref.Of(r.block)
	var fit []Seal
	for _, s := range r.list {
		if n < len(s.Blocks) && s.Blocks[n] == d {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		r.bad = r.damaged()
		r.k.noteBad(r.path, r.info)
		return r.bad
	}
	r.list, r.at = fit, n
	return nil
}

func (r *reader) damaged() error { return Damaged(r.name) }

// Damaged is what is said of a file that is not what was sealed.
func Damaged(name string) error {
	return errs.New(errs.Corrupt, "%.200q is damaged: it is not what was written when it came", name).
		WithHint("put it back from a backup or a teammate's copy, or send it again; if it was changed on purpose, `rondo seal --accept` says so")
}

// Read implements io.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.pos >= r.info.Size() {
		return 0, io.EOF
	}
	n := int(r.pos / Block)
	if err := r.load(n); err != nil {
		return 0, err
	}
	c := copy(b, r.block[r.pos-int64(n)*Block:])
	r.pos += int64(c)
	return c, nil
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.info.Size()
	}
	if offset < 0 {
		return 0, errs.New(errs.Invalid, "a place before the start of %.200q", r.name)
	}
	r.pos = offset
	return offset, nil
}

// Stat implements fs.File.
func (r *reader) Stat() (fs.FileInfo, error) { return r.info, nil }

// Close implements io.Closer.
func (r *reader) Close() error { return r.file.Close() }

// Found is the damage that reading a file from Open came upon, nil for none. Whoever passes the
// content on asks when the reading is over, and cuts what was not ended.
func Found(f any) error {
	if r, ok := f.(*reader); ok {
		return r.bad
	}
	return nil
}

const keptBad = 1000

func (k *Keeper) seenBad(path string, info fs.FileInfo) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was, ok := k.bad[path]
	return ok && was == sight{info.Size(), info.ModTime()}
}

func (k *Keeper) noteBad(path string, info fs.FileInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.bad) >= keptBad {
		clear(k.bad)
	}
	k.bad[path] = sight{info.Size(), info.ModTime()}
}
