package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// meter gives up in the middle of what is moved, and counts what is moved after that.
type meter struct {
	io.ReaderAt
	io.ReadCloser
	*patience
}

type patience struct {
	ctx           context.Context
	giveUp        func()
	before, after atomic.Int64 // bytes
	begun         atomic.Int64 // packs, after that
}

func (p *patience) begin() {
	if p.ctx.Err() != nil {
		p.begun.Add(1)
	}
}

func (p *patience) note(n int) {
	if p.ctx.Err() != nil {
		p.after.Add(int64(n))
	} else if p.before.Add(int64(n)) > 2<<20 {
		p.giveUp()
	}
}

func (m meter) ReadAt(b []byte, at int64) (int, error) {
	n, err := m.ReaderAt.ReadAt(b, at)
	m.note(n)
	return n, err
}

func (m meter) Read(b []byte) (int, error) {
	n, err := m.ReadCloser.Read(b)
	m.note(n)
	return n, err
}

// TestWhoGivesUpMovesNothingMore: of a transfer that is cancelled in its first pack, what is
// moved after that is less than a pack, and no other begins.
func TestWhoGivesUpMovesNothingMore(t *testing.T) {
	s, err := store.Open(t.TempDir())
	check(t, err)
	d, _, err := s.Put(t.Context(), bytes.NewReader(random(120<<20, 9)))
	check(t, err)
	all := []ref.Digest{d}
	r := &trickster{Remote: folder(t, t.TempDir())}
	for _, one := range []struct {
		what string
		move func(context.Context) error
	}{
		{"send", func(ctx context.Context) error { _, err := far(t, r).Send(ctx, s, all); return err }},
		{"receive", func(ctx context.Context) error {
			_, err := far(t, r).Send(t.Context(), s, all)
			check(t, err)
			to, err := store.Open(t.TempDir())
			check(t, err)
			f := far(t, r)
			r.get = r.getting
			_, err = to.Receive(ctx, f, all)
			return err
		}},
	} {
		what := one.what
		ctx, giveUp := context.WithCancel(t.Context())
		p := &patience{ctx: ctx, giveUp: giveUp}
		r.getting = func(_ string, body io.ReadCloser) (io.ReadCloser, error) {
			p.begin()
			return meter{ReadCloser: body, patience: p}, nil
		}
		r.get, r.put = nil, nil
		if what == "send" {
			r.put = func(_ string, c *io.SectionReader) (*io.SectionReader, error) {
				p.begin()
				return io.NewSectionReader(meter{ReaderAt: c, patience: p}, 0, c.Size()), nil
			}
		}
		if err := one.move(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
		if n := p.after.Load(); n > 4<<20 {
			t.Errorf("%s: %d bytes are moved after that", what, n)
		}
		if n := p.begun.Load(); n > 3 { // those that go at the same time may just begin
			t.Errorf("%s: %d more begin after that", what, n)
		}
		giveUp()
	}
}
