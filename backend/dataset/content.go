package dataset

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// Content is a file of a snapshot. Of each byte that it gives it is known that it is as it was.
type Content struct {
	File store.TreeFile

	source func() (io.ReadCloser, error)
	r      io.ReadCloser
	ahead  *bufio.Reader // of r
	next   int64         // where ahead stands
	want   int64         // where the next byte is to come from
	err    error         // what reading ended with
}

// Content opens a file of a snapshot; path may be empty where the snapshot is a single file.
func (s *Service) Content(ctx context.Context, snap Snapshot, path string) (*Content, error) {
	f, err := s.file(ctx, snap, path)
	if err == nil {
		err = s.whatCame(snap, f)
	}
	if err != nil {
		return nil, err
	}
	c := &Content{File: f, source: func() (io.ReadCloser, error) { return s.opts.Store.OpenSound(ctx, f.Digest) }}
	return c, c.open()
}

// open begins anew. Damage of the first piece is told at once.
func (c *Content) open() error {
	r, err := c.source()
	if err != nil {
		return err
	}
	c.r, c.ahead, c.next = r, bufio.NewReaderSize(r, 64<<10), 0
	if _, err := c.ahead.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, r.Close())
	}
	return nil
}

// Read reads on. What lies before the place that Seek asked for is read, too, since content is known by whole pieces.
func (c *Content) Read(b []byte) (int, error) {
	if c.err == nil && c.next != c.want {
		c.err = c.reach()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.ahead.Read(b)
	c.next += int64(n)
	c.want, c.err = c.next, err
	return n, err
}

func (c *Content) reach() error {
	if c.want < c.next {
		c.r.Close()
		if err := c.open(); err != nil {
			return err
		}
	}
	n, err := io.CopyN(io.Discard, c.ahead, c.want-c.next)
	c.next += n
	return err
}

// Seek says where the next byte comes from. It reads nothing.
func (c *Content) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += c.want
	case io.SeekEnd:
		offset += c.File.Size
	}
	if offset < 0 {
		return 0, fs.ErrInvalid
	}
	if offset != c.want && errors.Is(c.err, io.EOF) {
		c.err = nil
	}
	c.want = offset
	return offset, nil
}

// Failed is the error that reading ended with before the end of the content.
func (c *Content) Failed() error {
	if c.err == nil || errors.Is(c.err, io.EOF) {
		return nil
	}
	return errs.New(errs.KindOf(c.err), "%s cannot be read to its end: %w", c.File.Path, c.err)
}

// Close ends reading.
func (c *Content) Close() error { return c.r.Close() }
