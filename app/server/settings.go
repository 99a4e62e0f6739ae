package server

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/api"
	"rondo/backend/atomicfile"
	"rondo/backend/serve"
)

// settings keep what this person chose on this device.
type settings struct {
	mu   sync.Mutex
	path string
}

func openSettings(deviceDir string) *settings {
	return &settings{path: filepath.Join(deviceDir, "settings.json")}
}

// read returns what was chosen; a damaged file counts as nothing chosen.
func (s *settings) read() (api.Settings, error) {
	out := api.Settings{Theme: "system", Sidebar: true}
	b, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, unavailable(err, "read the settings")
	}
	usual := out
	if json.Unmarshal(b, &out) != nil {
		return usual, nil
	}
	return out, nil
}

func (s *settings) change(fn func(*api.Settings) error) (api.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.read()
	if err != nil {
		return now, err
	}
	if err := fn(&now); err != nil {
		return now, err
	}
	b, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return now, err
	}
	return now, unavailable(atomicfile.WriteFile(s.path, b, 0o600), "write the settings")
}

// Settings implements api.House.
func (s *Server) Settings(context.Context) (api.Settings, error) { return s.house.settings.read() }

// SaveSettings implements api.House.
func (s *Server) SaveSettings(ctx context.Context, change func(*api.Settings) error) (api.Settings, error) {
	out, err := s.house.settings.change(change)
	if err != nil {
		return out, err
	}
	s.house.events.Publish("settings", "", nil)
	return out, s.house.serve.Retain(ctx, retention(out))
}

func retention(chosen api.Settings) serve.Retention {
	return serve.Retention{Days: chosen.KeepCaptures}
}
