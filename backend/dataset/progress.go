package dataset

import (
	"context"
	"io"
	"sync"
	"time"

	"rondo/backend/dataset/table"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// Progress is how far long work on data has come.
type Progress struct {
	Dataset string  `json:"dataset,omitempty"` // empty: the whole store
	Verb    string  `json:"verb"`              // snapshot, checkout, profile, diff, sql, verify, push, fetch, remote-status, import, repair, gc, usage, fsck
	Files   int64   `json:"files"`             // so far; objects where the whole store is meant, or a remote; packs of a remote that is compared
	Bytes   int64   `json:"bytes"`
	OfFiles int64   `json:"of_files,omitempty"` // in all; of a snapshot as many as the one before had
	OfBytes int64   `json:"of_bytes,omitempty"`
	Seconds float64 `json:"seconds"`        // since it began
	Left    float64 `json:"left,omitempty"` // seconds that the rest will take at this pace
	Note    string  `json:"note,omitempty"` // why it takes longer just now
}

const tellEvery = 300 * time.Millisecond

// total is what there is to do, once that is known.
type total struct {
	mu           sync.Mutex
	files, bytes int64
	guess        bool // it is as much as there was before, or a moment ago
	note         string
	noted        time.Time
}

const noteStays = 5 * time.Second

// told keeps why something takes longer, for a while.
func (t *total) told(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note, t.noted = text, time.Now()
}

// past is what there is to do of what was done so far: a guess that was wrong tells nothing more.
func (t *total) past(files, bytes int64) (ofFiles, ofBytes int64) {
	if t.guess && (files > t.files || bytes > t.bytes) {
		return 0, 0
	}
	return t.files, t.bytes
}

func (t *total) set(files, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files, t.bytes = files, bytes
}

// size is how many bytes there are to do.
func (t *total) size() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// more adds to what there is to do.
func (t *total) more(files, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files, t.bytes = t.files+files, t.bytes+bytes
}

// farWork is work with a remote that is told of.
type farWork struct {
	count *store.Count
	of    *total
	stop  func() // ends that
}

// followFar tells of work with a remote, and of what is tried again there, until it is stopped.
func (s *Service) followFar(ctx context.Context, verb string, datasets []string) (context.Context, farWork) {
	name, w := "", farWork{count: &store.Count{}, of: &total{}}
	if len(datasets) == 1 {
		name = datasets[0]
	}
	w.stop = s.follow(verb, name, w.count, w.of)
	return remote.WithNotice(ctx, w.of.told), w
}

// moves tells of what is copied to or from a remote.
func (w farWork) moves(f *there) { f.Objects.Track(w.count, w.of.more) }

// asks tells how many packs of a remote were asked for.
func (w farWork) asks(f *there) { f.Objects.TrackAsked(w.count, w.of.more) }

// FollowAll tells of work that reads every object, until stop is called.
func (s *Service) FollowAll(verb string, count *store.Count) (stop func()) {
	of := &total{}
	of.set(s.opts.Store.Totals())
	return s.follow(verb, "", count, of)
}

// follow tells of the progress of some work until stop is called.
func (s *Service) follow(verb, name string, count *store.Count, of *total) (stop func()) {
	if s.opts.Progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(tellEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				s.opts.Progress(progressOf(verb, name, count, of, time.Since(began)))
			}
		}
	}()
	return func() { close(done); <-ended }
}

func progressOf(verb, name string, count *store.Count, of *total, since time.Duration) Progress {
	of.mu.Lock()
	defer of.mu.Unlock()
	p := Progress{Dataset: name, Verb: verb, Files: count.Files.Load(), Bytes: count.Bytes.Load(), Seconds: since.Seconds()}
	p.OfFiles, p.OfBytes = of.past(p.Files, p.Bytes)
	if time.Since(of.noted) < noteStays {
		p.Note = of.note
	}
	share := 0.0
	if p.OfFiles > 0 { // a file costs as much as 64 KiB of content
		p.Files, p.Bytes = min(p.Files, p.OfFiles), min(p.Bytes, p.OfBytes) // more may be read than there is
		share = float64(p.Files<<16+p.Bytes) / float64(p.OfFiles<<16+p.OfBytes)
	}
	if share > 0 && share < 1 {
		p.Left = p.Seconds * (1 - share) / share
	}
	return p
}

// counted tells how much of a file or an answer was read.
type counted struct {
	io.ReadCloser
	count *store.Count
	times int64 // that all of it is read
	read  int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	before := c.read / c.times
	c.read += int64(n)
	c.count.Add(0, c.read/c.times-before)
	return n, err
}

// counting is an opener whose file counts what is read of the table, which may be read more than once.
func counting(count *store.Count, name string, open table.Opener) table.Opener {
	return func() (io.ReadCloser, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return &counted{ReadCloser: r, count: count, times: table.Readings(name)}, nil
	}
}
