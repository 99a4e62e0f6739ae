package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// readIndex reads and checks the index at the end of a pack.
func readIndex(path string) (rows []row, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	rows, err = parseIndex(fault.ReaderAt(f), fi.Size(), strings.TrimSuffix(filepath.Base(path), packExt))
	return rows, fi.Size(), err
}

func parseIndex(f io.ReaderAt, size int64, name string) ([]row, error) {
	broken := func(reason string) error {
		return errs.New(errs.Corrupt, "pack %s.pack is damaged: %s", name, reason).
			WithHint("put it back from a backup or a teammate's copy")
	}
	if size < int64(len(packMagic))+footerSize {
		return nil, broken("it is cut short")
	}
	head, foot := make([]byte, len(packMagic)), make([]byte, footerSize)
	_, err := f.ReadAt(head, 0)
	if err != nil && !BadSector(err) { // the digest of the index tells as well what this is
		return nil, err
	}
	if err == nil && string(head) != packMagic && string(head) != packMagic1 {
		return nil, broken("its first line is not the one of a pack")
	}
	if _, err := f.ReadAt(foot, size-footerSize); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	start, count := binary.BigEndian.Uint64(foot[32:]), binary.BigEndian.Uint64(foot[40:])
	length := uint64(size-footerSize) - start
	if string(foot[48:]) != footMagic || start > uint64(size-footerSize) || length > maxTail || count*rowSize != length {
		return nil, broken("it does not end as a pack does, and may have been cut short")
	}
	index := make([]byte, length)
	if _, err := f.ReadAt(index, int64(start)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if sum := ref.Of(index); sum != ref.Digest(foot[:32]) || sum.String() != name {
		return nil, broken("its index does not have the digest it is named after")
	}
	return parseRows(index, int64(start), broken)
}

func parseRows(index []byte, end int64, broken func(string) error) ([]row, error) {
	rows := make([]row, 0, len(index)/rowSize)
	for ; len(index) > 0; index = index[rowSize:] {
		offset, stored := binary.BigEndian.Uint64(index[32:]), binary.BigEndian.Uint64(index[40:])
		if offset < uint64(len(packMagic)) || offset > uint64(end) || stored > uint64(end)-offset || stored > math.MaxUint32 {
			return nil, broken("an entry lies outside of it")
		}
		if form(index[48]) != listed && stored > maxUnpacked {
			return nil, broken("an entry is longer than any that is written")
		}
		if form(index[48]) >= forms {
			return nil, broken("it holds an entry of a kind that this version does not know")
		}
		rows = append(rows, row{ref.Digest(index[:32]), int64(offset), uint32(stored), form(index[48])})
	}
	slices.SortFunc(rows, func(a, b row) int { // which they mostly are already
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.stored, b.stored))
	})
	return rows, nil
}
