package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/store"
)

// execute runs a stage's commands and keeps what came out. The lock gets its entry
// last, so that a stage that was cut off is one that has not run.
func (r *runner) execute(ctx context.Context, n *Node, s seen, res *StageResult) error {
	for _, why := range res.Reasons {
		if strings.HasSuffix(why, " is missing") && strings.HasPrefix(why, "dep ") {
			return errs.New(errs.Precondition, "%s", why).WithHint("bring it back (`rondo data checkout`), or name what makes it")
		}
	}
	r.say(n.Name, "runs: %s", because(res.Reasons))
	if err := r.keep(ctx, s.deps); err != nil {
		return err
	}
	if err := r.clear(n); err != nil {
		return err
	}
	fault.Point("pipeline.cleared")
	for _, line := range n.Cmd {
		if err := r.command(n, line); err != nil {
			return err
		}
	}
	fault.Point("pipeline.ran")
	for _, o := range n.Outs {
		a, err := r.eyes.look(ctx, o.Path)
		if errors.Is(err, errGone) {
			return errs.New(errs.Precondition, "its commands ended well, and %s is not there", o.Path).
				WithHint("let the stage write it, or take it out of the stage in rondo.yaml")
		}
		if err != nil {
			return err
		}
		res.Outs = append(res.Outs, a)
	}
	if err := r.keep(ctx, res.Outs); err != nil {
		return err
	}
	fault.Point("pipeline.kept")
	res.State = Ran
	if r.plan.NoLock {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return putLock(r.plan.Project, n.Name, LockStage{Cmd: n.Cmd, Deps: toLock(res.Deps), Params: res.Params, Outs: toLock(res.Outs)})
}

// keep puts artifacts into the object store, as far as they are not there.
func (r *runner) keep(ctx context.Context, list []Artifact) error {
	for _, a := range list {
		if r.store.Has(a.Digest) {
			continue
		}
		full, err := r.eyes.resolve(a.Path)
		if err != nil {
			return err
		}
		got := a.Digest
		if a.Tree {
			_, got, err = r.store.PutTree(ctx, full)
		} else {
			got, _, err = r.store.PutFile(ctx, full)
		}
		if err == nil && got != a.Digest {
			err = errs.New(errs.Conflict, "%s changed while the stage was being prepared", a.Path).WithHint("run it again")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes the stage's outs, so that what is there afterwards was made by it.
func (r *runner) clear(n *Node) error {
	root, err := os.OpenRoot(r.plan.Project)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, o := range n.Outs {
		name := filepath.FromSlash(o.Path)
		if !o.Persist {
			if err := root.RemoveAll(name); err != nil {
				return errs.Wrap(errs.Unavailable, err, "remove the old %s", o.Path)
			}
		}
		if dir := filepath.Dir(name); dir != "." {
			if err := root.MkdirAll(dir, 0o755); err != nil {
				return errs.Wrap(errs.Unavailable, err, "make the folder of %s", o.Path)
			}
		}
	}
	return nil
}

// exitError is the end of a command that did not go well.
type exitError struct {
	line string
	code int
	text string
}

func (e exitError) Error() string { return fmt.Sprintf("`%s` %s", e.line, e.text) }

// command runs one command of a stage. It stays in the runner's process group, so
// that whoever stops the runner stops it too.
func (r *runner) command(n *Node, line string) error {
	argv, err := Split(line)
	if err != nil {
		return err
	}
	dir, err := r.workdir(n)
	if err != nil {
		return err
	}
	cmd := exec.Command(program(argv[0]), argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "RONDO_STAGE="+n.Name, "PYTHONUNBUFFERED=1")
	read, write := io.Pipe()
	cmd.Stdout, cmd.Stderr = write, write
	var lines sync.WaitGroup
	lines.Go(func() { r.relay(n.Name, read) })
	err = cmd.Run()
	write.Close()
	lines.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exitError{line, exit.ExitCode(), fmt.Sprintf("ended with exit code %d", exit.ExitCode())}
	case errors.As(err, &exit):
		return exitError{line, -1, "ended by " + exit.String()}
	case err != nil:
		return errs.New(errs.Precondition, "`%s` could not be started: %w", line, err).WithHint("is %s installed, and on the PATH?", argv[0])
	}
	return nil
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
		return r.plan.Project, nil
	}
	dir, err := r.eyes.resolve(n.Wdir)
	if errors.Is(err, errGone) {
		return "", errs.New(errs.Precondition, "the stage's wdir %s is not there", n.Wdir)
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

// checkout writes an artifact from the store to its place in dir.
func checkout(ctx context.Context, s *store.Store, dir string, a Artifact) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.FromSlash(a.Path)
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	if parent := filepath.Dir(name); parent != "." {
		if err := root.MkdirAll(parent, 0o755); err != nil {
			return errs.Wrap(errs.Unavailable, err, "make the folder of %s", a.Path)
		}
	}
	full, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.Dir(name)))
	if err != nil {
		return err
	}
	to := filepath.Join(full, filepath.Base(name))
	if !a.Tree {
		return s.Checkout(ctx, a.Digest, to, 0o644)
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	return s.CheckoutTree(ctx, a.Digest, to)
}
