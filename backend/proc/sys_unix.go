//go:build !windows

package proc

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach lets a supervisor live on when its starter dies.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// ownGroup gives a command a process group of its own.
func ownGroup(a *os.ProcAttr) { a.Sys = &syscall.SysProcAttr{Setpgid: true} }

// step is one rung of the stop ladder.
type step struct {
	name string
	sig  syscall.Signal
}

var ladder = [3]step{{"INT", syscall.SIGINT}, {"TERM", syscall.SIGTERM}, {"KILL", syscall.SIGKILL}}

// send gives the signal to the command's group and to all other members.
func (t tree) send(s step) {
	if t.group > 1 {
		_ = unix.Kill(-t.group, s.sig) // gone is as good
	}
	if s.sig == syscall.SIGINT {
		return // as Ctrl-C would: the group only
	}
	for _, r := range t.members(true) {
		if r.group != t.group {
			_ = unix.Kill(r.pid, s.sig)
		}
	}
}

// poke wakes a supervisor so that it looks at its folder at once.
func poke(id Ident) {
	if id.Alive() {
		_ = unix.Kill(id.PID, syscall.SIGTERM)
	}
}

// stopSignals delivers what asks a supervisor to stop; a closed terminal does not.
// The others are caught, not ignored: what is ignored stays so in the command,
// and a shell or Python then never hears the ladder's INT.
func stopSignals() (<-chan os.Signal, func()) {
	deaf, c := make(chan os.Signal, 1), make(chan os.Signal, 4)
	signal.Notify(deaf, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	signal.Notify(c, syscall.SIGTERM)
	return c, func() {
		signal.Stop(deaf)
		signal.Stop(c)
	}
}

type waited struct {
	status syscall.WaitStatus
	usage  syscall.Rusage
}

// wait reaps children until none is left, and reports the end of the main one.
func wait(main int, ended chan<- waited, all chan<- struct{}) {
	defer close(all)
	for {
		var w waited
		pid, err := syscall.Wait4(waitFor(main), &w.status, 0, &w.usage)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		if pid == main {
			ended <- w
			if !canAdopt {
				return
			}
		}
	}
}

func (w waited) fill(e *Exit) {
	e.Code = w.status.ExitStatus()
	if w.status.Signaled() {
		e.Code, e.Signal = -1, w.status.Signal().String()
	}
	e.UserMS = w.usage.Utime.Sec*1000 + int64(w.usage.Utime.Usec)/1000
	e.SystemMS = w.usage.Stime.Sec*1000 + int64(w.usage.Stime.Usec)/1000
	e.MaxRSS = w.usage.Maxrss * rssUnit
}

// reap takes the exit of a supervisor that is our child, so that no zombie stays.
func reap(pid int) {
	var s syscall.WaitStatus
	_, _ = syscall.Wait4(pid, &s, syscall.WNOHANG, nil) // not ours after a restart: then init does it
}
