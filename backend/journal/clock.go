package journal

import (
	"sync"
	"time"
)

// Clock is a hybrid logical clock: 48 bits of Unix milliseconds, 16 bits that
// count within one (Kulkarni et al., 2014). It never runs backwards, also when the
// machine's clock does, and follows the clocks it has seen.
type Clock int64

// Time returns the physical part.
func (c Clock) Time() time.Time { return time.UnixMilli(int64(c) >> 16).UTC() }

// Ticker makes clocks that rise.
type Ticker struct {
	Now  func() time.Time
	mu   sync.Mutex
	last Clock
}

// Tick returns a clock after every other one ticked or seen.
func (t *Ticker) Tick() Clock {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	t.last = max(Clock(now().UnixMilli()<<16), t.last+1)
	return t.last
}

// See makes later ticks come after c.
func (t *Ticker) See(c Clock) {
	t.mu.Lock()
	t.last = max(t.last, c)
	t.mu.Unlock()
}
