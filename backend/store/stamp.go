package store

import (
	"io/fs"
	"time"
)

// Stamp is how a file looked when it was read. A file whose stamp is the same still
// has the same content, unless it was written again within one tick of its clock:
// Settled tells whether that can be.
type Stamp struct {
	Size  int64
	Mtime int64  // ns since 1970
	Ctime int64  // ns since 1970, of the last change to content or attributes; 0 where the system has none
	Inode uint64 // 0 where the system has none
	Exec  bool
}

// StampOf returns the stamp of a file.
func StampOf(fi fs.FileInfo) Stamp {
	s := Stamp{Size: fi.Size(), Mtime: fi.ModTime().UnixNano(), Exec: fi.Mode()&0o111 != 0}
	s.Ctime, s.Inode = system(fi)
	return s
}

// tick is more than the coarsest file clock in use: 2 s on FAT.
const tick = 2 * time.Second

// Settled reports whether a file that looks like this was last changed so long before
// it was read that a later change cannot look the same.
func (s Stamp) Settled(read time.Time) bool {
	return max(s.Mtime, s.Ctime) < read.Add(-tick).UnixNano()
}
