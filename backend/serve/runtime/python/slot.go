package python

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"rondo/backend/errs"
)

const healthy = time.Minute // a process that lived so long starts the count of failures anew

// slot keeps one process going.
type slot struct {
	m     *Model
	p     *process
	fails int // in a row
}

func (s *slot) run() {
	defer s.end()
	for s.m.ctx.Err() == nil {
		if s.p == nil && !s.begin() {
			continue
		}
		s.serve()
	}
}

// begin starts the process. After a failure it waits, longer each time.
func (s *slot) begin() bool {
	p, err := start(s.m)
	if err == nil {
		s.p = p
		s.m.setRunning(s, p.cmd.Process.Pid) // before ready: who has opened a model sees its process
	}
	select {
	case s.m.ready <- err:
	default:
	}
	if err != nil {
		s.failed(err)
	}
	return err == nil
}

// failed counts a failure in a row and waits before the next start; not before the
// first, so that one bad request costs no more than a restart.
func (s *slot) failed(err error) {
	s.fails++
	if s.m.ctx.Err() != nil {
		return
	}
	slog.Warn("a model's Python process ended", "dir", s.m.dir, "failures", s.fails, "err", err)
	if s.fails < 2 {
		return
	}
	wait := min(s.m.opts.Backoff<<min(s.fails-2, 16), maxBackoff)
	s.m.setDown(s, errs.New(errs.Unavailable, "the model's Python process failed %d times and starts again within %s: %w", s.fails, wait, err))
	defer s.m.setDown(s, nil)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.m.ctx.Done():
	}
}

// serve answers jobs until the process is gone, for whatever reason.
func (s *slot) serve() {
	var idle <-chan time.Time
	if s.m.opts.Idle > 0 {
		t := time.NewTimer(s.m.opts.Idle)
		defer t.Stop()
		idle = t.C
	}
	select {
	case j := <-s.m.jobs:
		s.answer(j)
	case <-s.p.ended:
		s.lost(s.p.reason())
	case <-idle:
		s.end()
		s.await()
	case <-s.m.ctx.Done():
	}
}

// await holds an idle slot until there is something to do again.
func (s *slot) await() {
	select {
	case j := <-s.m.jobs:
		if s.begin() {
			s.answer(j)
			return
		}
		j.finish(errs.New(errs.Unavailable, "the model's Python process could not be started again"))
	case <-s.m.ctx.Done():
	}
}

func (j *job) finish(err error) {
	j.err = err
	close(j.done)
}

func (s *slot) answer(j *job) {
	if err := j.ctx.Err(); err != nil {
		j.finish(err)
		return
	}
	rep, payload, err := s.p.ask(j.frame, s.m.opts.Request)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.end()
		j.finish(errs.New(errs.Unavailable, "the model did not answer within %s; its process was ended and starts again", s.m.opts.Request))
	case err != nil:
		s.p.kill()
		why := s.p.reason()
		j.finish(errs.New(errs.Unavailable, "the model's Python process ended while it answered: %w", why).WithHint("it starts again; try once more"))
		s.lost(why)
	case rep.Error != nil:
		j.finish(rep.Error.err())
	default:
		j.out, err = rep.tensors(payload)
		j.finish(err)
	}
}

// err makes an exception of the model an error. Only MLflow says whose fault it was.
func (p *problem) err() error {
	kind := errs.Internal
	if p.Code == "INVALID_PARAMETER_VALUE" || p.Code == "BAD_REQUEST" {
		kind = errs.Invalid
	}
	return errs.New(kind, "the model raised %.80s: %s", p.Type, p.Message)
}

// lost is what happens after the process ended by itself.
func (s *slot) lost(why error) {
	if time.Since(s.p.started) > healthy {
		s.fails = 0
	}
	s.end()
	s.failed(why)
}

// end makes sure that the process and all its children are gone.
func (s *slot) end() {
	if s.p == nil {
		return
	}
	s.p.kill()
	s.p = nil
	s.m.setRunning(s, 0)
}
