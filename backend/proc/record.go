package proc

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

const recordSize = 4096

// record is the place of a file about the run, taken on disk before the command
// starts: a disk that the command fills must not swallow that it runs or how it ended.
type record struct{ dir, name string }

func (r record) reserved() string {
	return filepath.Join(r.dir, "."+strings.TrimSuffix(r.name, ".json")+".reserved")
}

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

// commit writes v into the reserved bytes, makes it durable and names it. The JSON is
// padded with spaces, because giving blocks back is no gain here.
func (r record) commit(v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	if err := r.overwrite(b); err == nil {
		return nil
	}
	return atomicfile.WriteFile(filepath.Join(r.dir, r.name), b, 0o644)
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
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
		return errs.New(errs.Internal, "a record of %d bytes", len(b))
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
	if err := os.Rename(r.reserved(), filepath.Join(r.dir, r.name)); err != nil {
		return err
	}
	return atomicfile.SyncDir(r.dir)
}
