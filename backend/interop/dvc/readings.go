package dvc

import (
	"bytes"

	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Readings remember what files said, by their text: a project of hundreds of stages asks
// for the same dvc.lock and params as often, and one that is opened again and again for
// the same dvc.yaml. What they give is shared and must not be changed. The zero value is
// ready, for one goroutine at a time.
type Readings struct {
	known map[string]said // by name
}

type said struct {
	text   []byte
	lock   *metafile.Lock
	params *doc.Map
	yaml   any // of a dvc.yaml, before ${…} is filled in
}

func (t *Readings) pipeline(name string, text []byte, read func(string) ([]byte, error), style config.OptionStyle) (*metafile.Pipeline, error) {
	if s := t.known[name]; s.yaml != nil && bytes.Equal(s.text, text) {
		return metafile.FillPipeline(name, s.yaml, read, style)
	}
	v, err := doc.ParseYAML(name, text)
	if err != nil {
		return nil, err
	}
	t.put(name, said{text: text, yaml: v})
	return metafile.FillPipeline(name, v, read, style)
}

func (t *Readings) lock(name string, text []byte) (*metafile.Lock, error) {
	if s := t.known[name]; s.lock != nil && bytes.Equal(s.text, text) {
		return s.lock, nil
	}
	l, err := metafile.ReadLock(name, text)
	if err == nil {
		t.put(name, said{text: text, lock: l})
	}
	return l, err
}

func (t *Readings) params(name string, text []byte) (*doc.Map, error) {
	if s := t.known[name]; s.params != nil && bytes.Equal(s.text, text) {
		return s.params, nil
	}
	m, err := doc.ReadParams(name, text)
	if err == nil {
		t.put(name, said{text: text, params: m})
	}
	return m, err
}

func (t *Readings) put(name string, s said) {
	if t.known == nil {
		t.known = map[string]said{}
	}
	t.known[name] = s
}
