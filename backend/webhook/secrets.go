package webhook

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// secrets keeps what webhooks are signed with in a file of this device: the project
// folder is shared, a secret is not.
type secrets struct {
	mu   sync.Mutex
	path string
}

func (s *secrets) read() (map[string]string, error) {
	all := map[string]string{}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read the secrets of webhooks")
	}
	if json.Unmarshal(b, &all) != nil {
		return nil, errs.New(errs.Corrupt, "%s does not hold the secrets of webhooks", filepath.Base(s.path)).WithHint("delete the file and give the webhooks their secrets anew")
	}
	return all, nil
}

func (s *secrets) get(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.read()
	return all[id], err
}

// set keeps a secret; an empty one is forgotten.
func (s *secrets) set(id, secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.read()
	if err != nil || secret == all[id] {
		return err
	}
	if all[id] = secret; secret == "" {
		delete(all, id)
	}
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return errs.Wrap(errs.Unavailable, err, "keep the secrets of webhooks")
	}
	return errs.Wrap(errs.Unavailable, atomicfile.WriteFile(s.path, b, 0o600), "keep the secrets of webhooks")
}
