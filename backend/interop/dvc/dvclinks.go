package dvc

import (
	"context"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"rondo/backend/errs"
	foreign "rondo/backend/index"
	"rondo/backend/store"
)

// madeByDVC are the paths that the DVC which works here has linked or kept last, by its own
// list of them, with the inode that each had (dvc_data/hashfile/state.py: a table of pickled
// pairs of inode and time). What cannot be read is no list: nothing is removed for it.
func (p *Project) madeByDVC(ctx context.Context) map[string]uint64 {
	out := map[string]uint64{}
	dir, _ := p.memory()
	at, forget, err := p.copied(filepath.Join(dir, "links", "cache.db"))
	if dir == "" || err != nil {
		return out
	}
	defer forget()
	db, err := foreign.ReadForeign(at)
	if err != nil {
		return out
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT key, value FROM Cache WHERE raw = 1 AND value IS NOT NULL")
	if err != nil {
		return out
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var value []byte
		if rows.Scan(&key, &value) != nil {
			continue
		}
		if inode, ok := pickledInode(value); ok {
			out[filepath.ToSlash(key)] = inode
		}
	}
	if rows.Err() != nil {
		return map[string]uint64{}
	}
	return out
}

// copied is a database of DVC's, which is in write-ahead mode, as one of our own.
func (p *Project) copied(db string) (at string, forget func(), err error) {
	if err := p.root.MkdirAll(ownTmp, 0o755); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(filepath.Join(p.Dir, filepath.FromSlash(ownTmp)), "links")
	if err != nil {
		return "", nil, err
	}
	forget = func() { _ = os.RemoveAll(dir) }
	at = filepath.Join(dir, "cache.db")
	for _, end := range []string{"", "-wal"} {
		b, err := readUpTo(db+end, maxLinks)
		if err == nil {
			err = os.WriteFile(at+end, b, 0o600)
		}
		if err != nil && !(end != "" && missing(err)) {
			forget()
			return "", nil, err
		}
	}
	return at, forget, nil
}

const maxLinks = 256 << 20 // bytes of DVC's list

func readUpTo(name string, limit int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > limit) {
		err = errs.New(errs.TooLarge, "%s is no file of %d bytes at most", name, limit)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

// pickledInode reads the first number of a tuple as Python's pickle writes it in protocol 4.
func pickledInode(b []byte) (uint64, bool) {
	if len(b) > 11 && b[0] == 0x80 && b[2] == 0x95 { // a frame, and its length
		b = b[11:]
	} else if len(b) > 2 && b[0] == 0x80 {
		b = b[2:]
	}
	n := map[byte]int{'K': 1, 'M': 2, 'J': 4}
	switch {
	case len(b) < 3:
	case n[b[0]] > 0 && len(b) > n[b[0]]:
		return little(b[1 : 1+n[b[0]]])
	case b[0] == 0x8a && len(b) > 2+int(b[1]): // a number of so many bytes
		return little(b[2 : 2+int(b[1])])
	case b[0] == 0x8c && len(b) > 2+int(b[1]): // in digits
		v, err := strconv.ParseUint(string(b[2:2+int(b[1])]), 10, 64)
		return v, err == nil
	}
	return 0, false
}

func little(b []byte) (uint64, bool) {
	var whole [8]byte
	if len(b) > 9 || len(b) == 9 && b[8] != 0 { // nine bytes where the eighth would look negative
		return 0, false
	}
	copy(whole[:], b)
	return binary.LittleEndian.Uint64(whole[:]), true
}

// sameInode reports whether a path is what it was when DVC wrote it down.
func (p *Project) sameInode(at string, inode uint64) bool {
	info, err := os.Lstat(filepath.Join(p.Dir, filepath.FromSlash(at)))
	return err == nil && inodeOf(info) == inode
}

func inodeOf(info fs.FileInfo) uint64 { return store.StampOf(info).Inode }
