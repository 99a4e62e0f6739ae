package store

import (
	"encoding/binary"
	"errors"
	"io/fs"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// A tree of more than inlineFiles files is a tree of nodes too: pages of files in the
// order of their paths, and above them, level by level, nodes that hold the last path,
// the files, the bytes and the digest of each node below. Where a page ends depends on
// the paths alone, so that a change of one file makes one new node on each level, and
// two trees share the nodes of what they have in common.
//
// A node is: the magic line, its level (1 byte, 0 for a page), the number of its rows,
// the rows. docs/formats/objects.md has the details.
const (
	nodeMagic   = "rondo tree 2\n"
	inlineFiles = 1000 // up to which a tree is one list in JSON
	maxLevel    = 12
	maxFileSize = 1 << 50 // bytes
	maxPath     = 1 << 16 // bytes: what can be opened is shorter, and each row of a node may repeat it
)

// child is a node below another.
type child struct {
	last   string // the last path in it
	files  int64
	size   int64
	digest ref.Digest
}

// node is a decoded node: a page has files, one above it has children.
type node struct {
	level    int
	files    []TreeFile
	children []child
}

func (n *node) last() string {
	if n.level == 0 {
		return n.files[len(n.files)-1].Path
	}
	return n.children[len(n.children)-1].last
}

func (n *node) sum() (files, size int64) {
	for _, f := range n.files {
		size += f.Size
	}
	files = int64(len(n.files))
	for _, c := range n.children {
		files, size = files+c.files, size+c.size
	}
	return files, size
}

// decodeNode reads a node, or a tree that is one list, and checks all that can be seen
// in it alone. A path that would leave a folder is refused.
func decodeNode(d ref.Digest, b []byte) (*node, error) {
	if len(b) >= len(nodeMagic) && string(b[:len(nodeMagic)]) == nodeMagic {
		n, err := parseNode(b[len(nodeMagic):])
		if err != nil {
			return nil, errs.New(errs.Invalid, "tree %s cannot be used: %w", d.Short(), err)
		}
		return n, nil
	}
	files, err := parseInline(d, b)
	return &node{files: files}, err
}

func allowed(name string) bool { return fs.ValidPath(name) && name != "." }

var (
	errNode  = errors.New("a node is cut short or not one")
	errOrder = errors.New("its paths are not in order")
)

func parseNode(b []byte) (*node, error) {
	p := nodeParser{b: b}
	n := &node{level: int(p.byte())}
	count := p.uint()
	if p.bad || n.level > maxLevel || count == 0 || count > maxPage {
		return nil, errNode
	}
	if n.level == 0 {
		n.files = make([]TreeFile, 0, count)
	} else {
		n.children = make([]child, 0, count)
	}
	for range count {
		p.row(n)
		if p.bad {
			return nil, errNode
		}
		if p.err != nil {
			return nil, p.err
		}
	}
	if len(p.b) > 0 {
		return nil, errNode
	}
	return n, nil
}

// nodeParser takes rows off the front of a node.
type nodeParser struct {
	b    []byte
	last string
	bad  bool
	err  error
}

func (p *nodeParser) row(n *node) {
	name := p.path()
	if p.bad {
		return
	}
	if name <= p.last {
		p.err = errOrder
	} else if !allowed(name) {
		p.err = errs.New(errs.Invalid, "the path %q is not allowed", name)
	}
	p.last = name
	if n.level == 0 {
		size := p.uint()
		p.bad = p.bad || size>>1 > maxFileSize
		n.files = append(n.files, TreeFile{Path: name, Size: int64(size >> 1), Exec: size&1 == 1, Digest: p.digest()})
		return
	}
	c := child{last: name, files: int64(p.uint() >> 1), size: int64(p.uint() >> 1)}
	c.digest = p.digest()
	n.children = append(n.children, c)
}

// path is what the one before has in common with it, and the rest.
func (p *nodeParser) path() string {
	shared, length := p.uint(), p.uint()
	if p.bad || shared > uint64(len(p.last)) || length > uint64(len(p.b)) || shared+length > maxPath {
		p.bad = true
		return ""
	}
	name := p.last[:shared] + string(p.b[:length])
	p.b = p.b[length:]
	return name
}

func (p *nodeParser) byte() byte {
	if len(p.b) == 0 {
		p.bad = true
		return 0
	}
	c := p.b[0]
	p.b = p.b[1:]
	return c
}

func (p *nodeParser) uint() uint64 {
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.bad = true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *nodeParser) digest() (d ref.Digest) {
	if len(p.b) < len(d) {
		p.bad = true
		return d
	}
	copy(d[:], p.b)
	p.b = p.b[len(d):]
	return d
}
