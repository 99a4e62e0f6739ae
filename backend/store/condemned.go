package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/ref"
)

// An object that nobody needs is condemned first, and removed by a later collection
// only. In between nobody who stores the same content counts on it: it is stored again.
// So a write that found it there, and whose record is not written yet, has time to end.
const (
	condemnedName = "condemned"
	condemnedHead = "rondo condemned 1"
)

type condemned struct {
	stamp Stamp // of the file that was read
	since map[ref.Digest]time.Time
	blind bool // it, or which packs are left since then, could not be read
}

// sentence reads the list anew if it is another one; one that is damaged condemns nothing.
// Another one is what each collection leaves, also of another program, so that the packs are
// looked for anew, too: what lay in one may be gone.
func (s *Store) sentence() map[ref.Digest]time.Time {
	path := filepath.Join(s.dir, condemnedName)
	now := condemned{}
	if fi, err := os.Stat(path); err == nil {
		now.stamp = StampOf(fi)
	}
	s.mu.RLock()
	was := s.condemned
	s.mu.RUnlock()
	if now.stamp == was.stamp && !was.blind {
		return was.since
	}
	var err error
	if now.stamp != (Stamp{}) {
		now.since, err = readCondemned(path)
	}
	now.blind = errors.Join(err, s.Reload()) != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.condemned = now
	s.loss()
	return now.since
}

func readCondemned(path string) (map[ref.Digest]time.Time, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, ok := bytes.CutPrefix(b, []byte(condemnedHead+"\n"))
	if !ok || !summed(b) {
		return nil, nil
	}
	since := map[ref.Digest]time.Time{}
	for line := range strings.Lines(string(text)) {
		hex, at, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		d, err := ref.Parse(hex)
		when, e := time.Parse(time.RFC3339, at)
		if err == nil && e == nil {
			since[d] = when
		}
	}
	return since, nil
}

// summed reports whether a list's last line is the digest of all before; older lists have none,
// so that it ends with an object and a time.
func summed(b []byte) bool {
	before := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
	last, err := ref.Parse(string(bytes.TrimSuffix(b[before:], []byte("\n"))))
	return err != nil || last == ref.Of(b[:before])
}

// writeCondemned writes the list, also an empty one: that it is another one tells every program
// that something may be gone.
func (s *Store) writeCondemned(since map[ref.Digest]time.Time) error {
	path := filepath.Join(s.dir, condemnedName)
	if _, err := os.Lstat(path); len(since) == 0 && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, condemnedHead)
	for d, at := range since {
		fmt.Fprintln(&b, d, at.UTC().Format(time.RFC3339))
	}
	fmt.Fprintln(&b, ref.Of(b.Bytes()))
	return diskError(atomicfile.WriteFile(path, b.Bytes(), 0o644))
}

// doomed reports whether the list, as it was last read, has the object, or the object
// was found damaged: nobody counts on it.
func (s *Store) doomed(d ref.Digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.condemned.since[d]
	return ok || s.condemned.blind || s.suspects.damaged[d]
}

// Keeps reports whether the object is here to stay, so that it need not be stored again.
func (s *Store) Keeps(d ref.Digest) bool {
	s.sentence()
	return !s.doomed(d) && s.Has(d)
}
