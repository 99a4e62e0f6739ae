package serve

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"rondo/backend/index"
	"rondo/backend/serve/capture"
)

const (
	linger    = 40 * time.Millisecond // how long captures gather before they are written together
	blockRows = 2000
	blockSize = 512 << 10
)

// writer is the one goroutine that appends to this device's capture files.
type writer struct {
	opts  *Options
	queue *queue
	log   *capture.Log
	last  int64 // the newest at that was given
	ended chan struct{}

	lines   []byte // of the block in the making
	rows    []row
	counted map[*endpoint]int64
	waiting []item
	keep    Retention
	swept   time.Time
}

// row is what the index knows of a line.
type row struct {
	truth    bool
	endpoint string
	at       int64
	id       string
	version  int
	line     int
	revision int
	data     string // of a truth, JSON
}

// openWriter mends the files, brings the index up to them and starts writing.
func openWriter(ctx context.Context, opts *Options) (*writer, []string, error) {
	w := &writer{opts: opts, keep: opts.Keep, queue: newQueue(opts.CaptureQueue), ended: make(chan struct{}), counted: map[*endpoint]int64{}}
	dir := capturesDir(opts.Dir)
	log, damage, err := capture.Open(cmp.Or(opts.Captures, filepath.Join(dir, opts.Device)), capture.Options{Rotate: opts.CaptureFile})
	if err != nil {
		return nil, nil, err
	}
	w.log = log
	var repairs []string
	for _, d := range damage {
		repairs = append(repairs, d.String())
	}
	err = opts.Ledger.Derive(ctx, func(tx *index.Tx) error {
		more, err := catchUp(tx, dir)
		for _, d := range more {
			repairs = append(repairs, d.String())
		}
		if err != nil {
			return err
		}
		return tx.QueryRow("SELECT coalesce(max(last), 0) FROM serve_files WHERE device=?", opts.Device).Scan(&w.last)
	})
	if err != nil {
		log.Close()
		return nil, nil, err
	}
	go w.run()
	return w, repairs, nil
}

func (w *writer) close() error {
	if w == nil {
		return nil
	}
	w.queue.close()
	<-w.ended
	return w.log.Close()
}

func (w *writer) run() {
	defer close(w.ended)
	for !w.queue.over() {
		<-w.queue.wake
		w.gather()
		for _, it := range w.queue.take() {
			w.add(it)
		}
		w.commit()
		w.retain()
	}
}

// gather gives more captures a moment to come, unless somebody waits.
func (w *writer) gather() {
	t := time.NewTimer(linger)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.queue.hurry:
	}
}

func (w *writer) add(it item) {
	switch {
	case it.capture != nil:
		w.addCapture(it.capture)
	case it.truth != nil:
		w.addTruth(it.truth)
	}
	if it.done != nil {
		w.waiting = append(w.waiting, it)
	}
}

func (w *writer) next(at int64) int64 {
	w.last = max(at, w.last+1)
	return w.last
}

func (w *writer) addCapture(t *taken) {
	for i := range t.rows {
		id := t.id
		if t.rows > 1 {
			id += "." + strconv.Itoa(i)
		}
		at := w.next(t.at)
		w.lines = appendCapture(w.lines, t, i, id, at)
		w.rows = append(w.rows, row{endpoint: t.ep.name, at: at, id: id, version: t.version, line: len(w.rows)})
		w.counted[t.ep]++
		if len(w.rows) >= blockRows || len(w.lines) >= blockSize {
			w.block()
		}
	}
}

// commit writes what is left and answers those who wait.
func (w *writer) commit() {
	err := w.block()
	for _, it := range w.waiting {
		result := err
		if it.truth != nil {
			it.truth.finish(err)
		}
		if it.keep != nil && err == nil {
			w.keep = *it.keep
			result = w.sweep()
		}
		it.done <- result
	}
	w.waiting = nil
}

// block appends the block in the making and shows it in the index.
func (w *writer) block() error {
	if len(w.rows) == 0 {
		return nil
	}
	defer w.reset()
	pos, err := w.log.Append(time.UnixMicro(w.last), w.lines)
	if err != nil {
		for ep, n := range w.counted {
			ep.meter.dropped.Add(n)
		}
		slog.Error("captures are lost", "rows", len(w.rows), "err", err)
		return w.fail(err)
	}
	for ep, n := range w.counted {
		ep.meter.captured.Add(n)
	}
	err = w.opts.Ledger.Derive(context.Background(), func(tx *index.Tx) error {
		return show(tx, capturesDir(w.opts.Dir), w.opts.Device, pos, w.rows)
	})
	if err != nil {
		slog.Error("captures are saved, but the index cannot show them yet", "err", err)
		return w.fail(err)
	}
	w.tell()
	return nil
}

// fail answers everybody whose lines are in the block.
func (w *writer) fail(err error) error {
	for _, it := range w.waiting {
		if it.truth != nil && it.truth.err == nil {
			it.truth.err = err
		}
	}
	return err
}

func (w *writer) reset() {
	w.lines, w.rows = w.lines[:0], w.rows[:0]
	if cap(w.lines) > 8<<20 {
		w.lines = nil
	}
	clear(w.counted)
}

// Appended is the data of capture.append and truth.add events, whose id is the endpoint.
type Appended struct {
	Rows int `json:"rows"`
}

func (w *writer) tell() {
	if w.opts.Events == nil {
		return
	}
	captures, truths := map[string]int{}, map[string]int{}
	for _, r := range w.rows {
		if r.truth {
			truths[r.endpoint]++
		} else {
			captures[r.endpoint]++
		}
	}
	for name, n := range captures {
		w.opts.Events.Publish("capture.append", name, Appended{n})
	}
	for name, n := range truths {
		w.opts.Events.Publish("truth.add", name, Appended{n})
	}
}

// Flush waits until every capture so far is durable and visible.
func (s *Service) Flush(ctx context.Context) error {
	return s.writer.wait(ctx, item{done: make(chan error, 1)})
}

func (w *writer) wait(ctx context.Context, it item) error {
	if !w.queue.push(it) {
		return errClosed
	}
	select {
	case err := <-it.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
