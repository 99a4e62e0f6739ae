package python

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
)

// process is one running worker.
type process struct {
	cmd      *exec.Cmd
	conn     io.ReadWriteCloser // what frames go over
	r        *bufio.Reader
	lifeline *os.File // closed with this process, whatever ends it; the worker then ends too
	home     string   // working folder, removed with the process
	said     *tail
	started  time.Time
	ended    chan struct{}
}

const homePrefix = "rondo-model-"

var sweep sync.Once

// removeOrphans removes the working folders that killed servers have left behind.
func removeOrphans() {
	all, _ := filepath.Glob(filepath.Join(os.TempDir(), homePrefix+"*"))
	for _, dir := range all {
		text, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), homePrefix), "-")
		if pid, err := strconv.Atoi(text); err == nil && !running(pid) {
			os.RemoveAll(dir)
		}
	}
}

// start starts a worker and waits until it has loaded the model.
func start(m *Model) (*process, error) {
	p := &process{said: &tail{}, ended: make(chan struct{}), started: time.Now()}
	var err error
	sweep.Do(removeOrphans)
	if p.home, err = os.MkdirTemp("", homePrefix+fdArg(os.Getpid())+"-"); err != nil { // 0700
		return nil, errs.Wrap(errs.Unavailable, err, "make a folder for the model's process")
	}
	if err := p.spawn(m); err != nil {
		os.RemoveAll(p.home)
		return nil, errs.New(errs.Precondition, "the Python at %s cannot be started: %w", m.opts.Exe, err).
			WithHint("set RONDO_PYTHON to an interpreter that has mlflow installed")
	}
	p.r = bufio.NewReaderSize(p.conn, 64<<10)
	if err := p.handshake(m); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// handshake waits for the model to be loaded, or for the server to close.
func (p *process) handshake(m *Model) error {
	loaded := make(chan struct{})
	defer close(loaded)
	go func() {
		select {
		case <-m.ctx.Done():
			p.kill()
		case <-loaded:
		}
	}()
	rep, _, err := p.within(m.opts.Start)
	switch {
	case m.ctx.Err() != nil:
		return errClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errs.New(errs.Unavailable, "the model was not loaded within %s", m.opts.Start).WithHint("%s", p.said.last())
	case err != nil:
		p.kill()
		return errs.New(errs.Invalid, "the model's Python process ended while it loaded the model: %w", p.reason())
	case rep.Error != nil && rep.Error.Type == "ModuleNotFoundError":
		return errs.New(errs.Precondition, "the Python at %s lacks what the model needs: %s", m.opts.Exe, rep.Error.Message).
			WithHint("install it there, or set RONDO_PYTHON to an interpreter that has it")
	case rep.Error != nil:
		return errs.New(errs.Invalid, "the model cannot be loaded: %s: %s", rep.Error.Type, rep.Error.Message)
	}
	return nil
}

// spawn starts the interpreter in a process group of its own. The goroutine that
// waits for it stays on the thread that started it, for Linux ends the worker when
// that thread does.
func (p *process) spawn(m *Model) error {
	inner, args, err := p.connect()
	if err != nil {
		return err
	}
	down, up, err := os.Pipe()
	if err != nil {
		inner.close()
		return errors.Join(err, p.conn.Close())
	}
	p.lifeline = up
	args = append(args, m.dir)
	p.cmd = exec.Command(m.opts.Exe, append([]string{"-B", "-c", worker}, args...)...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = p.home, environment(p.home), p.said
	p.cmd.WaitDelay = time.Second
	inner.give(p.cmd, down)
	group(p.cmd)
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := p.cmd.Start()
		inner.close()
		down.Close()
		failed <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is in ProcessState
		}
		close(p.ended)
	}()
	if err := <-failed; err != nil {
		return errors.Join(err, p.conn.Close(), up.Close())
	}
	return nil
}

// environment is what a model's process sees of the server's: no tokens and no
// addresses, and one thread for each kind of library, since processes are many.
func environment(home string) []string {
	env := []string{
		"PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1", "PYTHONSAFEPATH=1", "MLFLOW_TRACKING_URI=" + home, "OMP_NUM_THREADS=1",
		"OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "TMPDIR=" + home,
	}
	for _, name := range []string{"HOME", "PATH", "LANG", "LC_ALL", "USER", "LOGNAME", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// ask sends a request and reads its answer.
func (p *process) ask(frame []byte, limit time.Duration) (reply, []byte, error) {
	over := time.AfterFunc(limit, func() { endGroup(p.cmd) })
	_, err := p.conn.Write(frame)
	if !over.Stop() {
		return reply{}, nil, os.ErrDeadlineExceeded
	}
	if err != nil {
		return reply{}, nil, err
	}
	return p.within(limit)
}

// within reads an answer. Python cannot be interrupted: a worker that takes too
// long is ended, on every system alike.
func (p *process) within(limit time.Duration) (reply, []byte, error) {
	over := time.AfterFunc(limit, func() { endGroup(p.cmd) })
	rep, payload, err := read(p.r)
	if !over.Stop() {
		err = os.ErrDeadlineExceeded
	}
	return rep, payload, err
}

// kill ends the process with all its children and waits until it is gone.
func (p *process) kill() {
	endGroup(p.cmd)
	<-p.ended
	p.conn.Close()
	p.lifeline.Close()
	os.RemoveAll(p.home)
}

// reason says how the process ended, with the last it said.
func (p *process) reason() error {
	<-p.ended
	words := "it ended by itself"
	if s := p.cmd.ProcessState; s != nil {
		words = s.String()
	}
	if last := p.said.last(); last != "" {
		words += "; it said: " + last
	}
	return errors.New(words)
}

const keepSaid = 8 << 10 // bytes

// tail keeps the end of what a process writes.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.b = append(t.b, p...); len(t.b) > keepSaid {
		t.b = append(t.b[:0], t.b[len(t.b)-keepSaid:]...)
	}
	return len(p), nil
}

// last returns the last line that says something.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.b))
	return fmt.Sprintf("%.300s", strings.ToValidUTF8(text[strings.LastIndexByte(text, '\n')+1:], "?"))
}

func fdArg(n int) string { return strconv.Itoa(n) }
