package proc

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/errs"
)

// Starter starts supervisors and finds them again.
type Starter struct {
	// Exe is the program and the arguments in front of the run's folder; empty
	// means this executable with "supervise".
	Exe []string
}

func (s Starter) argv() ([]string, error) {
	if len(s.Exe) > 0 {
		return s.Exe, nil
	}
	exe, err := os.Executable()
	return []string{exe, "supervise"}, err
}

// Start starts a detached supervisor for the folder, whose spec is written, and
// returns at once. Env is the whole environment of the command. Argv is what a spec
// that says Handed does not tell.
func (s Starter) Start(dir string, env []string, argv ...string) (*Handle, error) {
	self, err := s.argv()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, ownLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "open the supervisor's log")
	}
	defer log.Close()
	cmd := exec.Command(self[0], append(slices.Clone(self[1:]), dir)...)
	cmd.Env, cmd.Stderr, cmd.Dir = env, log, dir
	detach(cmd)
	if err := begin(cmd, argv); err != nil {
		return nil, err
	}
	id, err := Of(cmd.Process.Pid)
	if err != nil {
		id = Ident{PID: cmd.Process.Pid, Boot: bootID()}
	}
	return &Handle{dir: dir, supervisor: id}, cmd.Process.Release()
}

// begin starts the supervisor and hands it the command through a pipe, if there is one
// to hand: that way it lies on no disk.
func begin(cmd *exec.Cmd, argv []string) error {
	if len(argv) == 0 {
		return errs.Wrap(errs.Unavailable, cmd.Start(), "start the run's supervisor")
	}
	b, err := json.Marshal(argv)
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "start the run's supervisor")
	}
	defer write.Close()
	cmd.Stdin = read
	err = cmd.Start()
	read.Close()
	if err == nil {
		_, _ = write.Write(b) // a supervisor that does not listen says why in its exit record, or another one has the run
	}
	return errs.Wrap(errs.Unavailable, err, "start the run's supervisor")
}

// handed reads the command that begin hands over.
func handed(from io.Reader) (argv []string, err error) {
	err = json.NewDecoder(from).Decode(&argv)
	if err == nil && len(argv) == 0 {
		err = io.ErrUnexpectedEOF
	}
	return argv, errs.Wrap(errs.Unavailable, err, "what it should run never came, perhaps because the server ended just then")
}

// Handle is a run that was started here or found again.
type Handle struct {
	dir        string
	mu         sync.Mutex
	supervisor Ident
}

// Attach finds the run in dir again, whoever started it.
func Attach(dir string) *Handle {
	h := &Handle{dir: dir}
	if s, err := ReadState(dir); err == nil {
		h.supervisor = s.Supervisor
	}
	return h
}

// The end is looked for soon at first, because much is over at once.
const (
	pollSoon  = 5 * time.Millisecond
	pollEvery = 50 * time.Millisecond
)

// Wait returns how the run ended, as soon as it has. Where the supervisor was
// killed it waits for the command itself and then says so: Exit.Lost.
func (h *Handle) Wait(ctx context.Context) (Exit, error) {
	for wait := pollSoon; ; wait = min(wait*3/2, pollEvery) {
		if e, over := h.poll(); over {
			return e, nil
		}
		select {
		case <-ctx.Done():
			return Exit{}, ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (h *Handle) poll() (Exit, bool) {
	alive := h.supervisorAlive()
	if e, err := ReadExit(h.dir); err == nil {
		reap(h.pid())
		return e, true
	}
	if alive {
		return Exit{}, false
	}
	reap(h.pid())
	if e, err := ReadExit(h.dir); err == nil { // written between the two looks
		return e, true
	}
	return h.lost()
}

func (h *Handle) pid() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.supervisor.PID
}

func (h *Handle) supervisorAlive() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.supervisor.Alive()
}

// lost handles a run whose supervisor is gone without a word.
func (h *Handle) lost() (Exit, bool) {
	e := Exit{Code: -1, Lost: true, Error: "the supervisor ended before the run did: its exit status is not known"}
	st, err := ReadState(h.dir)
	if err != nil {
		e.Error, e.EndedAt = "the supervisor ended before it could start the command", time.Now().UTC()
		return e, true
	}
	if st.Child.Alive() {
		if _, err := os.Stat(filepath.Join(h.dir, StopFile)); err == nil {
			h.end(st)
		}
		return Exit{}, false
	}
	e.StartedAt, e.EndedAt = st.StartedAt, time.Now().UTC()
	_, err = os.Stat(filepath.Join(h.dir, StopFile))
	e.Stopped = err == nil
	_ = record{h.dir, ExitFile}.commit(short(e)) // on a full disk the next look finds the same
	return e, true
}

// end kills what a killed supervisor left running. The ladder's patience is over
// by then or was never promised: nobody is left who could keep it.
func (h *Handle) end(st State) {
	spec, err := ReadSpec(h.dir)
	if err != nil {
		return
	}
	t := tree{runID: spec.RunID, group: st.Child.PID}
	t.send(ladder[1])
	t.send(ladder[2])
}

// Stop asks for the end of the run and returns; Wait tells when it is over.
func Stop(dir, by string) error {
	if _, err := ReadExit(dir); err == nil {
		return errs.New(errs.Precondition, "the run has ended already")
	}
	if _, err := os.Lstat(filepath.Join(dir, StopFile)); err != nil { // the first who asked counts: the folder may just be sealed
		err = writeJSON(filepath.Join(dir, StopFile), StopRequest{By: by, At: time.Now().UTC()})
		if err != nil {
			return errs.Wrap(errs.Unavailable, err, "ask the run to stop")
		}
	}
	if s, err := ReadState(dir); err == nil {
		poke(s.Supervisor)
	}
	return nil
}
