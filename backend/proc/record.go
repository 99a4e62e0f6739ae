package proc

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

const recordSize = 4096

// record is the place of the exit record, taken on disk before the command starts:
// a disk that is full at the end must not swallow how the run ended.
type record struct{ dir string }

func (r record) reserved() string { return filepath.Join(r.dir, ".exit.reserved") }

// reserve writes the record's bytes, so that its blocks exist.
func (r record) reserve() error {
	f, err := os.OpenFile(r.reserved(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte{' '}, recordSize)); err != nil {
		return err
	}
	return f.Sync()
}

// commit writes the exit into the reserved bytes, makes it durable and names it.
// The JSON is padded with spaces, because giving blocks back is no gain here.
func (r record) commit(e Exit) error {
	b, err := encodeExit(e)
	if err != nil {
		return err
	}
	if err := r.overwrite(b); err == nil {
		return nil
	}
	return atomicfile.WriteFile(filepath.Join(r.dir, ExitFile), b, 0o644)
}

func encodeExit(e Exit) ([]byte, error) {
	if len(e.Error) > 1024 {
		e.Error = e.Error[:1024]
	}
	b, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	if pad := recordSize - 1 - len(b); pad > 0 {
		b = append(b, bytes.Repeat([]byte{' '}, pad)...)
	}
	return append(b, '\n'), nil
}

func (r record) overwrite(b []byte) error {
	if len(b) != recordSize {
		return errs.New(errs.Internal, "an exit record of %d bytes", len(b))
	}
	f, err := os.OpenFile(r.reserved(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(b, 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(r.reserved(), filepath.Join(r.dir, ExitFile)); err != nil {
		return err
	}
	return atomicfile.SyncDir(r.dir)
}
