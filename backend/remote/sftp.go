package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/pkg/sftp"

	"rondo/backend/errs"
)

// overSSH is a folder of another computer, by the SSH File Transfer Protocol, version 3,
// with OpenSSH's extensions where it has them.
type overSSH struct {
	host string
	dir  string
	*lines
	made sync.Map // folders that are there
}

func openSFTP(ctx context.Context, a Address) (Remote, error) {
	h, err := lookUp(a)
	if err != nil {
		return nil, err
	}
	s := &overSSH{host: a.Host, dir: a.Path, lines: &lines{to: h}}
	if _, err := s.line(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// at is where a blob lies.
func (s *overSSH) at(name string) string { return path.Join(s.dir, name) }

// during does something over a connection that works.
func (s *overSSH) during(ctx context.Context, what string, fn func(c *sftp.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l, err := s.line(ctx)
	if err != nil {
		return err
	}
	return s.explain(what, l.during(ctx, func() error { return fn(l.c) }))
}

func (s *overSSH) explain(what string, err error) error {
	var known *errs.Error
	switch {
	case err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return notThere(what)
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Denied, "%s does not let you touch %s", s.host, s.at(what)).WithHint("ask whoever owns the folder for the right to read and write it")
	case broken(err):
		return errs.New(errs.Unavailable, "the connection with %s broke off: %w", s.host, err).WithHint("do the same again: only what is missing is copied")
	}
	return errs.New(errs.Unavailable, "%s cannot use %s: %w", s.host, s.at(what), err).
		WithHint("see whether its disk is full (ssh %s df -h), then do the same again: only what is missing is copied", s.host)
}

func (s *overSSH) List(ctx context.Context, under string, fn func(Blob) error) error {
	if err := checkName(under); err != nil {
		return err
	}
	return s.during(ctx, under, func(c *sftp.Client) error { return (&sftpWalk{s: s, c: c, fn: fn}).below(ctx, under) })
}

func (s *overSSH) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	return sizes(ctx, names, func(ctx context.Context, name string) (n int64, err error) {
		err = s.during(ctx, name, func(c *sftp.Client) error {
			fi, err := c.Stat(s.at(name))
			if err == nil {
				n = fi.Size()
			}
			return err
		})
		return n, err
	})
}

// Stamped is a remote that tells one content of a blob from the next by more than its length.
type Stamped interface {
	// Stamp is another one once the blob was written to.
	Stamp(ctx context.Context, name string) (string, error)
}

func (s *overSSH) Stamp(ctx context.Context, name string) (stamp string, err error) {
	err = s.during(ctx, name, func(c *sftp.Client) error {
		fi, err := c.Stat(s.at(name))
		if err == nil {
			stamp = fmt.Sprint(fi.Size(), " ", fi.ModTime().UnixNano())
		}
		return err
	})
	return stamp, err
}

func (s *overSSH) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	l, err := s.line(ctx)
	if err != nil {
		return nil, err
	}
	var f *sftp.File
	err = l.during(ctx, func() (err error) {
		f, err = l.c.Open(s.at(name))
		return err
	})
	if err != nil {
		return nil, s.explain(name, err)
	}
	if length < 0 {
		length = 1<<62 - offset
	}
	return &sftpReader{s: s, l: l, ctx: ctx, name: name, f: f, at: offset, left: length}, nil
}

// sftpReader asks for much at once, because every question takes a round trip.
type sftpReader struct {
	s        *overSSH
	l        *line
	ctx      context.Context
	name     string
	f        *sftp.File
	at, left int64
	buf, now []byte
	ended    bool
}

const sftpRead = 1 << 20

func (r *sftpReader) Read(b []byte) (int, error) {
	if len(r.now) == 0 {
		if r.ended || r.left <= 0 {
			return 0, io.EOF
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
		if len(r.now) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(b, r.now)
	r.now = r.now[n:]
	return n, nil
}

func (r *sftpReader) fill() error {
	if r.buf == nil {
		r.buf = make([]byte, min(r.left, sftpRead))
	}
	var n int
	err := r.l.during(r.ctx, func() (err error) {
		n, err = r.f.ReadAt(r.buf[:min(int64(len(r.buf)), r.left)], r.at)
		if errors.Is(err, io.EOF) {
			r.ended, err = true, nil
		}
		return err
	})
	r.now, r.at, r.left = r.buf[:n], r.at+int64(n), r.left-int64(n)
	return r.s.explain(r.name, err)
}

func (r *sftpReader) Close() error { return r.f.Close() }

func (s *overSSH) Put(ctx context.Context, name string, content *io.SectionReader) (stored bool, err error) {
	err = s.place(ctx, name, content, func(c *sftp.Client, tmp string) error {
		err := c.Rename(tmp, s.at(name)) // which version 3 refuses where there is one
		stored = err == nil
		if err == nil {
			return nil
		}
		if _, there := c.Stat(s.at(name)); there == nil {
			return c.Remove(tmp)
		}
		return err
	})
	return stored && err == nil, err
}

func (s *overSSH) Replace(ctx context.Context, name string, content *io.SectionReader) error {
	return s.place(ctx, name, content, func(c *sftp.Client, tmp string) error {
		if _, ok := c.HasExtension("posix-rename@openssh.com"); ok {
			return c.PosixRename(tmp, s.at(name))
		}
		if err := c.Remove(s.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return c.Rename(tmp, s.at(name))
	})
}

// place writes a file whole under another name and then gives it its own.
func (s *overSSH) place(ctx context.Context, name string, content *io.SectionReader, rename func(c *sftp.Client, tmp string) error) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.during(ctx, name, func(c *sftp.Client) error {
		if err := s.folder(c, path.Dir(s.at(name))); err != nil {
			return err
		}
		tmp := s.at(temporaryName(name))
		f, err := c.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return err
		}
		n, err := f.ReadFromWithConcurrency(io.NewSectionReader(content, 0, content.Size()), 16)
		if err == nil && n != content.Size() {
			err = io.ErrShortWrite
		}
		if err == nil {
			err = unsupported(f.Sync())
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = rename(c, tmp)
		}
		if err != nil {
			_ = c.Remove(tmp)
		}
		return err
	})
}

// folder makes a folder and those around it, once.
func (s *overSSH) folder(c *sftp.Client, dir string) error {
	if _, ok := s.made.Load(dir); ok {
		return nil
	}
	err := c.MkdirAll(dir)
	if err == nil {
		s.made.Store(dir, true)
	}
	return err
}

// unsupported passes over what a server does not know, such as fsync@openssh.com.
func unsupported(err error) error {
	var status *sftp.StatusError
	if errors.As(err, &status) && status.FxCode() == sftp.ErrSSHFxOpUnsupported || err != nil && strings.Contains(err.Error(), "unsupported") {
		return nil
	}
	return err
}

func (s *overSSH) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.during(ctx, name, func(c *sftp.Client) error {
		if err := c.Remove(s.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (s *overSSH) Checks() bool { return false }
