package pipeline

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

var errNotFolder error = syscall.ENOTDIR

// notify delivers what asks the runner to stop.
func notify(c chan<- os.Signal) { signal.Notify(c, os.Interrupt) }

// ladder is how a stage is asked to end; Windows knows one way.
var ladder = []os.Signal{os.Kill}

func ownGroup(*exec.Cmd) {}

func tell(cmd *exec.Cmd, _ os.Signal) { _ = cmd.Process.Kill() }

func inherit(*exec.Cmd, *os.File) {} // a handle cannot be handed down; the supervisor ends what is left
