package serve

import (
	"sync"
	"time"

	"rondo/backend/serve/runtime"
)

// item is something on its way to the capture files: a request, truths, or a
// question whether all before it has arrived.
type item struct {
	capture *taken
	truth   *told
	keep    *Retention // new limits, to be kept to at once
	done    chan error // closed when all before it is durable and visible; nil for captures
}

// taken is a request that was answered, or failed to be.
type taken struct {
	ep         *endpoint
	at         int64 // microseconds
	id         string
	model      string
	version    int
	in, out    []runtime.Tensor // out is nil after a failure
	rows       int
	attributes map[string][]any
	took       time.Duration
}

func (t *taken) values() int {
	n := 0
	for i := range t.in {
		n += t.in[i].Len()
		for _, s := range t.in[i].Texts {
			n += len(s) / 16
		}
	}
	for i := range t.out {
		n += t.out[i].Len()
	}
	return n
}

const maxWaiting = 16 << 20 // values that may wait for the disk, about 16 bytes each

// queue holds what waits for the disk, within bounds.
type queue struct {
	mu     sync.Mutex
	items  []item
	rows   int
	values int
	limit  int
	closed bool
	wake   chan struct{} // something is there
	hurry  chan struct{} // somebody waits for it
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1)}
}

// offer takes a capture unless the queue is full. It never waits.
func (q *queue) offer(it item) bool {
	rows, values := it.capture.rows, it.capture.values()
	q.mu.Lock()
	if q.closed || q.rows+rows > q.limit || q.values+values > maxWaiting {
		q.mu.Unlock()
		return false
	}
	q.rows += rows
	q.values += values
	q.items = append(q.items, it)
	first := len(q.items) == 1
	q.mu.Unlock()
	if first {
		signal(q.wake)
	}
	return true
}

// push takes what somebody waits for.
func (q *queue) push(it item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.items = append(q.items, it)
	signal(q.wake)
	signal(q.hurry)
	return true
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (q *queue) take() []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items, q.rows, q.values = nil, 0, 0
	return items
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	signal(q.wake)
	signal(q.hurry)
}

func (q *queue) over() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && len(q.items) == 0
}
