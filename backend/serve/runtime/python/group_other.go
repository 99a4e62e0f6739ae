//go:build !windows && !linux

package python

import (
	"os/exec"
	"syscall"
)

// group gives the worker a process group of its own. It ends with the server by its lifeline.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
