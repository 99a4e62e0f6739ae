// Package server is the composition root: it opens a project with everything in it,
// joins the nouns, and answers on two loopback listeners, control and serving. What
// it opens in order it closes in reverse. Nothing is decided here that a noun could
// decide.
package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"rondo/app/client"
	"rondo/app/guard"
	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/proc"
	"rondo/backend/project"
)

// The ports that are tried first.
const (
	Port        = 7717
	ServingPort = 7718
)

// Options say what a server serves and how.
type Options struct {
	Dir         string // the project folder
	Getenv      func(string) string
	UI          fs.FS // the built frontend
	Port        int   // 0: Port, or a free one where that is taken; -1: any free one
	ServingPort int
	Version     string
	Build       string // Version with the commit and the system, as `rondo version` says it
	Log         *slog.Logger
}

// Server owns a project on this device.
type Server struct {
	opts      Options
	project   *project.Project
	device    string // this installation's id
	deviceDir string
	readOnly  error // why the project can only be looked at; nil where it may be changed
	info      client.Info
	started   time.Time

	house    *house
	sessions *guard.Sessions
	control  *listener
	serving  *listener
	notices  []string

	closing  chan struct{} // closed when streams shall end
	stop     chan struct{} // closed when somebody asked for the end
	stopOnce sync.Once
	closers  closers
}

// Open opens the project at opts.Dir and both listeners. They answer once Serve runs.
// A project that another server owns is kind Conflict.
func Open(ctx context.Context, opts Options) (*Server, error) {
	s := &Server{opts: opts, started: time.Now(), closing: make(chan struct{}), stop: make(chan struct{})}
	if s.opts.Log == nil {
		s.opts.Log = slog.Default()
	}
	for _, step := range []func(context.Context) error{
		s.openProject, s.lock, s.readTokens, s.openHouse, s.listen, s.openLauncher, s.announce,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.closers.close())
		}
	}
	return s, nil
}

func (s *Server) openProject(context.Context) (err error) {
	if s.project, err = project.Open(s.opts.Dir); err != nil {
		return err
	}
	if err := s.project.Writable(); err != nil {
		return err
	}
	if err := s.lookWritable(); err != nil {
		return err
	}
	return s.placeOnDevice()
}

func (s *Server) openHouse(ctx context.Context) (err error) {
	s.house, err = openHouse(ctx, s)
	if err != nil {
		return err
	}
	s.closers.add(s.house.closers.close)
	return nil
}

// openLauncher goes on with runs that wait. They are told how to reach the server, of which nothing
// changes any more.
func (s *Server) openLauncher(ctx context.Context) error {
	s.info.Folder, s.info.Process, s.info.StartedAt = s.project.Dir, proc.Self(), s.started.UTC()
	s.info.Version, s.info.Build = s.opts.Version, s.opts.Build
	return s.house.openLauncher(ctx)
}

// announce makes the server known to clients; from here on they may call.
func (s *Server) announce(context.Context) error {
	if err := client.WriteInfo(s.deviceDir, s.info); err != nil {
		return err
	}
	s.closers.add(func() error { return client.RemoveInfo(s.deviceDir) })
	return nil
}

// Info says how clients reach the server.
func (s *Server) Info() client.Info { return s.info }

// LaunchURL returns an address that opens the UI once, without a token.
func (s *Server) LaunchURL() string { return s.info.URL + s.sessions.Launch() }

// Notices tells what a person should know about this server, such as another port.
func (s *Server) Notices() []string { return s.notices }

// collectAt is how much garbage there may be, in percent of what is in use: half of what is
// usual. Most of what a server keeps are columns of numbers, which cost the collector nothing.
const collectAt = 50

// Serve answers until ctx ends or somebody asks the server to stop. Then it lets
// the requests in hand finish and closes everything.
func (s *Server) Serve(ctx context.Context) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 2)
	for _, l := range []*listener{s.control, s.serving} {
		go func() { failed <- l.http.Serve(l.net) }()
	}
	work := &sync.WaitGroup{}
	if s.readOnly == nil {
		work = s.house.work(ctx)
	}
	var err error
	select {
	case <-ctx.Done():
	case <-s.stop:
	case err = <-failed:
	}
	cancel()
	close(s.closing)
	s.drain()
	work.Wait()
	return errors.Join(err, s.closers.close())
}

const drainFor = 10 * time.Second

// drain lets requests finish. Predictions come last: the UI can be gone by then.
func (s *Server) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	for _, l := range []*listener{s.control, s.serving} {
		if l.http.Shutdown(ctx) != nil {
			l.http.Close()
		}
	}
}

// Stop asks Serve to end.
func (s *Server) Stop(context.Context) error {
	s.stopOnce.Do(func() { close(s.stop) })
	return nil
}

// closers close in reverse what was opened in order.
type closers struct{ list []func() error }

func (c *closers) add(fn func() error) { c.list = append(c.list, fn) }

func (c *closers) close() error {
	var all []error
	for i := len(c.list) - 1; i >= 0; i-- {
		all = append(all, c.list[i]())
	}
	c.list = nil
	return errors.Join(all...)
}

// listener is one of the two ways in.
type listener struct {
	net  net.Listener
	http *http.Server
}

var _ api.House = (*Server)(nil)

func unavailable(err error, format string, args ...any) error {
	return errs.Wrap(errs.Unavailable, err, format, args...)
}
