package pipeline

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
)

// exitError is the end of a command that did not go well.
type exitError struct {
	line string
	code int
	text string
}

func (e exitError) Error() string { return fmt.Sprintf("`%s` %s", e.line, e.text) }

const letGo = 2 * time.Second // how long a command's leftovers may hold its output

// command runs one command of a stage to its end.
func (r *runner) command(n *Node, argv []string, env ...string) error {
	dir, err := r.workdir(n)
	if err != nil {
		return err
	}
	cmd := exec.Command(program(argv[0]), argv[1:]...)
	cmd.Dir, cmd.WaitDelay = dir, letGo
	cmd.Env = append(os.Environ(), "RONDO_STAGE="+n.Name, "PYTHONUNBUFFERED=1", "PWD="+dir)
	cmd.Env = append(cmd.Env, env...)
	ownGroup(cmd)
	if r.alive != nil {
		inherit(cmd, r.alive)
	}
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	var lines sync.WaitGroup
	lines.Go(func() { r.relay(n.Name, read) })
	err = r.procs.run(cmd)
	write.Close()
	lines.Wait()
	return ending(strings.Join(argv, " "), argv[0], err)
}

func ending(line, name string, err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, errStopped):
		return err
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it ended well; something it has started held on to its output
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exitError{line, exit.ExitCode(), fmt.Sprintf("ended with exit code %d", exit.ExitCode())}
	case errors.As(err, &exit):
		return exitError{line, -1, "was ended: " + exit.String()}
	}
	return errs.New(errs.Precondition, "`%s` could not be started: %w", line, err).WithHint("is %s installed, and on the PATH?", name)
}

// program resolves the word rondo to this very program.
func program(name string) string {
	if name == "rondo" {
		if self, err := os.Executable(); err == nil {
			return self
		}
	}
	return name
}

func (r *runner) workdir(n *Node) (string, error) {
	if n.Wdir == "" {
		return r.eyes.dir, nil
	}
	dir, err := r.eyes.resolve(n.Wdir)
	if errors.Is(err, errGone) {
		return "", errs.New(errs.Precondition, "the stage's wdir %s is not there", n.Wdir).WithHint("make the folder, or correct wdir in rondo.yaml")
	}
	return dir, err
}

// relay passes output on, line by line, with the stage in front.
func (r *runner) relay(stage string, from io.Reader) {
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			r.say(stage, "%s", strings.TrimRight(string(line), "\r\n"))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
