package python

import (
	"os/exec"
	"syscall"
)

// group gives the worker a process group of its own, and has the kernel end it with
// the thread that started it.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
