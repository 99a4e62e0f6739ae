// Package folder reads the files below a folder in the order of their paths, tells how
// each looks, and remembers how they looked before, so that a file that has not changed
// need not be read.
package folder

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

// Ticks are more than the file clocks in use have: 2 s on FAT, and where times have parts
// of a second, that of the system.
const (
	coarseTick = 2 * time.Second
	fineTick   = 100 * time.Millisecond
)

// Settled reports whether a file that looks like this was last changed so long before
// it was read that a later change cannot look the same.
func (s Stamp) Settled(read time.Time) bool {
	last, tick := max(s.Mtime, s.Ctime), coarseTick
	if s.Ctime%int64(time.Second) != 0 {
		tick = fineTick
	}
	return last < read.Add(-tick).UnixNano()
}

// lasting is much longer than any system keeps what was written from the disk; Linux has half a minute, with the settings of laptops ten.
const lasting = time.Hour

// Lasting reports whether a file that looks like this was last changed so long before a moment
// at which the machine still went that the disk has it, however the machine stopped since.
func (s Stamp) Lasting(alive time.Time) bool {
	return max(s.Mtime, s.Ctime) < alive.Add(-lasting).UnixNano()
}

// SameTime reports whether nothing has given a file that looked like s a new time: it is as long, or
// was cut short and touched by nobody. Holds it something else all the same, a disk has lost a write,
// or a program has set the time of what it wrote.
func (s Stamp) SameTime(now Stamp) bool {
	return now.Mtime == s.Mtime && (now.Size == s.Size || now.Size < s.Size && now.Inode == s.Inode && now.Ctime <= s.Ctime)
}

// Moved reports whether a file that looked like s and looks like now was given another
// name at most.
func (s Stamp) Moved(now Stamp) bool {
	s.Ctime = now.Ctime
	return s == now
}
