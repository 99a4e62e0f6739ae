package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// overSSH is a folder of another computer, by the SSH File Transfer Protocol, version 3,
// with OpenSSH's extensions where it has them.
type overSSH struct {
	host string
	dir  string
	ssh  *ssh.Client
	c    *sftp.Client
	made sync.Map // folders that are there
}

func openSFTP(ctx context.Context, a Address) (Remote, error) {
	h, err := lookUp(a)
	if err != nil {
		return nil, err
	}
	conn, err := dialSSH(ctx, h)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, err := sftp.NewClient(conn, sftp.UseConcurrentWrites(true), sftp.MaxConcurrentRequestsPerFile(32))
	stop()
	if err != nil {
		conn.Close()
		return nil, errs.New(errs.Unavailable, "%s offers no sftp: %w", h.host, err).WithHint("its sshd needs a line `Subsystem sftp internal-sftp`")
	}
	return &overSSH{host: a.Host, dir: a.Path, ssh: conn, c: c}, nil
}

// at is where a blob lies.
func (s *overSSH) at(name string) string { return path.Join(s.dir, name) }

// during ends what waits for the other side once nobody waits for its answer. The
// protocol knows no other way than to hang up.
func (s *overSSH) during(ctx context.Context, what string, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.ssh.Close() })
	defer stop()
	err := fn()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.explain(what, err)
}

func (s *overSSH) explain(what string, err error) error {
	var known *errs.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return notThere(what)
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Denied, "%s does not let you touch %s", s.host, s.at(what)).WithHint("ask whoever owns the folder for the right to read and write it")
	case errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errs.New(errs.Unavailable, "the connection with %s broke off: %w", s.host, err).WithHint("do the same again: only what is missing is copied")
	}
	return errs.New(errs.Unavailable, "%s cannot use %s: %w", s.host, s.at(what), err).
		WithHint("see whether its disk is full (ssh %s df -h), then do the same again: only what is missing is copied", s.host)
}

func (s *overSSH) List(ctx context.Context, under string, fn func(Blob) error) error {
	if err := checkName(under); err != nil {
		return err
	}
	return s.during(ctx, under, func() error { return s.walk(ctx, under, fn) })
}

func (s *overSSH) walk(ctx context.Context, under string, fn func(Blob) error) error {
	entries, err := s.c.ReadDirContext(ctx, s.at(under))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(under, e.Name())
		switch {
		case checkName(name) != nil:
			continue
		case e.IsDir():
			err = s.walk(ctx, name, fn)
		case !e.Mode().IsRegular():
		case temporary(e.Name()):
			if time.Since(e.ModTime()) > abandoned && atomicfile.IsTemporary(e.Name()) {
				_ = s.c.Remove(s.at(name))
			}
		default:
			err = fn(Blob{name, e.Size()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *overSSH) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	return sizes(ctx, names, func(ctx context.Context, name string) (n int64, err error) {
		err = s.during(ctx, name, func() error {
			fi, err := s.c.Stat(s.at(name))
			if err == nil {
				n = fi.Size()
			}
			return err
		})
		return n, err
	})
}

func (s *overSSH) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var f *sftp.File
	err := s.during(ctx, name, func() (err error) {
		f, err = s.c.Open(s.at(name))
		return err
	})
	if err != nil {
		return nil, err
	}
	if length < 0 {
		length = 1<<62 - offset
	}
	return &sftpReader{s: s, ctx: ctx, name: name, f: f, at: offset, left: length}, nil
}

// sftpReader asks for much at once, because every question takes a round trip.
type sftpReader struct {
	s        *overSSH
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
	err := r.s.during(r.ctx, r.name, func() (err error) {
		n, err = r.f.ReadAt(r.buf[:min(int64(len(r.buf)), r.left)], r.at)
		if errors.Is(err, io.EOF) {
			r.ended, err = true, nil
		}
		return err
	})
	r.now, r.at, r.left = r.buf[:n], r.at+int64(n), r.left-int64(n)
	return err
}

func (r *sftpReader) Close() error { return r.f.Close() }

func (s *overSSH) Put(ctx context.Context, name string, content *io.SectionReader) (stored bool, err error) {
	err = s.place(ctx, name, content, func(tmp string) error {
		err := s.c.Rename(tmp, s.at(name)) // which version 3 refuses where there is one
		stored = err == nil
		if err == nil {
			return nil
		}
		if _, there := s.c.Stat(s.at(name)); there == nil {
			return s.c.Remove(tmp)
		}
		return err
	})
	return stored && err == nil, err
}

func (s *overSSH) Replace(ctx context.Context, name string, content *io.SectionReader) error {
	return s.place(ctx, name, content, func(tmp string) error {
		if _, ok := s.c.HasExtension("posix-rename@openssh.com"); ok {
			return s.c.PosixRename(tmp, s.at(name))
		}
		if err := s.c.Remove(s.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return s.c.Rename(tmp, s.at(name))
	})
}

// place writes a file whole under another name and then gives it its own.
func (s *overSSH) place(ctx context.Context, name string, content *io.SectionReader, rename func(tmp string) error) error {
	if err := checkName(name); err != nil {
		return err
	}
	return s.during(ctx, name, func() error {
		if err := s.folder(path.Dir(s.at(name))); err != nil {
			return err
		}
		tmp := s.at(temporaryName(name))
		f, err := s.c.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
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
			err = rename(tmp)
		}
		if err != nil {
			_ = s.c.Remove(tmp)
		}
		return err
	})
}

// folder makes a folder and those around it, once.
func (s *overSSH) folder(dir string) error {
	if _, ok := s.made.Load(dir); ok {
		return nil
	}
	err := s.c.MkdirAll(dir)
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
	return s.during(ctx, name, func() error {
		if err := s.c.Remove(s.at(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}

func (s *overSSH) Checks() bool { return false }

func (s *overSSH) Close() error { return errors.Join(s.c.Close(), ignoreClosed(s.ssh.Close())) }

func ignoreClosed(err error) error {
	if errors.Is(err, io.EOF) || err != nil && strings.Contains(err.Error(), "closed") {
		return nil
	}
	return err
}
