package python

import (
	"errors"
	"os"
	"os/exec"
)

// ends are this process's copies of what the worker inherits.
type ends struct{ in, out *os.File }

// pipes are two pipes as one connection.
type pipes struct{ r, w *os.File }

func (p pipes) Read(b []byte) (int, error)  { return p.r.Read(b) }
func (p pipes) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p pipes) Close() error                { return errors.Join(p.r.Close(), p.w.Close()) }

// connect uses stdin and stdout, for Python has no unix sockets here.
func (p *process) connect() (ends, []string, error) {
	in, w, err := os.Pipe()
	if err != nil {
		return ends{}, nil, err
	}
	r, out, err := os.Pipe()
	if err != nil {
		return ends{}, nil, errors.Join(err, in.Close(), w.Close())
	}
	p.conn = pipes{r, w}
	return ends{in, out}, []string{"stdio", "0"}, nil
}

// give hands the worker its pipes; it ends with the server when they close.
func (e ends) give(cmd *exec.Cmd, _ *os.File) { cmd.Stdin, cmd.Stdout = e.in, e.out }

func (e ends) close() { e.in.Close(); e.out.Close() }

func group(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // gone is as good
	}
}

// running reports whether there may be a process of that id.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	if err == nil {
		_ = p.Release()
	}
	return err == nil
}
