//go:build !windows

package pipeline

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

var errNotFolder error = syscall.ENOTDIR

// notify delivers what asks the runner to stop.
func notify(c chan<- os.Signal) { signal.Notify(c, syscall.SIGINT, syscall.SIGTERM) }

// ladder is how a stage is asked to end, ever more firmly.
var ladder = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}

// ownGroup gives a command a process group of its own: a signal that is meant for the
// runner reaches the stage once, through the runner, and all that the stage has started.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// tell sends a signal to a command and all that it has started.
func tell(cmd *exec.Cmd, sig os.Signal) {
	if s, ok := sig.(syscall.Signal); ok {
		_ = syscall.Kill(-cmd.Process.Pid, s) // gone is as good
	}
}

// inherit lets the command hold the file open as long as it lives.
func inherit(cmd *exec.Cmd, f *os.File) { cmd.ExtraFiles = append(cmd.ExtraFiles, f) }
