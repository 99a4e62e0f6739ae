package client

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// detach lets the server outlive the console that it was started from.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
