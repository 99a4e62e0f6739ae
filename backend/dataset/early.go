package dataset

import (
	"context"
	"errors"
	"sync"

	"rondo/backend/atomicfile"
)

// Between two early syncs lie at least so many files or bytes.
const (
	earlyFiles = 2 << 10
	earlyBytes = 64 << 20
)

// early lets the disk write what is staged while more is being staged: a sync goes on
// beside the work whenever enough has come since the one before, and one in the end waits
// for all. Nil is for a checkout that answers before the disk has it: it leaves to the
// system when to write, which for many files takes as long as making them.
type early struct {
	whole *atomicfile.Whole
	mu    sync.Mutex
	files int64 // since the last sync began
	bytes int64
	busy  chan struct{} // closed when the sync that goes on has ended
	err   error         // of any of them
	left  bool          // nobody waits any more
}

func openEarly(dir string) (*early, error) {
	whole, err := atomicfile.OpenWhole(dir)
	return &early{whole: whole}, err
}

// wrote notes what was staged, and returns what went wrong with syncing so far.
func (e *early) wrote(files, bytes int64) error {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.files += files
	e.bytes += bytes
	if enough := e.files >= earlyFiles || e.bytes >= earlyBytes; atomicfile.Early && enough && e.busy == nil {
		e.files, e.bytes, e.busy = 0, 0, make(chan struct{})
		go e.begin(e.busy)
	}
	return e.err
}

func (e *early) begin(busy chan struct{}) {
	defer close(busy)
	err := e.whole.Sync()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err, e.busy = errors.Join(e.err, err), nil; e.left {
		e.whole.Close()
	}
}

// end waits for what goes on, and makes all durable that was staged.
func (e *early) end(ctx context.Context) error {
	e.mu.Lock()
	busy := e.busy
	e.mu.Unlock()
	if busy != nil {
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	err := e.err
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return e.whole.Sync()
}

// close gives up at once, or ends what end has ended.
func (e *early) close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left = true; e.busy == nil {
		e.whole.Close()
	}
}
