package journal

import (
	"bufio"
	"errors"
	"io"
	"path/filepath"
)

// Verify reads every byte of every device's journal and returns every damaged
// place, not only the first: after one it goes on from the hash that the damaged
// line claims. The torn end of an open file counts too, until Open cuts it.
func Verify(dir string) (records int, damaged []error, err error) {
	devices, err := Devices(dir)
	if err != nil {
		return 0, nil, err
	}
	for _, device := range devices {
		segs, err := segments(filepath.Join(dir, device))
		if err != nil {
			return records, damaged, err
		}
		v := verifier{w: walker{dir: dir, device: device}}
		for _, s := range segs {
			if err := v.segment(s); err != nil {
				return records, damaged, err
			}
		}
		records += v.records
		damaged = append(damaged, v.damaged...)
	}
	return records, damaged, nil
}

type verifier struct {
	w       walker
	records int
	damaged []error
	unknown bool // the hash to chain to could not be read
}

func (v *verifier) segment(s segment) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	rel, _ := filepath.Rel(v.w.dir, s.path)
	br := bufio.NewReaderSize(r, 1<<16)
	var offset int64
	for {
		line, err := readLine(br)
		if len(line) > 0 {
			v.line(line, err == nil, damage{file: rel, offset: offset, size: int64(len(line))})
			offset += int64(len(line))
		}
		if err != nil {
			v.end(s, err, damage{file: rel, offset: offset})
			return nil
		}
	}
}

// end notes what is wrong with how a file ends.
func (v *verifier) end(s segment, err error, d damage) {
	switch {
	case !errors.Is(err, io.EOF):
		d.reason = err.Error()
	case s.sealed && d.offset == 0:
		d.reason = emptied
	default:
		return
	}
	v.damaged = append(v.damaged, d.error())
}

func (v *verifier) line(line []byte, whole bool, d damage) {
	rec, reason := v.w.check(line, whole)
	if reason != "" && !v.unknown {
		d.reason = reason
		v.damaged = append(v.damaged, d.error())
	}
	v.records++
	hash, body, err := split(trim(line))
	v.unknown = err != nil
	v.w.prev, v.w.seq = hash, v.w.seq+1
	if reason == "" {
		v.w.seq = rec.Seq
	} else if err == nil {
		v.resume(body)
	}
}

// resume takes the damaged line's number at its word, so that the records after it are not blamed.
func (v *verifier) resume(body []byte) {
	if rec, err := decodeBody(body); err == nil {
		v.w.seq = rec.Seq
	}
}

func trim(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line[:n-1]
	}
	return line
}
