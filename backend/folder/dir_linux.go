package folder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"rondo/backend/fault"
)

// Dir is an open folder, held by whoever still works in it.
type Dir struct {
	fd      int
	file    *os.File // that fd belongs to; nil where it is ours
	users   atomic.Int32
	foreign atomic.Bool // files here belong to somebody else
	local   bool        // it is on a disk of this machine, of a file system that we know
	device  uint64      // which
}

// openRoot opens a folder by its path; that the path leads there is for the caller to know.
func openRoot(path string) (*Dir, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	d, err := newDir(fd, path, err)
	if err == nil {
		d.see()
	}
	return d, err
}

func (d *Dir) openDir(name string) (*Dir, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	sub, err := newDir(fd, name, err)
	if err == nil {
		sub.local, sub.device = d.local, d.device // until look tells otherwise
	}
	return sub, err
}

// localTypes are file systems that note in a folder whenever a name in it comes, goes or
// becomes that of another file, and that answer from this machine (statfs(2), linux/magic.h).
var localTypes = map[int64]bool{
	unix.EXT4_SUPER_MAGIC: true, unix.XFS_SUPER_MAGIC: true, unix.BTRFS_SUPER_MAGIC: true, unix.TMPFS_MAGIC: true,
	unix.F2FS_SUPER_MAGIC: true,
}

// rootOf makes a folder that is open already where a walk begins.
func rootOf(f *os.File) *Dir {
	d := DirOf(f)
	d.see()
	return d
}

// see asks which file system the folder is on.
func (d *Dir) see() {
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(d.fd, &fs) == nil && unix.Fstat(d.fd, &st) == nil {
		d.local, d.device = localTypes[int64(fs.Type)], st.Dev
	}
}

// look says how the folder looks; nothing where that does not tell whether its names are
// the same.
func (d *Dir) look() (Stamp, error) {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd, &st); err != nil {
		return Stamp{}, &fs.PathError{Op: "stat", Err: err}
	}
	if d.local = d.local && st.Dev == d.device; !d.local {
		return Stamp{}, nil
	}
	s := stampOf(&st)
	s.Exec = false
	return s, nil
}

func newDir(fd int, name string, err error) (*Dir, error) {
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	d := &Dir{fd: fd}
	d.users.Store(1)
	return d, nil
}

// DirOf makes a folder that is open already a Dir, which closes it.
func DirOf(f *os.File) *Dir {
	d := &Dir{fd: int(f.Fd()), file: f}
	d.users.Store(1)
	return d
}

// Close lets go of the folder.
func (d *Dir) Close() { d.release() }

// Make opens a folder in this one, and no link. Where there is none it is made.
func (d *Dir) Make(name string) (*Dir, error) {
	if err := fault.Check("mkdir"); err != nil {
		return nil, &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	if err := unix.Mkdirat(d.fd, name, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	return d.openDir(name)
}

// WriteSmall makes a file that is not there yet, and says how it looks.
func (d *Dir) WriteSmall(name string, b []byte, perm os.FileMode) (now Stamp, err error) {
	if err := fault.Check("write"); err != nil {
		return now, &fs.PathError{Op: "write", Path: name, Err: err}
	}
	fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, uint32(perm.Perm()))
	if err != nil {
		return now, &fs.PathError{Op: "create", Path: name, Err: err}
	}
	defer unix.Close(fd)
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return now, &fs.PathError{Op: "write", Path: name, Err: err}
		}
		b = b[n:]
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return now, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return stampOf(&st), nil
}

func (d *Dir) hold() { d.users.Add(1) }

func (d *Dir) release() {
	if d.users.Add(-1) > 0 {
		return
	}
	if d.file != nil {
		d.file.Close()
		return
	}
	unix.Close(d.fd)
}

// Open opens a file of the folder, and no link.
func (d *Dir) Open(name string) (*os.File, error) {
	fd, err := d.openFile(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// ReadSmall reads a file whose length is known to be less than len(b), and says how it
// looks then.
func (d *Dir) ReadSmall(name string, b []byte) (n int, now Stamp, err error) {
	fd, err := d.openFile(name)
	if err != nil {
		return 0, now, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer d.closeFile(fd)
	if err := fault.Check("read"); err != nil {
		return 0, now, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	for n < len(b)-1 {
		k, err := unix.Read(fd, b[n:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return n, now, &fs.PathError{Op: "read", Path: name, Err: err}
		}
		if k <= 0 {
			break
		}
		n += k
	}
	var st unix.Stat_t
	if err := d.fstat(fd, &st); err != nil {
		return n, now, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return n, stampOf(&st), nil
}

const readFlags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC

// openFile opens without a note of when the file was last read, where that is allowed.
func (d *Dir) openFile(name string) (int, error) {
	if !d.foreign.Load() {
		fd, err := d.openat(name, readFlags|unix.O_NOATIME)
		if !errors.Is(err, unix.EPERM) {
			return fd, err
		}
		d.foreign.Store(true)
	}
	return d.openat(name, readFlags)
}

func stampOf(st *unix.Stat_t) Stamp {
	return Stamp{Size: st.Size, Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano(), Inode: st.Ino, Exec: st.Mode&0o111 != 0}
}

// stat says how an entry looks and what it is. The name is one that list returned.
func (d *Dir) stat(name string) (Stamp, kind, error) {
	var st unix.Stat_t
	if err := d.fstatat(name, &st); err != nil {
		return Stamp{}, unknown, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return stampOf(&st), kindOf(st.Mode), nil
}

func kindOf(mode uint32) kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return regular
	case unix.S_IFDIR:
		return directory
	case unix.S_IFLNK:
		return link
	case unix.S_IFIFO:
		return pipe
	case unix.S_IFSOCK:
		return socket
	}
	return device
}

var listBuffers = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}

// list reads the names with getdents64 (getdents(2)), a large buffer at a time.
func (d *Dir) list() (names, error) {
	var n names
	buf := listBuffers.Get().(*[]byte)
	defer listBuffers.Put(buf)
	for {
		k, err := unix.Getdents(d.fd, *buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return n, &fs.PathError{Op: "readdir", Err: err}
		}
		if k == 0 {
			return n, nil
		}
		n.parse((*buf)[:k])
	}
}

// parse takes the records of linux_dirent64.
func (n *names) parse(b []byte) {
	const head = int(unsafe.Offsetof(unix.Dirent{}.Name))
	for len(b) > head {
		length := int(binary.NativeEndian.Uint16(b[unsafe.Offsetof(unix.Dirent{}.Reclen):]))
		k := b[unsafe.Offsetof(unix.Dirent{}.Type)]
		name := b[head:length]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		b = b[length:]
		if string(name) != "." && string(name) != ".." {
			n.add(name, direntKind(k))
		}
	}
}

func direntKind(t byte) kind {
	switch t {
	case unix.DT_REG:
		return regular
	case unix.DT_DIR:
		return directory
	case unix.DT_LNK:
		return link
	case unix.DT_FIFO:
		return pipe
	case unix.DT_SOCK:
		return socket
	case unix.DT_UNKNOWN:
		return unknown
	}
	return device
}
