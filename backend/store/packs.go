package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/ref"
)

func (s *Store) learn(p *pack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(p)
	s.acquit(p)
}

func (s *Store) put(p *pack) {
	if s.packs[p.name] == nil {
		s.packs[p.name] = p
		s.packed.put(p)
	}
}

// forget leaves out packs whose objects all lie in one that was learned of later.
func (s *Store) forget(gone map[*pack]bool) {
	if len(gone) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range gone {
		if s.packs[p.name] == p {
			delete(s.packs, p.name)
		}
	}
	s.packed = s.packed.without(gone)
	s.loss()
}

func (s *Store) packNames() (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, packsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was kept yet, or what is missing is named by whoever needs it
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == packExt {
			names = append(names, filepath.Join(packsDir, e.Name()))
		}
	}
	return names, err
}

// Reload learns of packs that another process has written or merged meanwhile.
func (s *Store) Reload() error {
	names, err := s.packNames()
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	var gone []*pack
	s.mu.RLock()
	for name, p := range s.packs {
		if there[name] {
			delete(there, name) // known already: a pack never changes
		} else {
			gone = append(gone, p)
		}
	}
	s.mu.RUnlock()
	if len(gone) > 0 {
		return s.reread()
	}
	for name := range there {
		s.load(name)
	}
	return nil
}

// Reread is Reload that trusts nothing it knows: a pack whose index is damaged by now is
// left out, and what only that one held is missing.
func (s *Store) Reread() error { return readError(packsDir, s.reread()) }

// reread learns of all packs anew: what lay in one that is gone may lie in another too.
func (s *Store) reread() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names, err := s.packNames()
	if err != nil {
		return err
	}
	s.packed, s.packs = newTable(), map[string]*pack{}
	s.loss()
	for _, name := range names {
		if rows, size, err := readIndex(filepath.Join(s.dir, name)); err == nil {
			s.put(&pack{name, size, rows})
		}
	}
	return nil
}

// load reads a pack's index. A pack whose index is damaged is left out: its objects
// are then missing, which fsck explains.
func (s *Store) load(name string) {
	if rows, size, err := readIndex(filepath.Join(s.dir, name)); err == nil {
		s.learn(&pack{name, size, rows})
	}
}

type badPack struct {
	file string
	err  error
}

func (s *Store) verifyPacks() (bad []badPack) {
	names, err := s.packNames()
	if err != nil {
		return []badPack{{packsDir, err}}
	}
	for _, name := range names {
		_, _, err := readIndex(filepath.Join(s.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			bad = append(bad, badPack{name, readError(name, err)})
		}
	}
	return bad
}

// entry finds a packed object.
func (s *Store) entry(d ref.Digest) (place, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.packed.get(d)
}

// objects says how many objects are packed.
func (s *Store) objects() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.packed.used
}

// Standing is a digest of which objects there are and how they are kept: as long as it is the
// same, so is what List tells.
func (s *Store) Standing() (ref.Digest, error) {
	if err := s.Reload(); err != nil {
		return ref.Zero, err
	}
	h := ref.NewHash()
	for _, p := range s.allPacks() { // one never changes under its name
		fmt.Fprintf(h, "%s %d\n", p.name, p.size)
	}
	err := s.listWhole(func(i Info) error {
		_, err := fmt.Fprintf(h, "%s %d\n", i.File, i.Stored)
		return err
	})
	return ref.Digest(h.Sum(nil)), err
}

// Totals says how many objects are packed, and the bytes of all packs.
func (s *Store) Totals() (objects, bytes int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.packs {
		bytes += p.size
	}
	return int64(s.packed.used), bytes
}
