package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"rondo/app/guard"
	"rondo/backend/errs"
)

// listen opens both listeners, on loopback only.
func (s *Server) listen(context.Context) error {
	control, err := s.bind("the UI and API", s.opts.Port, Port)
	if err != nil {
		return err
	}
	serving, err := s.bind("predictions", s.opts.ServingPort, ServingPort)
	if err != nil {
		return err
	}
	s.info.URL, s.info.ServingURL = "http://"+control.Addr().String(), "http://"+serving.Addr().String()
	s.control = s.listener(control, guard.New(s.onlyReading(s.controlRoutes()), guard.Options{
		Tokens: []string{s.info.Token}, Sessions: s.sessions, Limit: uploadLimit,
	}))
	s.serving = s.listener(serving, guard.New(s.onlyReading(s.servingRoutes()), guard.Options{
		Tokens: []string{s.info.ServingToken, s.info.Token},
	}))
	return nil
}

// bind takes the wanted port. The usual one may be taken by the server of another
// project: then a free one is taken, and that is told.
func (s *Server) bind(what string, wanted, usual int) (net.Listener, error) {
	port := wanted
	switch {
	case wanted == 0:
		port = usual
	case wanted < 0:
		port = 0
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if wanted == 0 && errors.Is(err, syscall.EADDRINUSE) {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			s.notices = append(s.notices, fmt.Sprintf("port %d is taken, so %s is at %s", usual, what, l.Addr()))
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, errs.New(errs.Unavailable, "port %d for %s is taken by another program", port, what).WithHint("name another port, or none: then a free one is taken where 7717 or 7718 is not free")
	}
	if err != nil {
		return nil, unavailable(err, "listen on port %d for %s", port, what)
	}
	s.closers.add(func() error { l.Close(); return nil }) // closed already where Serve ran
	return l, nil
}

func (s *Server) listener(l net.Listener, h http.Handler) *listener {
	return &listener{net: l, http: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
	}}
}
