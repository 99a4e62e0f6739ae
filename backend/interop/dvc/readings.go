package dvc

import "bytes"

// readings remember what files said, by their text: a project of hundreds of stages asks
// for the same dvc.lock and params as often. What it gives is shared and must not be
// changed. The zero value is ready.
type readings struct {
	known map[string]said // by name
}

type said struct {
	text   []byte
	lock   *Lock
	params *Map
}

func (t *readings) lock(name string, text []byte) (*Lock, error) {
	if s := t.known[name]; s.lock != nil && bytes.Equal(s.text, text) {
		return s.lock, nil
	}
	l, err := ReadLock(name, text)
	if err == nil {
		t.put(name, said{text: text, lock: l})
	}
	return l, err
}

func (t *readings) params(name string, text []byte) (*Map, error) {
	if s := t.known[name]; s.params != nil && bytes.Equal(s.text, text) {
		return s.params, nil
	}
	m, err := ReadParams(name, text)
	if err == nil {
		t.put(name, said{text: text, params: m})
	}
	return m, err
}

func (t *readings) put(name string, s said) {
	if t.known == nil {
		t.known = map[string]said{}
	}
	t.known[name] = s
}
