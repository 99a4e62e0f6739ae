package table

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// The library makes room for what a page header says before it has seen the page. A header
// of a few bytes can say 2 GiB, so all are read before it does: a page may be as large as
// pages are, or as its compressed bytes make likely.
const (
	pageBytes  = 16 << 20 // bytes, unpacked, that any page may have; writers make them of about 1 MiB
	pageRatio  = 1024     // or so many times its compressed bytes
	headStep   = 512      // bytes of a header that are read first
	maxHead    = 1 << 20  // bytes of a header: it may hold the least and the greatest value
	maxNesting = 16
)

// checkPages walks the pages of a column in one row group.
func checkPages(file io.ReaderAt, size int64, c *format.ColumnMetaData, list bool) error {
	values := valuesOf{c: c, list: list}
	at := c.DataPageOffset
	if c.DictionaryPageOffset > 0 && c.DictionaryPageOffset < at {
		at = c.DictionaryPageOffset
	}
	end := at + c.TotalCompressedSize
	if at < 0 || c.TotalCompressedSize < 0 || end < at || end > size {
		return parquetError("a column lies beyond its end")
	}
	for at < end {
		h, err := readPageHead(file, at, end)
		if err != nil {
			return err
		}
		most := max(pageBytes, pageRatio*int64(h.packed))
		if h.packed < 0 || h.unpacked < 0 || int64(h.packed) > size-at-int64(h.length) || int64(h.unpacked) > most {
			return parquetError("a page says that it has %d bytes, and %d unpacked", h.packed, h.unpacked)
		}
		if err := values.page(h); err != nil {
			return err
		}
		if c.Type == format.Boolean && format.Encoding(h.encoding) == format.RLE && !h.dictionary { // the library reads runs of eight only
			return parquetError("flags of %q are written in runs (RLE), which are not read here", strings.Join(c.PathInSchema, "."))
		}
		at += int64(h.length) + int64(h.packed)
	}
	return nil
}

// pageHead is what the header of a page says (parquet.thrift, PageHeader).
type pageHead struct {
	unpacked, packed, values int32
	encoding                 int32
	length                   int  // bytes of the header itself
	dictionary               bool // its values are those that others refer to
}

var errShort = errors.New("the header goes on")

func readPageHead(file io.ReaderAt, at, end int64) (h pageHead, err error) {
	for n := int64(headStep); ; n *= 8 {
		n = min(n, end-at, maxHead)
		b := make([]byte, n)
		if _, err := file.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return h, err
		}
		h, err = parsePageHead(b)
		if !errors.Is(err, errShort) {
			return h, err
		}
		if n == end-at || n == maxHead {
			return h, parquetError("a page's header has no end")
		}
	}
}

// parsePageHead reads the compact form of Thrift
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
func parsePageHead(b []byte) (h pageHead, err error) {
	p := &compact{b: b}
	err = p.fields(0, func(id int, kind byte) (bool, error) {
		switch {
		case kind == compactI32 && id == 2:
			h.unpacked = int32(p.zigzag())
		case kind == compactI32 && id == 3:
			h.packed = int32(p.zigzag())
		case kind == compactStruct && (id == 5 || id == 7 || id == 8): // of data, a dictionary, data in the second form
			h.dictionary = id == 7
			encoding := map[int]int{5: 2, 7: 2, 8: 4}[id]
			return true, p.fields(1, func(id int, kind byte) (bool, error) {
				switch {
				case kind == compactI32 && id == 1:
					h.values = int32(p.zigzag())
				case kind == compactI32 && id == encoding:
					h.encoding = int32(p.zigzag())
				default:
					return false, nil
				}
				return true, nil
			})
		default:
			return false, nil
		}
		return true, nil
	})
	h.length = len(b) - len(p.b)
	return h, err
}

// The types of Thrift's compact protocol.
const (
	compactTrue = iota + 1
	compactFalse
	compactI8
	compactI16
	compactI32
	compactI64
	compactDouble
	compactBinary
	compactList
	compactSet
	compactMap
	compactStruct
)

// compact takes values off the front of bytes.
type compact struct {
	b     []byte
	short bool // they ended early
}

// fields hands out the fields of a struct; those that fn does not take are passed over.
func (p *compact) fields(depth int, fn func(id int, kind byte) (taken bool, err error)) error {
	for id := 0; ; {
		head := p.byte()
		if p.short {
			return errShort
		}
		if head == 0 {
			return nil
		}
		kind := head & 15
		if id += int(head >> 4); head>>4 == 0 {
			id = int(p.zigzag())
		}
		taken, err := fn(id, kind)
		if err == nil && !taken {
			err = p.skip(kind, depth+1)
		}
		if err != nil {
			return err
		}
		if p.short {
			return errShort
		}
	}
}

func (p *compact) skip(kind byte, depth int) error {
	if depth > maxNesting {
		return parquetError("a page's header is nested too deeply")
	}
	switch kind {
	case compactTrue, compactFalse:
	case compactI8:
		p.take(1)
	case compactI16, compactI32, compactI64:
		p.zigzag()
	case compactDouble:
		p.take(8)
	case compactBinary:
		p.take(p.uvarint())
	case compactList, compactSet:
		return p.skipList(depth)
	case compactStruct:
		return p.fields(depth, func(int, byte) (bool, error) { return false, nil })
	default:
		return parquetError("a page's header is none")
	}
	return nil
}

func (p *compact) skipList(depth int) error {
	head := p.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = p.uvarint()
	}
	kind := head & 15
	for range n {
		if p.short {
			return errShort
		}
		if kind == compactTrue || kind == compactFalse { // in a list they have a byte each
			p.take(1)
		} else if err := p.skip(kind, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *compact) take(n uint64) {
	if n > uint64(len(p.b)) {
		p.b, p.short = nil, true
		return
	}
	p.b = p.b[n:]
}

func (p *compact) byte() byte {
	if len(p.b) == 0 {
		p.short = true
		return 0
	}
	c := p.b[0]
	p.b = p.b[1:]
	return c
}

func (p *compact) uvarint() uint64 {
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.b, p.short = nil, true
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *compact) zigzag() int64 {
	v := p.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}
