package rowdiff

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"rondo/backend/errs"
)

const (
	partCount  = 64
	dealtSize  = 40
	partMemory = 128 << 10 // bytes that a part holds before it goes on in a file
)

// dealt is one row's hashes, and its number from 0.
type dealt struct {
	key, row hash
	number   int64
}

// parts are the rows of a table, dealt out by their key's hash. Small tables stay in
// memory; of large ones each part becomes a temporary file.
type parts struct {
	tmp    string
	memory [partCount][]byte
	files  [partCount]*os.File
}

func newParts(tmp string) *parts { return &parts{tmp: tmp} }

func (p *parts) add(r dealt) error {
	i := r.key[0] % partCount
	b := p.memory[i]
	for _, v := range [...]uint64{r.key[0], r.key[1], r.row[0], r.row[1], uint64(r.number)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	p.memory[i] = b
	if len(b) < partMemory {
		return nil
	}
	return p.spill(int(i))
}

func (p *parts) spill(i int) (err error) {
	if p.files[i] == nil {
		if err := os.MkdirAll(p.tmp, 0o700); err != nil {
			return err
		}
		if p.files[i], err = os.CreateTemp(p.tmp, "rows-*"); err != nil {
			return err
		}
	}
	_, err = p.files[i].Write(p.memory[i])
	p.memory[i] = p.memory[i][:0]
	return errs.Unwritten("a temporary file in "+p.tmp, err)
}

func (p *parts) load(i int) ([]dealt, error) {
	var b []byte
	if f := p.files[i]; f != nil {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		var err error
		if b, err = io.ReadAll(f); err != nil {
			return nil, err
		}
	}
	b = append(b, p.memory[i]...)
	list := make([]dealt, len(b)/dealtSize)
	for k := range list {
		at := b[k*dealtSize:]
		u := binary.LittleEndian.Uint64
		list[k] = dealt{hash{u(at), u(at[8:])}, hash{u(at[16:]), u(at[24:])}, int64(u(at[32:]))}
	}
	return list, nil
}

func (p *parts) close() error {
	var all []error
	for _, f := range p.files {
		if f != nil {
			all = append(all, f.Close(), os.Remove(f.Name()))
		}
	}
	return errors.Join(all...)
}
