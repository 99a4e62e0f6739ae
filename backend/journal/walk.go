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

// emptied is what is wrong with a sealed file of nothing: only full ones are sealed.
const emptied = "nothing is left in it"

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

	known   Known
	reached bool         // the chain led to the known record
	strayed bool         // it led to another one with that number
	sealed  func(Sealed) // told of sealed files that were read whole; may be nil
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
			if s.sealed && offset == 0 {
				return &damage{file: rel, reason: emptied, acknowledged: true}, nil
			}
			w.tell(s)
			return nil, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return &damage{file: rel, offset: offset, size: int64(len(line)), reason: err.Error(), acknowledged: s.sealed}, nil
		}
		reason, err := w.step(line, err == nil)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			return w.examine(&damage{file: rel, offset: offset, size: int64(len(line)), reason: reason}, br)
		}
		offset += int64(len(line))
	}
}

// step moves past a line, or says why it cannot.
func (w *walker) step(line []byte, whole bool) (reason string, err error) {
	if w.before() && whole {
		hash, body, err := split(line[:len(line)-1])
		if err != nil || chain(w.prev, body) != hash {
			_, reason := w.check(line, whole)
			return reason, nil
		}
		w.prev, w.seq = hash, w.seq+1
		w.reach()
		return "", nil
	}
	rec, reason := w.check(line, whole)
	if reason != "" {
		return reason, nil
	}
	if err := w.fn(rec); err != nil {
		return "", err
	}
	w.prev, w.seq = rec.Hash, rec.Seq
	return "", nil
}

func (w *walker) tell(s segment) {
	if w.sealed == nil {
		return
	}
	if k, ok := s.stamp(w.device, w.seq, w.prev); ok {
		w.sealed(k)
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
	return (&Walker{Dir: dir}).Walk(fn)
}

// Walker walks what is new since another time.
type Walker struct {
	Dir     string
	Known   map[string]Known // by device; a Walk hands on only what comes after
	Sealed  func(Sealed)     // told of the sealed files that were read whole; may be nil
	Reached map[string]bool  // devices whose chain led to the known record; set by Walk
}

// Walk is Walk of the package, from what is known on.
func (k *Walker) Walk(fn func(Record) error) ([]error, error) {
	k.Reached = map[string]bool{}
	devices, err := Devices(k.Dir)
	if err != nil {
		return nil, err
	}
	if len(devices) == 1 {
		return k.device(devices[0], fn)
	}
	var all []Record
	var damaged []error
	for _, d := range devices {
		bad, err := k.device(d, func(r Record) error { all = append(all, r); return nil })
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

// Devices lists those that have a journal in the folder.
func Devices(dir string) ([]string, error) {
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

func (k *Walker) device(device string, fn func(Record) error) ([]error, error) {
	segs, err := segments(filepath.Join(k.Dir, device))
	if err != nil {
		return nil, err
	}
	w := walker{dir: k.Dir, device: device, fn: fn, known: k.Known[device], sealed: k.Sealed}
	defer func() { k.Reached[device] = w.reached }()
	for _, s := range w.pass(segs) {
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
