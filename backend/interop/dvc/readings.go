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
	own    bool // DVC and Rondo write lock as text is written
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

// putStages is PutStages, with what the new text says. Where the text is written as DVC and
// Rondo write it, all but the new entries stays unread: thousands of stages that run one
// after the other write as often.
func (t *Readings) putStages(name string, text []byte, stages ...metafile.LockStage) ([]byte, *metafile.Lock, error) {
	l, err := t.lock(name, text)
	if err != nil {
		return nil, nil, err
	}
	if len(l.Stages) > 0 && (t.known[name].own || bytes.Equal(l.Text(), text)) {
		added := &metafile.Lock{Schema: "2.0", Stages: stages}
		as, err := metafile.ReadLock(name, added.Text()) // a reader takes some checksums in lower case
		if err == nil {
			out := string(text)
			for _, s := range stages {
				out = putStage(out, s)
			}
			t.put(name, said{text: []byte(out), lock: l.With(as.Stages...), own: true})
			return []byte(out), t.known[name].lock, nil
		}
	}
	if text, err = PutStages(name, text, stages...); err != nil {
		return nil, nil, err
	}
	l, err = t.lock(name, text)
	return text, l, err
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
