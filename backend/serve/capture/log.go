package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

const (
	suffix      = ".log"
	usualRotate = 64 << 20
)

// Options say how a log grows.
type Options struct {
	Rotate int64 // bytes after which a new file begins; 0 means 64 MiB
}

// Pos is where a block lies.
type Pos struct {
	File   int
	Offset int64 // of the block
	End    int64 // of the block, which is where the next one begins
}

// Log appends to the capture files of one device. One goroutine uses it at a time.
type Log struct {
	dir    string
	rotate int64
	f      *os.File
	n      int
	size   int64
	day    string
	buf    []byte
}

// Open prepares appending to the newest file in dir. What a crash left at its end
// is cut off and reported.
func Open(dir string, opts Options) (*Log, []Damage, error) {
	l := &Log{dir: dir, rotate: opts.Rotate}
	if l.rotate <= 0 {
		l.rotate = usualRotate
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, errs.Wrap(errs.Unavailable, err, "make the folder of the captures")
	}
	list, err := Files(dir)
	if err != nil || len(list) == 0 {
		return l, nil, err
	}
	l.n = list[len(list)-1]
	damage, err := l.reopen()
	return l, damage, err
}

// reopen goes on with file n, or leaves it alone where it is damaged inside.
func (l *Log) reopen() ([]Damage, error) {
	path := filepath.Join(l.dir, name(l.n))
	end, damage, err := Scan(l.dir, l.n, 0, func(int64, int64, []byte) error { return nil })
	if err != nil {
		return damage, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return damage, errs.Wrap(errs.Unavailable, err, "open the newest captures")
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return damage, errs.Wrap(errs.Unavailable, err, "open the newest captures")
	}
	bad := len(damage) > 0 && !damage[len(damage)-1].Begun // it was answered for, and stays to be named
	if torn := info.Size() - end; torn > 0 && !bad {
		if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
			f.Close()
			return damage, errs.Wrap(errs.Unavailable, err, "cut what a crash left of the captures")
		}
	}
	if end < int64(len(header)) || bad {
		return damage, f.Close() // the next append begins another file
	}
	l.f, l.size, l.day = f, end, day(info.ModTime())
	return damage, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func name(n int) string { return fmt.Sprintf("%06d%s", n, suffix) }

// Files lists the numbers of the capture files in dir, oldest first.
func Files(dir string) (list []int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Wrap(errs.Unavailable, err, "list the captures")
	}
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), suffix)
		if n, err := strconv.Atoi(digits); ok && err == nil && n > 0 && name(n) == e.Name() && e.Type().IsRegular() {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list, nil
}

// Append writes the lines as one block and returns when they are on disk. After a
// failure the file is what it was before.
func (l *Log) Append(at time.Time, lines []byte) (Pos, error) {
	if len(lines) > maxPlain {
		return Pos{}, errs.New(errs.TooLarge, "%d bytes are over the limit of %d of one block of captures", len(lines), maxPlain)
	}
	if err := l.ready(at); err != nil {
		return Pos{}, errs.Wrap(errs.Unavailable, err, "begin a file of captures")
	}
	l.buf = appendBlock(l.buf[:0], lines)
	p := Pos{File: l.n, Offset: l.size, End: l.size + int64(len(l.buf))}
	if err := l.write(); err != nil {
		return Pos{}, err
	}
	l.size = p.End
	if cap(l.buf) > 8<<20 {
		l.buf = nil
	}
	return p, nil
}

func (l *Log) write() error {
	_, err := l.f.WriteAt(l.buf, l.size)
	fault.Point("capture.written")
	if err == nil {
		err = l.f.Sync()
	}
	if err == nil {
		fault.Point("capture.synced")
		return nil
	}
	if e := l.f.Truncate(l.size); e != nil {
		l.abandon() // the torn end is cut when the log is opened again
	}
	return errs.New(errs.Unavailable, "captures cannot be written: %w", err).WithHint("free some disk space; predictions are answered all the same")
}

func (l *Log) abandon() {
	l.f.Close()
	l.f = nil
}

// ready begins a new file where there is none, it is full, or a new day has come.
func (l *Log) ready(at time.Time) error {
	if l.f != nil && l.size < l.rotate && l.day == day(at) {
		return nil
	}
	if l.f != nil {
		l.abandon()
	}
	f, err := os.OpenFile(filepath.Join(l.dir, name(l.n+1)), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	l.n++
	if _, err := f.WriteString(header); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := atomicfile.SyncDir(l.dir); err != nil {
		return errors.Join(err, f.Close())
	}
	l.f, l.size, l.day = f, int64(len(header)), day(at)
	return nil
}

// Current returns the number of the file that is being written, which must not be removed; 0 for none.
func (l *Log) Current() int {
	if l.f == nil {
		return 0
	}
	return l.n
}

// Close closes the file.
func (l *Log) Close() error {
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// Remove deletes a file of captures for good.
func Remove(dir string, n int) error {
	err := os.Remove(filepath.Join(dir, name(n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Exists reports whether the file is there.
func Exists(dir string, n int) bool {
	_, err := os.Stat(filepath.Join(dir, name(n)))
	return !errors.Is(err, fs.ErrNotExist)
}

// Size returns the bytes of a file, 0 where it is not there.
func Size(dir string, n int) int64 {
	info, err := os.Stat(filepath.Join(dir, name(n)))
	if err != nil {
		return 0
	}
	return info.Size()
}
