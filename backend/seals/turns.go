package seals

import "sync"

// turns lets one after the other do something with a name.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// take waits for the name, which is held until leave is called.
func (t *turns) take(name string) (leave func()) {
	mine := make(chan struct{})
	for {
		t.mu.Lock()
		other, busy := t.held[name]
		if !busy {
			if t.held == nil {
				t.held = map[string]chan struct{}{}
			}
			t.held[name] = mine
		}
		t.mu.Unlock()
		if !busy {
			return func() {
				t.mu.Lock()
				delete(t.held, name)
				t.mu.Unlock()
				close(mine)
			}
		}
		<-other
	}
}
