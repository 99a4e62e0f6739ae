package seal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/folder"
)

// Sound is for who is about to show a file of a run's folder: where the run has ended and the
// file is not what was sealed then, it refuses with Corrupt. A file that was found sound and
// looks the same is not read again. Of a run that goes on, or has no seal, nothing is known.
func Sound(ctx context.Context, dir, name string) error {
	sums, err := os.Lstat(filepath.Join(dir, FileName))
	if err != nil {
		return nil // it is not sealed
	}
	at := filepath.Join(dir, filepath.FromSlash(name))
	file, err := os.Lstat(at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // for the caller to find
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "look at %s of the run", name)
	}
	looks := look{folder.StampOf(sums), folder.StampOf(file)}
	if found.sound(at, looks) {
		return nil
	}
	why, err := compare(ctx, dir, name)
	if err != nil {
		return err
	}
	if why != "" {
		return errs.New(errs.Corrupt, "%s of the run is damaged: %s", name, why).
			WithHint("put the file back from a backup or a teammate's copy; `rondo fsck` names all that is damaged")
	}
	found.note(at, looks)
	return nil
}

// compare says how a file differs from what was sealed; empty where it does not, or where
// the seal says nothing of it, or cannot be read itself.
func compare(ctx context.Context, dir, name string) (string, error) {
	text, err := read(filepath.Join(dir, FileName))
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "read the seal of the run")
	}
	list, _ := parse(text)
	for _, want := range list {
		if want.name == name {
			return want.differs(ctx, dir)
		}
	}
	return "", nil
}

// look is how a seal and a file looked when they fitted.
type look struct{ sums, file folder.Stamp }

const maxFound = 1 << 10 // files

// found remembers what was read and found sound, so that a log of a gigabyte is read once by
// somebody who pages through it.
var found = &sounds{}

type sounds struct {
	mu sync.Mutex
	at map[string]look
}

func (s *sounds) sound(path string, now look) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, ok := s.at[path]
	return ok && was == now
}

func (s *sounds) note(path string, now look) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil || len(s.at) >= maxFound {
		s.at = map[string]look{}
	}
	s.at[path] = now
}
