package store

import (
	"encoding/binary"
	"encoding/json"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

const (
	minPage  = 64   // rows before a node may end
	maxPage  = 1024 // rows at which it ends
	pageBits = 8    // of a path's hash that are zero where a page ends: 256 rows in the mean
	nodeBits = 6    // and further ones on each level above: 64
)

// TreeWriter makes a tree of files that come in the order of their paths. It holds one
// node of each level.
type TreeWriter struct {
	put    func(node []byte) (ref.Digest, error)
	inline []TreeFile // as long as they are few
	levels []*page
	last   string
	Files  int64
	Size   int64 // bytes
}

// newTreeWriter makes a writer that hands every node to put, which tells its digest.
func newTreeWriter(put func(node []byte) (ref.Digest, error)) *TreeWriter {
	return &TreeWriter{put: put}
}

// page is a node that is being filled.
type page struct {
	level  int
	b      []byte
	count  int
	last   string
	files  int64
	size   int64
	ended  int // nodes of this level before
	digest ref.Digest
}

// Add adds the next file.
func (w *TreeWriter) Add(f TreeFile) error {
	if f.Path <= w.last {
		return errs.New(errs.Internal, "%q was added to a tree after %q", f.Path, w.last)
	}
	if len(f.Path) > maxPath {
		return errs.New(errs.Invalid, "%.60q… is a longer path than a tree can hold", f.Path).WithHint("shorten the names of the folders around it")
	}
	w.last = f.Path
	w.Files++
	w.Size += f.Size
	if w.levels != nil {
		return w.file(f)
	}
	if w.inline = append(w.inline, f); len(w.inline) <= inlineFiles {
		return nil
	}
	for _, f := range w.inline {
		if err := w.file(f); err != nil {
			return err
		}
	}
	w.inline = nil
	return nil
}

// End returns the digest of the whole.
func (w *TreeWriter) End() (ref.Digest, error) {
	if w.levels == nil {
		b, err := encodeInline(w.inline)
		if err != nil {
			return ref.Zero, err
		}
		return w.put(b)
	}
	for k := 0; ; k++ {
		p := w.levels[k]
		if p.ended == 0 && (p.level == 0 || p.count > 1) {
			return w.put(p.node())
		}
		if p.ended == 0 {
			return p.digest, nil // of the one node below
		}
		if err := w.end(p); err != nil {
			return ref.Zero, err
		}
	}
}

func encodeInline(files []TreeFile) ([]byte, error) {
	if files == nil {
		files = []TreeFile{}
	}
	return json.Marshal(Tree{files})
}

func (w *TreeWriter) level(k int) *page {
	if k == len(w.levels) {
		w.levels = append(w.levels, &page{level: k})
	}
	return w.levels[k]
}

func (w *TreeWriter) file(f TreeFile) error {
	p := w.level(0)
	p.path(f.Path)
	size := uint64(f.Size) << 1
	if f.Exec {
		size |= 1
	}
	p.b = binary.AppendUvarint(p.b, size)
	p.b = append(p.b, f.Digest[:]...)
	p.files++
	p.size += f.Size
	if p.full() {
		return w.end(p)
	}
	return nil
}

// end closes a node and tells the level above.
func (w *TreeWriter) end(p *page) error {
	if p.count == 0 {
		return nil
	}
	d, err := w.put(p.node())
	if err != nil {
		return err
	}
	c := child{p.last, p.files, p.size, d}
	*p = page{level: p.level, b: p.b[:0], ended: p.ended + 1}
	return w.below(p.level+1, c)
}

// below adds a node to the level above it.
func (w *TreeWriter) below(level int, c child) error {
	up := w.level(level)
	up.path(c.last)
	up.b = binary.AppendUvarint(up.b, uint64(c.files)<<1)
	up.b = binary.AppendUvarint(up.b, uint64(c.size)<<1)
	up.b = append(up.b, c.digest[:]...)
	up.digest = c.digest
	up.files += c.files
	up.size += c.size
	if up.full() {
		return w.end(up)
	}
	return nil
}

// paused reports whether a page has just ended, so that one that is known may come next.
func (w *TreeWriter) paused() bool { return w.levels != nil && w.levels[0].count == 0 }

// addPage adds a page that is stored, where the writer is paused. It must end where a
// page of these paths does.
func (w *TreeWriter) addPage(c child) error {
	w.last = c.last
	w.Files += c.files
	w.Size += c.size
	w.levels[0].ended++
	return w.below(1, c)
}

// path begins a row.
func (p *page) path(name string) {
	shared := 0
	for shared < len(p.last) && shared < len(name) && p.last[shared] == name[shared] {
		shared++
	}
	p.b = binary.AppendUvarint(p.b, uint64(shared))
	p.b = binary.AppendUvarint(p.b, uint64(len(name)-shared))
	p.b = append(p.b, name[shared:]...)
	p.last = name
	p.count++
}

// full reports whether the node ends with its last row.
func (p *page) full() bool {
	if p.count < minPage || p.count >= maxPage {
		return p.count >= maxPage
	}
	h := pathHash(p.last)
	if p.level == 0 {
		return h&(1<<pageBits-1) == 0
	}
	return h>>(pageBits+nodeBits*(p.level-1))&(1<<nodeBits-1) == 0
}

// pathHash is FNV-1a of 64 bits, whose bits are mixed once more as MurmurHash3 does in the end.
func pathHash(s string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (p *page) node() []byte {
	b := make([]byte, 0, len(nodeMagic)+1+binary.MaxVarintLen32+len(p.b))
	b = append(append(b, nodeMagic...), byte(p.level))
	b = binary.AppendUvarint(b, uint64(p.count))
	return append(b, p.b...)
}
