package points

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// Log appends to one file. Many may append at a time; they share syncs.
type Log struct {
	path  string
	plain bool // the file is older than squeezed blocks, and stays without

	mu   sync.Mutex // of next
	next *batch

	flush  sync.Mutex // of all below: held while a batch is written and synced
	f      *os.File
	size   int64
	broken error
}

// batch is what one sync makes durable.
type batch struct {
	blocks []*entry
	done   chan struct{}
	err    error
}

type entry struct {
	bytes   []byte
	flags   uint32
	durable func(at, end int64)
}

// Open opens the file for appending at end, which is what Scan said: what comes
// after it is cut off.
func Open(path string, end int64) (*Log, error) {
	l := &Log{path: path, size: end}
	if err := l.open(); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "open the file of metric points")
	}
	return l, nil
}

func (l *Log) open() (err error) {
	dir := filepath.Dir(l.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if l.f, err = os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return err
	}
	info, err := l.f.Stat()
	if err == nil && info.Size() > l.size {
		err = errors.Join(l.f.Truncate(l.size), l.f.Sync())
	}
	if err == nil && l.size > 0 {
		l.plain, err = isOldest(l.f)
	}
	for range 3 { // the folder of points, of the run, of all runs
		if err != nil {
			break
		}
		err = atomicfile.SyncDir(dir)
		dir = filepath.Dir(dir)
	}
	if err != nil {
		l.f.Close()
	}
	return err
}

func isOldest(r io.ReaderAt) (bool, error) {
	b := make([]byte, len(oldest))
	_, err := r.ReadAt(b, 0)
	return string(b) == oldest, err
}

// Append writes the points as one block and returns when it is on disk. Durable is
// called then, before Append returns, for all blocks of the file one after the other
// and in the order in which they lie there. Blocks that are not sure count only
// where the journal confirms their place.
func (l *Log) Append(list []Point, sure bool, durable func(at, end int64)) error {
	b, flags, err := encode(list, l.plain)
	if err != nil {
		return err
	}
	e := &entry{bytes: b, flags: flags, durable: durable}
	if !sure {
		e.flags |= pending
	}
	l.mu.Lock()
	mine := l.next
	leads := mine == nil
	if leads {
		mine = &batch{done: make(chan struct{})}
		l.next = mine
	}
	mine.blocks = append(mine.blocks, e)
	l.mu.Unlock()
	if leads {
		l.lead(mine)
	}
	<-mine.done
	return mine.err
}

// lead writes a batch. While it waits for the one before, others join.
func (l *Log) lead(b *batch) {
	l.flush.Lock()
	defer l.flush.Unlock()
	defer close(b.done)
	l.mu.Lock()
	l.next = nil
	l.mu.Unlock()
	if b.err = l.write(b.blocks); b.err != nil {
		return
	}
	for _, e := range b.blocks {
		end := l.size + int64(len(e.bytes))
		e.durable(l.size, end)
		l.size = end
	}
}

// write makes the blocks durable or leaves the file as it was. After a failed sync
// nobody knows what the disk holds, so the log takes no more until it is opened again.
func (l *Log) write(blocks []*entry) error {
	if l.broken != nil {
		return l.broken
	}
	var buf []byte
	if l.size == 0 {
		buf = append(buf, header...)
	}
	for _, e := range blocks {
		seal(e.bytes, e.flags, l.size)
		buf = append(buf, e.bytes...)
	}
	fault.Point("points.encoded")
	if _, err := l.f.WriteAt(buf, l.size); err != nil {
		if e := l.f.Truncate(l.size); e != nil {
			l.broken = errs.New(errs.Unavailable, "metric points cannot be written: %w", e)
		}
		return writeError(err)
	}
	fault.Point("points.written")
	if err := l.f.Sync(); err != nil {
		l.broken = errs.New(errs.Unavailable, "the disk refused to store metric points: %w", err).WithHint("check the disk, then try again")
		return l.broken
	}
	fault.Point("points.synced")
	if l.size == 0 {
		l.size = int64(len(header))
	}
	return nil
}

func writeError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errs.New(errs.Unavailable, "the disk is full, so the metrics were not saved").
			WithHint("free some space and log them again; nothing that was saved before is affected").From(err)
	}
	return errs.New(errs.Unavailable, "metric points cannot be written: %w", err)
}

// Broken reports whether the log must be opened again before it takes more.
func (l *Log) Broken() bool {
	l.flush.Lock()
	defer l.flush.Unlock()
	return l.broken != nil
}

// Close closes the file; nothing may be appending.
func (l *Log) Close() error {
	l.flush.Lock()
	defer l.flush.Unlock()
	l.broken = errs.New(errs.Unavailable, "the project is closed")
	return l.f.Close()
}
