package proc

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/windows"
)

const canAdopt = false

func adopt() error { return nil }

// detach lets a supervisor live on when its starter dies.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}

// ownGroup gives a command a process group of its own.
func ownGroup(a *os.ProcAttr) {
	a.Sys = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func groupOf(int) int { return 0 }

// step is one rung of the stop ladder.
type step struct{ name string }

var ladder = [3]step{{"INT"}, {"TERM"}, {"KILL"}}

// send asks the group to break, and then ends the processes: there is no TERM here.
func (t tree) send(s step) {
	if s.name == "INT" {
		_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(t.group))
		return
	}
	for _, r := range t.members(true) {
		if p, err := os.FindProcess(r.pid); err == nil {
			_ = p.Kill()
		}
	}
}

func poke(Ident) {} // the supervisor looks at its folder four times a second

func stopSignals() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, os.Interrupt)
	return c, func() { signal.Stop(c) }
}

type waited struct {
	state *os.ProcessState
	err   error
}

func wait(main int, ended chan<- waited, all chan<- struct{}) {
	defer close(all)
	p, err := os.FindProcess(main)
	if err != nil {
		ended <- waited{err: err}
		return
	}
	s, err := p.Wait()
	ended <- waited{s, err}
}

func (w waited) fill(e *Exit) {
	if w.err != nil {
		e.Code, e.Error = -1, w.err.Error()
		return
	}
	e.Code = w.state.ExitCode()
	e.UserMS, e.SystemMS = w.state.UserTime().Milliseconds(), w.state.SystemTime().Milliseconds()
}

func reap(int) {}
