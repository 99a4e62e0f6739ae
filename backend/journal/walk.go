package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sort"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// damage is a place where a journal file is not what was written.
type damage struct {
	file         string
	offset, size int64
	reason       string
	acknowledged bool // a later record shows that this place was on disk once
}

// Place is where a journal file is damaged. It is in the chain of the errors that
// Verify and Walk return, and adds nothing to their text.
type Place struct {
	File         string // relative to the journal's folder
	Offset, Size int64
}

// Error implements error.
func (*Place) Error() string { return "" }

func (d *damage) error() error {
	e := errs.New(errs.Corrupt, "journal file %s is damaged at bytes %d–%d: %s", d.file, d.offset, d.offset+d.size, d.reason).
		WithHint("put back an intact copy of this file from a backup or another device; `rondo fsck` shows every damaged place")
	e.Err = &Place{d.file, d.offset, d.size}
	return e
}

// walker reads one device's chain in order and remembers where it stands.
type walker struct {
	dir, device string
	prev        ref.Digest
	seq         int64
	fn          func(Record) error
}

// segment reads one file. It returns the first damage, or nil.
func (w *walker) segment(s segment) (*damage, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	rel, _ := filepath.Rel(w.dir, s.path)
	br := bufio.NewReaderSize(r, 1<<16)
	var offset int64
	for {
		line, err := readLine(br)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return &damage{file: rel, offset: offset, size: int64(len(line)), reason: err.Error(), acknowledged: s.sealed}, nil
		}
		rec, reason := w.check(line, err == nil)
		if reason != "" {
			return w.examine(&damage{file: rel, offset: offset, size: int64(len(line)), reason: reason}, br)
		}
		if err := w.fn(rec); err != nil {
			return nil, err
		}
		w.prev, w.seq = rec.Hash, rec.Seq
		offset += int64(len(line))
	}
}

func (w *walker) check(line []byte, whole bool) (Record, string) {
	if !whole {
		return Record{}, "the last line has no end"
	}
	rec, err := decode(line[:len(line)-1], w.prev)
	switch {
	case err != nil:
		return rec, err.Error()
	case rec.Seq != w.seq+1:
		return rec, "records are missing before it"
	case rec.Device != w.device:
		return rec, "it belongs to another device"
	}
	return rec, ""
}

// examine reads what follows the damage. Each record names the newest one that
// was durable when it was written; so if an intact record further on names this
// place or a later one, the place was acknowledged. If none does, every byte from
// here on belongs to a write that never finished.
func (w *walker) examine(d *damage, br *bufio.Reader) (*damage, error) {
	for {
		line, err := readLine(br)
		d.size += int64(len(line))
		if hash, body, e := split(bytes.TrimSuffix(line, []byte{'\n'})); e == nil {
			var rec Record
			// The hash chains to a damaged line, so it cannot be checked here; a
			// line that parses as a record of this device is taken at its word,
			// which errs on the side of keeping.
			if json.Unmarshal(body, &rec) == nil && rec.Device == w.device && rec.Durable > w.seq && !hash.IsZero() {
				d.acknowledged = true
			}
		}
		if err != nil {
			return d, nil
		}
	}
}

// Walk hands every device's records to fn in the order that all devices share.
// Damage to another device's journal ends that device's part and is reported.
func Walk(dir string, fn func(Record) error) ([]error, error) {
	devices, err := deviceDirs(dir)
	if err != nil {
		return nil, err
	}
	if len(devices) == 1 {
		return walkDevice(dir, devices[0], fn)
	}
	var all []Record
	var damaged []error
	for _, d := range devices {
		bad, err := walkDevice(dir, d, func(r Record) error { all = append(all, r); return nil })
		if err != nil {
			return nil, err
		}
		damaged = append(damaged, bad...)
	}
	sort.SliceStable(all, func(i, k int) bool { return all[i].Before(all[k]) })
	for _, r := range all {
		if err := fn(r); err != nil {
			return damaged, err
		}
	}
	return damaged, nil
}

func deviceDirs(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, nil
		}
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func walkDevice(dir, device string, fn func(Record) error) ([]error, error) {
	segs, err := segments(filepath.Join(dir, device))
	if err != nil {
		return nil, err
	}
	w := walker{dir: dir, device: device, fn: fn}
	for _, s := range segs {
		d, err := w.segment(s)
		if err != nil {
			return nil, err
		}
		if d != nil {
			return []error{d.error()}, nil
		}
	}
	return nil, nil
}

// readLine returns the next line with its newline; io.EOF comes with a last line that has none.
func readLine(br *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
		if len(line) > MaxRecord+hashLen+2 {
			return line, errs.New(errs.Corrupt, "line is longer than any record")
		}
	}
}
