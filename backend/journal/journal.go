package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// Options say how a journal is opened.
type Options struct {
	Device   string // this installation; names the folder it alone writes
	SealSize int64  // bytes after which a file is sealed; 0 means 8 MiB
	Now      func() time.Time
	Known    Known // how far this device's chain was verified before
	// ReadOnly says why the folder may not be written, where that is so: nothing is made or mended
	// in it, and it is what Append answers.
	ReadOnly error
}

// Journal is this device's part of the history, open for appending.
type Journal struct {
	dir   string // all devices' folders
	opts  Options
	clock Ticker

	mu     sync.Mutex
	f      *os.File
	number int
	size   int64
	last   Record
	broken error
	cuts   []Cut
	sealed []Sealed // since Open or TakeSealed
	parted string
}

// Cut tells of bytes that were never acknowledged and were removed at open.
type Cut struct {
	File   string // relative to the journal folder
	Offset int64
	Bytes  int64
	Reason string
}

// String says it to a person.
func (c Cut) String() string {
	return fmt.Sprintf("%s: cut %d bytes of an unfinished write at offset %d (%s)", c.File, c.Bytes, c.Offset, c.Reason)
}

// Open checks this device's whole chain, cuts what a crash left unfinished, and
// opens it for appending. Damage to acknowledged records is kind Corrupt.
func Open(dir string, opts Options) (*Journal, error) {
	if opts.SealSize == 0 {
		opts.SealSize = 8 << 20
	}
	j := &Journal{dir: dir, opts: opts, number: 1}
	j.clock.Now = opts.Now
	if j.broken = opts.ReadOnly; j.broken != nil {
		return j, j.recover()
	}
	if err := os.MkdirAll(j.own(), 0o755); err != nil {
		return nil, err
	}
	if err := j.recover(); err != nil {
		return nil, err
	}
	return j, j.open()
}

func (j *Journal) own() string { return filepath.Join(j.dir, j.opts.Device) }

func logName(n int) string { return fmt.Sprintf("%06d.log", n) }

// recover walks the chain to its end; only the open file may end in a torn write.
func (j *Journal) recover() error {
	segs, err := segments(j.own())
	if err != nil {
		return err
	}
	known := j.opts.Known
	if len(segs) == 0 {
		if known.Seq > 0 {
			j.opts.Known, j.parted = Known{}, j.elsewhere(known)
		}
		return nil
	}
	w := walker{dir: j.dir, device: j.opts.Device, known: known, fn: func(r Record) error { j.last = r; return nil }}
	j.last = Record{Device: j.opts.Device, Seq: known.Seq, Hash: known.Hash, Clock: known.Clock}
	rest := w.pass(segs)
	for i, s := range rest {
		j.number = s.number
		d, err := w.segment(s)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if s.sealed || i < len(rest)-1 || d.acknowledged {
			return d.error()
		}
		if err := j.cut(s, d); err != nil {
			return err
		}
	}
	if known.Seq > 0 && !w.reached { // another folder than the one that is known
		j.opts.Known, j.last, j.number = Known{}, Record{}, 1
		err := j.recover()
		j.parted = j.elsewhere(known)
		return err
	}
	if last := segs[len(segs)-1]; last.sealed {
		j.number = last.number + 1
	}
	j.clock.See(j.last.Clock)
	return nil
}

// elsewhere says that the journal is not the one that this device knows.
func (j *Journal) elsewhere(known Known) string {
	return fmt.Sprintf("this device knew %d records of its journal in %s, and another journal, of %d, lies there now: if nobody meant that, put the former back from a backup before anything else", known.Seq, j.own(), j.last.Seq)
}

func (j *Journal) cut(s segment, d *damage) error {
	if j.opts.ReadOnly != nil {
		return nil
	}
	j.cuts = append(j.cuts, Cut{File: d.file, Offset: d.offset, Bytes: d.size, Reason: d.reason})
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(d.offset); err != nil {
		return err
	}
	return f.Sync()
}

func (j *Journal) open() error {
	f, err := os.OpenFile(filepath.Join(j.own(), logName(j.number)), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		err = atomicfile.SyncDir(j.own())
	}
	if err == nil {
		err = atomicfile.SyncDir(j.dir)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f, j.size = f, size
	return nil
}

// ready opens the file to append to, where that could not be done when the one before was full.
func (j *Journal) ready() error {
	if j.broken != nil || j.f != nil {
		return j.broken
	}
	if err := j.open(); err != nil {
		return writeError(err)
	}
	return nil
}

// TakeSealed returns the files that were sealed since it was last asked.
func (j *Journal) TakeSealed() []Sealed {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := j.sealed
	j.sealed = nil
	return list
}

// Parted says, in words, that the device knew more or other records than Open has found; empty where
// it has found them all.
func (j *Journal) Parted() string { return j.parted }

// Cuts returns what Open removed.
func (j *Journal) Cuts() []Cut { return j.cuts }

// Device returns the device that this journal writes for.
func (j *Journal) Device() string { return j.opts.Device }

// Dir returns the folder that holds every device's journal.
func (j *Journal) Dir() string { return j.dir }

// Last returns the newest record, or one with Seq 0.
func (j *Journal) Last() Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// See moves the clock past a record of another device.
func (j *Journal) See(c Clock) { j.clock.See(c) }

// Draft returns the record that would follow the previous one (Last, or an
// earlier draft of the same group). It is written by Append.
func (j *Journal) Draft(prev Record, by, kind, id string, data []byte) Record {
	durable := prev.Durable
	if last := j.Last(); prev.Seq == last.Seq {
		durable = last.Seq
	}
	return Record{
		Device: j.opts.Device, Seq: prev.Seq + 1, Clock: j.clock.Tick(), Durable: durable,
		By: by, Kind: kind, ID: id, Data: json.RawMessage(data),
	}
}

// Append writes the drafts and makes them durable with one fsync. Either all of
// them are acknowledged or none is in the journal.
func (j *Journal) Append(recs []Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.ready(); err != nil {
		return err
	}
	buf, last, err := j.encodeAll(recs)
	if err != nil {
		return err
	}
	fault.Point("journal.encoded")
	if err := j.write(buf); err != nil {
		return err
	}
	fault.Point("journal.synced")
	j.size += int64(len(buf))
	j.last = last
	if j.size >= j.opts.SealSize {
		j.seal()
	}
	return nil
}

func (j *Journal) encodeAll(recs []Record) (buf []byte, last Record, err error) {
	last = j.last
	for i := range recs {
		if recs[i].Seq != last.Seq+1 {
			return nil, last, errs.New(errs.Internal, "record %d drafted out of order after %d", recs[i].Seq, last.Seq)
		}
		line, err := encode(&recs[i], last.Hash)
		if err != nil {
			return nil, last, err
		}
		buf = append(buf, line...)
		last = recs[i]
	}
	return buf, last, nil
}

// write appends buf durably. A failed write is undone by truncating; after a
// failed fsync nobody knows what the disk holds (the kernel may drop the pages and
// report success next time), so the journal takes no more until it is opened again.
func (j *Journal) write(buf []byte) error {
	err := fault.Check("write")
	if err != nil {
		_, _ = j.f.WriteAt(buf[:len(buf)/2], j.size) // as a disk does that is full
	} else {
		_, err = j.f.WriteAt(buf, j.size)
	}
	if err != nil {
		if e := j.f.Truncate(j.size); e != nil {
			j.broken = errs.New(errs.Unavailable, "the journal cannot be written: %w", e)
		}
		return writeError(err)
	}
	fault.Point("journal.written")
	if err = fault.Check("sync"); err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		j.broken = errs.New(errs.Unavailable, "the disk refused to store the journal: %w", err).
			WithHint("check the disk, then start again; nothing acknowledged is lost")
		return j.broken
	}
	return nil
}

func writeError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errs.New(errs.Unavailable, "the disk is full, so the change was not saved").
			WithHint("free some space and try again; nothing that was saved before is affected").From(err)
	}
	return errs.New(errs.Unavailable, "the journal cannot be written: %w", err)
}

// Close ends appending.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = errs.New(errs.Unavailable, "the project is closed")
	if j.f == nil {
		return nil
	}
	return j.f.Close()
}
