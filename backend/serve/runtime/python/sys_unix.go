//go:build !windows

package python

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
)

// ends are this process's copies of what the worker inherits.
type ends struct{ sock *os.File }

// connect makes a pair of connected sockets without a name: nobody else can reach
// them, and no folder or path is needed.
func (p *process) connect() (ends, []string, error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return ends{}, nil, err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "model"), os.NewFile(uintptr(fds[1]), "worker")
	c, err := net.FileConn(ours)
	if err = errors.Join(err, ours.Close()); err != nil {
		theirs.Close()
		return ends{}, nil, err
	}
	p.conn = c
	return ends{theirs}, []string{"socket", fdArg(3)}, nil
}

// give hands the worker its socket as file 3 and its lifeline as file 4.
func (e ends) give(cmd *exec.Cmd, lifeline *os.File) {
	cmd.ExtraFiles = []*os.File{e.sock, lifeline}
	cmd.Args = append(cmd.Args, fdArg(4))
}

func (e ends) close() { e.sock.Close() }

// endGroup kills the worker and whatever it started.
func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // gone is as good
	}
}

// running reports whether there may be a process of that id.
func running(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
