// Package event carries what has happened to whoever wants to react: the loop,
// the event stream of the API, the monitors. Events are hints, never the truth:
// a slow reader misses some (counted) and looks at the state instead.
package event

import (
	"sync"
	"time"
)

// Event says that something happened. Data is JSON-encodable and must not be changed.
type Event struct {
	Seq  uint64    `json:"seq"`  // rises by one per event of this process
	Kind string    `json:"kind"` // such as "run.create"; a record's kind where a record caused it
	ID   string    `json:"id"`   // the thing it happened to, or empty
	Time time.Time `json:"time"`
	Data any       `json:"data,omitempty"`
}

const keep = 1024 // events a reader can catch up on after a reconnect

// Bus hands events to its subscribers without ever blocking the publisher.
type Bus struct {
	mu   sync.Mutex
	seq  uint64
	past []Event
	subs map[*Sub]struct{}
}

// Sub is one reader's view of a Bus.
type Sub struct {
	C       <-chan Event
	c       chan Event
	bus     *Bus
	dropped uint64
}

// NewBus returns an empty bus.
func NewBus() *Bus { return &Bus{subs: map[*Sub]struct{}{}} }

// Publish numbers the event and hands it to every subscriber that has room.
func (b *Bus) Publish(kind, id string, data any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	e := Event{Seq: b.seq, Kind: kind, ID: id, Time: time.Now(), Data: data}
	if b.past = append(b.past, e); len(b.past) > 2*keep {
		b.past = append([]Event(nil), b.past[len(b.past)-keep:]...)
	}
	for s := range b.subs {
		select {
		case s.c <- e:
		default:
			s.dropped++
		}
	}
}

// Subscribe returns a subscription that starts with the events after the given
// sequence number, as far as they are still kept; pass Last() for new ones only.
func (b *Bus) Subscribe(after uint64, buffer int) *Sub {
	b.mu.Lock()
	defer b.mu.Unlock()
	var past []Event
	for _, e := range b.past {
		if e.Seq > after {
			past = append(past, e)
		}
	}
	c := make(chan Event, max(buffer, len(past)))
	for _, e := range past {
		c <- e
	}
	s := &Sub{C: c, c: c, bus: b}
	b.subs[s] = struct{}{}
	return s
}

// Last returns the newest sequence number.
func (b *Bus) Last() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seq
}

// Dropped says how many events this subscriber was too slow for.
func (s *Sub) Dropped() uint64 {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	return s.dropped
}

// Close ends the subscription and closes its channel.
func (s *Sub) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if _, ok := s.bus.subs[s]; ok {
		delete(s.bus.subs, s)
		close(s.c)
	}
}
