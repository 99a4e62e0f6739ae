// Package ledger is the one way to change a project: it joins the journal, which
// is the truth, with the index, which is the view.
//
// A change is checked against the index, becomes a record, is made durable, shows
// in the index and as an event, and only then is answered. Concurrent changes
// share one fsync and one index transaction. What the records mean is the nouns'.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Options say where a ledger lives.
type Options struct {
	JournalDir string // .rondo/journal of the project
	Device     string // this installation's id
	IndexPath  string // index.db in the device's folder
	Nouns      []index.Noun
	Events     *event.Bus // may be nil
	SealSize   int64      // bytes of a full journal file; 0 means the usual
	Now        func() time.Time
	ReadOnly   error // why the project may not be changed, where that is so: what Do answers
}

// Ledger serves one project on one device.
type Ledger struct {
	journal *journal.Journal
	index   *index.DB
	events  *event.Bus
	damaged []error
	applied int

	beforeDump []func(context.Context) error

	queue chan *change
	stop  chan struct{}
	done  sync.WaitGroup
	once  sync.Once
}

// Prepare checks a change inside the single writer and returns the record's data.
type Prepare func(tx *index.Tx) (data any, err error)

type change struct {
	ctx      context.Context
	by       string
	kind, id string
	prepare  Prepare
	derive   func(*index.Tx) error

	checkpoint bool
	rec        journal.Record
	err        error
	done       chan struct{}
}

// Open opens the journal, brings the index up to it and starts the writer.
func Open(ctx context.Context, opts Options) (*Ledger, error) {
	x, err := index.Open(ctx, opts.IndexPath, opts.Nouns...)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", opts.IndexPath, err)
	}
	known, err := x.Known(ctx)
	if err != nil {
		x.Close()
		return nil, fmt.Errorf("index %s: %w", opts.IndexPath, err)
	}
	j, err := journal.Open(opts.JournalDir, journal.Options{Device: opts.Device, SealSize: opts.SealSize, Now: opts.Now, Known: known[opts.Device], ReadOnly: opts.ReadOnly})
	if err != nil {
		x.Close()
		return nil, err
	}
	l := &Ledger{journal: j, index: x, events: opts.Events, queue: make(chan *change, 256), stop: make(chan struct{})}
	if l.applied, l.damaged, err = x.CatchUp(ctx, opts.JournalDir); err != nil {
		x.Close()
		j.Close()
		return nil, err
	}
	if err := l.seeOthers(ctx); err != nil {
		return nil, errors.Join(err, x.Close(), j.Close())
	}
	l.done.Add(1)
	go l.write()
	return l, nil
}

// seeOthers moves the clock past every record that is applied, so that what this
// device writes next comes after all it knows.
func (l *Ledger) seeOthers(ctx context.Context) error {
	return l.index.View(ctx, func(tx *index.Tx) error {
		var newest int64
		err := tx.QueryRow("SELECT coalesce(max(clock), 0) FROM index_cursor").Scan(&newest)
		l.journal.See(journal.Clock(newest))
		return err
	})
}

// Repairs tells what Open had to mend or could not read, in words.
func (l *Ledger) Repairs() (list []string) {
	if parted := l.journal.Parted(); parted != "" {
		list = append(list, parted)
	}
	for _, c := range l.journal.Cuts() {
		list = append(list, c.String())
	}
	for _, err := range l.damaged {
		list = append(list, err.Error())
	}
	return list
}

// Applied says how many records Open had to apply to bring the index up to date.
func (l *Ledger) Applied() int { return l.applied }

// Alone reports whether no other device has written to the project.
func (l *Ledger) Alone() (bool, error) {
	devices, err := journal.Devices(l.journal.Dir())
	return len(devices) <= 1, err
}

// Checkpoint makes the index durable as it is.
func (l *Ledger) Checkpoint(ctx context.Context) error {
	_, err := l.submit(&change{ctx: ctx, checkpoint: true})
	return err
}

// Device returns this installation's id.
func (l *Ledger) Device() string { return l.journal.Device() }

type actorKey struct{}

// WithActor names who makes the changes of this context, such as "cli:ann" or "trigger:drift".
func WithActor(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// Actor returns the name set by WithActor, or "".
func Actor(ctx context.Context) string {
	who, _ := ctx.Value(actorKey{}).(string)
	return who
}

// Do makes one change. When it returns without an error the change is durable and
// visible. prepare runs alone among all changes; it must not call Do or Derive.
func (l *Ledger) Do(ctx context.Context, kind, id string, prepare Prepare) (journal.Record, error) {
	c := &change{ctx: ctx, by: Actor(ctx), kind: kind, id: id, prepare: prepare}
	if !l.index.Knows(kind) {
		return journal.Record{}, errs.New(errs.Internal, "no noun applies records of kind %q", kind)
	}
	return l.submit(c)
}

// Derive updates rows that come from files instead of records. They must be the
// same rows that the noun's Refresh would make.
func (l *Ledger) Derive(ctx context.Context, fn func(*index.Tx) error) error {
	_, err := l.submit(&change{ctx: ctx, derive: fn})
	return err
}

func (l *Ledger) submit(c *change) (journal.Record, error) {
	c.done = make(chan struct{})
	select {
	case l.queue <- c:
	case <-l.stop:
		return c.rec, errClosed
	case <-c.ctx.Done():
		return c.rec, c.ctx.Err()
	}
	select {
	case <-c.done:
		return c.rec, c.err
	case <-l.stop:
	}
	l.done.Wait() // the writer answers all it took before it ends
	select {
	case <-c.done:
		return c.rec, c.err
	default:
		return c.rec, errClosed
	}
}

var errClosed = errs.New(errs.Unavailable, "the project is closed").WithHint("start Rondo on it again")

// View runs fn on a consistent snapshot of the index.
func (l *Ledger) View(ctx context.Context, fn func(tx *index.Tx) error) error {
	return l.index.View(ctx, fn)
}

// BeforeDump has fn called before every dump: a noun that derives rows from files
// may be a moment behind them. It is called while the project is being opened.
func (l *Ledger) BeforeDump(fn func(context.Context) error) { l.beforeDump = append(l.beforeDump, fn) }

// Dump writes the whole state as JSON lines, for comparing.
func (l *Ledger) Dump(ctx context.Context, w io.Writer) error { return l.dump(ctx, w) }

// DumpCursors writes the state, and how far into the journals it comes from.
func (l *Ledger) DumpCursors(ctx context.Context, w io.Writer) error {
	return l.dump(ctx, w, index.Cursors)
}

func (l *Ledger) dump(ctx context.Context, w io.Writer, more ...string) error {
	for _, fn := range l.beforeDump {
		if err := fn(ctx); err != nil {
			return err
		}
	}
	return l.index.Dump(ctx, w, more...)
}

// Close finishes the changes in hand and closes both files.
func (l *Ledger) Close() error {
	var err error
	l.once.Do(func() {
		close(l.stop)
		l.done.Wait()
		err = l.index.Close()
		if e := l.journal.Close(); err == nil {
			err = e
		}
	})
	return err
}

func (l *Ledger) publish(c *change) {
	if l.events != nil && c.derive == nil {
		l.events.Publish(c.kind, c.id, json.RawMessage(c.rec.Data))
	}
}
