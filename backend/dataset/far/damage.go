package far

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// What was found damaged on a remote is remembered on this device, beside the indexes of its
// packs, until it is found sound. It is read again whenever the remote is opened, so that
// nobody is told of what somebody else has mended.
const damagedName = "damaged.json"

// memory is what this device remembers of a remote.
type memory struct {
	path    string
	log     *slog.Logger
	was     []store.Damage // before the remote was opened
	still   []store.Damage // of these, when it was
	writing *sync.Mutex
}

// recall reads what is remembered, and has what is damaged still passed over.
func (m *Remotes) recall(ctx context.Context, objects *store.Far, cache string) (*memory, error) {
	known := &memory{path: filepath.Join(cache, damagedName), log: m.Log, writing: &m.damage}
	known.was = known.read()
	err := objects.Recall(ctx, known.was)
	known.still = objects.Damaged()
	return known, err
}

// read returns what is remembered. What cannot be read is found again by who meets it.
func (m *memory) read() (all []store.Damage) {
	b, err := os.ReadFile(m.path)
	if err != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	return all
}

// write remembers what is damaged now. What others have found meanwhile stays.
func (m *memory) write(objects *store.Far) error {
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
func (m *memory) keep(objects *store.Far) {
	if err := m.write(objects); err != nil {
		m.log.Warn("what is damaged on a remote is not remembered", "err", err)
	}
}

// Remember writes down what is damaged now.
func (p *Place) Remember() error { return p.memory.write(p.Objects) }

// Healed counts what was damaged when the remote was opened, and is there now, mended or in
// another pack.
func (p *Place) Healed() (n int) {
	still := map[string]bool{}
	for _, d := range p.Objects.Damaged() {
		still[d.File] = still[d.File] || d.Digest.IsZero()
	}
	seen := map[ref.Digest]bool{}
	for _, d := range p.memory.still {
		switch {
		case d.Digest.IsZero() && !still[d.File], !d.Digest.IsZero() && p.Objects.There(d.Digest) && !seen[d.Digest]:
			n++
		}
		seen[d.Digest] = true
	}
	return n
}
