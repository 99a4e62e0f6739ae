package store

import "sync"

// thrift remembers of which kinds of files, told by their extension, several in a row did
// not shrink, so that no time goes into compressing more of them. Now and then one is
// tried again.
type thrift struct {
	mu    sync.Mutex
	tried map[string]int // how many did not shrink since one did
}

const (
	thriftTries = 16 // after which a kind is given up
	thriftAgain = 64 // of these, one is tried
)

func (t *thrift) worth(kind string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.tried[kind]
	if n < thriftTries {
		return true
	}
	t.tried[kind] = n + 1
	return n%thriftAgain == 0
}

func (t *thrift) note(kind string, gained bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tried == nil {
		t.tried = map[string]int{}
	}
	if gained {
		t.tried[kind] = 0
	} else {
		t.tried[kind]++
	}
}
