//go:build unix

package client

import (
	"os/exec"
	"syscall"
)

// detach lets the server outlive the terminal that it was started from.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
