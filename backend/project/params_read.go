package project

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
)

// ParamsReader reads params files and parses each text once: a pipeline of hundreds of
// stages asks for the same file as often. Its values are shared and must not be changed.
// The zero value is ready.
type ParamsReader struct {
	mu    sync.Mutex
	known map[string]readParams // by path; with and without overrides have one each
}

type readParams struct {
	text   []byte
	set    map[string]string
	values Values
}

// Read reads a params file (YAML, or JSON, which is YAML too) with values set under
// dotted keys as OverrideParams would write them. A missing file holds nothing.
func (r *ParamsReader) Read(path string, set map[string]string) (Values, error) {
	text, err := readLimited(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := path
	if len(set) > 0 {
		key += "\x00set"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.known[key]; ok && bytes.Equal(k.text, text) && maps.Equal(k.set, set) {
		return k.values, nil
	}
	now := readParams{text: text, set: maps.Clone(set)}
	if len(set) > 0 {
		if text, err = override(filepath.Base(path), text, set); err != nil {
			return nil, err
		}
	}
	if now.values, err = ParseParams(filepath.Base(path), text); err != nil {
		return nil, err
	}
	if r.known == nil {
		r.known = map[string]readParams{}
	}
	r.known[key] = now
	return now.values, nil
}
