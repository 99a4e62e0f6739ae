package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// What was found damaged on a remote is remembered on this device, beside the indexes of its
// packs, until it is found sound. It is read again whenever the remote is opened, so that
// nobody is told of what somebody else has mended.
const damagedName = "damaged.json"

// memoryOf is what this device remembers of a remote.
type memoryOf struct {
	path    string
	s       *Service
	was     []store.Damage // before the remote was opened
	still   []store.Damage // of these, when it was
	writing *sync.Mutex
}

// recall reads what is remembered, and has what is damaged still passed over.
func (s *Service) recall(ctx context.Context, objects *store.Far, cache string) (*memoryOf, error) {
	m := &memoryOf{path: filepath.Join(cache, damagedName), s: s, writing: &s.damage}
	m.was = m.read()
	err := objects.Recall(ctx, m.was)
	m.still = objects.Damaged()
	return m, err
}

// read returns what is remembered. What cannot be read is found again by who meets it.
func (m *memoryOf) read() (all []store.Damage) {
	b, err := os.ReadFile(m.path)
	if err != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	return all
}

// write remembers what is damaged now. What others have found meanwhile stays.
func (m *memoryOf) write(objects *store.Far) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	known, now := m.read(), objects.Damaged()
	mine := map[store.Damage]bool{}
	for _, d := range slices.Concat(m.was, now) {
		mine[where(d)] = true
	}
	all := slices.DeleteFunc(slices.Clone(known), func(d store.Damage) bool { return mine[where(d)] })
	all = append(all, now...)
	m.was = now
	if slices.Equal(all, known) {
		return nil
	}
	if len(all) == 0 {
		if err := os.Remove(m.path); !errors.Is(err, fs.ErrNotExist) {
			return errs.Unwritten(damagedName, err)
		}
		return nil
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	return errs.Unwritten(damagedName, atomicfile.WriteFile(m.path, append(b, '\n'), 0o600))
}

// where is a damage by its place alone.
func where(d store.Damage) store.Damage { return store.Damage{File: d.File, Digest: d.Digest} }

// keep is write where the caller has something else to say.
func (m *memoryOf) keep(objects *store.Far) {
	if err := m.write(objects); err != nil {
		m.s.opts.Log.Warn("what is damaged on a remote is not remembered", "err", err)
	}
}
