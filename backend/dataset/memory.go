package dataset

import (
	"cmp"
	"path/filepath"
	"time"

	"rondo/backend/folder"
	"rondo/backend/proc"
	"rondo/backend/ref"
)

// memory is how a dataset's files looked when they were last read, and what they held:
// what looks the same is not read again. It is this device's, and losing it costs one
// reading of the data.
type memory struct {
	*folder.Memory
	path  string
	began time.Time // when the reading began
	ended bool
}

func (s *Service) memory(name string) *memory {
	m := &memory{path: s.memoryAt(name), began: s.opts.Now()}
	m.Memory = folder.Recall(m.path, cmp.Or(s.opts.Boot, proc.Self().Boot))
	return m
}

func (s *Service) memoryAt(name string) string {
	return filepath.Join(s.opts.Device, "stat", ref.Of([]byte(name)).String()[:32]+".stat")
}

// save makes what was seen the memory. Without it the files are read once more.
func (s *Service) save(m *memory, name string) {
	m.ended = true
	if err := m.Save(); err != nil {
		s.opts.Log.Warn("how the files look could not be noted; they will be read again", "dataset", name, "err", err)
	}
}

// close keeps what was learned before an error.
func (m *memory) close() {
	if !m.ended {
		m.Interrupt()
	}
}
