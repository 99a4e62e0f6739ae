package pipeline

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"

	"rondo/backend/errs"
)

// procs are the commands that run now.
type procs struct {
	mu      sync.Mutex
	stopped bool
	running map[*exec.Cmd]bool
}

// obey returns a context that ends when this process is asked to stop. What asks for
// it is passed on to the stages: each signal once, and where none came the first of
// the ladder. Whoever does not end within patience is asked more firmly.
func (p *procs) obey(ctx context.Context, patience time.Duration) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals, over := make(chan os.Signal, 8), make(chan struct{})
	notify(signals)
	var work sync.WaitGroup
	work.Go(func() {
		first := ladder[0]
		select {
		case <-over:
			return
		case s := <-signals:
			first = s
		case <-ctx.Done():
		}
		cancel()
		p.descend(first, patience, signals, over)
	})
	return ctx, func() {
		close(over)
		work.Wait()
		signal.Stop(signals)
		cancel()
	}
}

func (p *procs) descend(first os.Signal, patience time.Duration, signals <-chan os.Signal, over <-chan struct{}) {
	p.tell(first)
	for rung := 0; ; {
		var more <-chan time.Time
		if rung+1 < len(ladder) {
			more = time.After(patience)
		}
		select {
		case <-over:
			return
		case s := <-signals:
			p.tell(s)
		case <-more:
			rung++
			p.tell(ladder[rung])
		}
	}
}

func (p *procs) tell(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	for cmd := range p.running {
		tell(cmd, sig)
	}
}

var errStopped = errs.New(errs.Unavailable, "the execution was stopped")

// run runs a command to its end. None starts once the end was asked for.
func (p *procs) run(cmd *exec.Cmd) error {
	if err := p.start(cmd); err != nil {
		return err
	}
	err := cmd.Wait()
	p.mu.Lock()
	delete(p.running, cmd)
	p.mu.Unlock()
	tell(cmd, os.Kill) // what it has left behind could still write to its outs
	return err
}

func (p *procs) start(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return errStopped
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if p.running == nil {
		p.running = map[*exec.Cmd]bool{}
	}
	p.running[cmd] = true
	return nil
}
