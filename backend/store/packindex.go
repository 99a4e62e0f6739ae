package store

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// readIndex reads and checks the index at the end of a pack.
func readIndex(path string) (map[ref.Digest]place, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return parseIndex(f, fi.Size(), strings.TrimSuffix(filepath.Base(path), ".pack"))
}

func parseIndex(f io.ReaderAt, size int64, name string) (map[ref.Digest]place, error) {
	broken := func(reason string) error {
		return errs.New(errs.Corrupt, "pack %s.pack is damaged: %s", name, reason).
			WithHint("put it back from a backup or a teammate's copy")
	}
	if size < int64(len(packMagic))+footerSize {
		return nil, broken("it is cut short")
	}
	head, foot := make([]byte, len(packMagic)), make([]byte, footerSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if string(head) != packMagic {
		return nil, broken("its first line is not the one of a pack")
	}
	if _, err := f.ReadAt(foot, size-footerSize); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	start, count := binary.BigEndian.Uint64(foot[32:]), binary.BigEndian.Uint64(foot[40:])
	length := uint64(size-footerSize) - start
	if string(foot[48:]) != footMagic || start > uint64(size-footerSize) || count > length || count*rowSize != length {
		return nil, broken("its footer is not one")
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

func parseRows(index []byte, end int64, broken func(string) error) (map[ref.Digest]place, error) {
	rows := make(map[ref.Digest]place, len(index)/rowSize)
	for ; len(index) > 0; index = index[rowSize:] {
		p := place{
			offset: int64(binary.BigEndian.Uint64(index[32:])), stored: int64(binary.BigEndian.Uint64(index[40:])),
			compressed: index[48] == 1,
		}
		if p.offset < int64(len(packMagic)) || p.stored < 0 || p.offset > end || p.stored > end-p.offset {
			return nil, broken("an entry lies outside of it")
		}
		rows[ref.Digest(index[:32])] = p
	}
	return rows, nil
}

// Reload learns of packs that another process has written meanwhile.
func (s *Store) Reload() error { return s.loadPacks() }
