package remote

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"rondo/backend/errs"
)

// lines is the way to another computer: one connection at a time, and another one once that is lost.
type lines struct {
	to  sshHost
	mu  sync.Mutex
	now *line
}

// line is a connection.
type line struct {
	ssh  *ssh.Client
	c    *sftp.Client
	lost atomic.Bool
}

// line is the connection there is, or a new one where that was lost.
func (s *lines) line(ctx context.Context) (*line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil && !s.now.lost.Load() {
		return s.now, nil
	}
	if s.now != nil {
		s.now.end()
	}
	l, err := s.connect(ctx)
	if err == nil {
		s.now = l
	}
	return l, err
}

func (s *lines) connect(ctx context.Context) (*line, error) {
	conn, err := dialSSH(ctx, s.to)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, err := sftp.NewClient(conn, sftp.UseConcurrentWrites(true), sftp.MaxConcurrentRequestsPerFile(32))
	stop()
	if err != nil {
		conn.Close()
		return nil, errs.New(errs.Unavailable, "%s offers no sftp: %w", s.to.host, err).WithHint("its sshd needs a line `Subsystem sftp internal-sftp`")
	}
	l := &line{ssh: conn, c: c}
	go func() { _ = conn.Wait(); l.lost.Store(true) }()
	return l, nil
}

// Close ends the connection.
func (s *lines) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return nil
	}
	return s.now.end()
}

// during ends what waits for the other side once nobody waits for its answer. The protocol
// knows no other way than to hang up.
func (l *line) during(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.lost.Store(true); l.ssh.Close() })
	defer stop()
	err := fn()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if broken(err) {
		l.lost.Store(true)
	}
	return err
}

func (l *line) end() error {
	l.lost.Store(true)
	return errors.Join(ignoreClosed(l.c.Close()), ignoreClosed(l.ssh.Close()))
}

// broken reports whether a connection was lost.
func broken(err error) bool {
	var known *errs.Error
	return err != nil && !errors.As(err, &known) &&
		(errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

func ignoreClosed(err error) error {
	if errors.Is(err, io.EOF) || err != nil && strings.Contains(err.Error(), "closed") {
		return nil
	}
	return err
}
