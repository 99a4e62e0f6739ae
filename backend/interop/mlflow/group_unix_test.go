//go:build unix

package mlflow_test

import (
	"os/exec"
	"syscall"
)

// inGroup lets all processes of a command be ended together.
func inGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
