package proc

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// supervisor is one run's guardian, in a process of its own.
type supervisor struct {
	dir    string
	spec   Spec
	exit   Exit
	record record // of the end
	state  record // of what runs
	tree   tree
	ended  chan waited   // the command's end
	all    chan struct{} // closed when no child is left
}

// Supervise runs what dir's spec says, from start to exit record. It is the body
// of the hidden command `rondo supervise DIR` and returns when the run is over.
func Supervise(dir string) error {
	if err := ended(dir); err != nil { // the supervisor whose record this is may not have let go of its lock
		return err
	}
	lock, err := atomicfile.TryLock(filepath.Join(dir, lockFile))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if err := ended(dir); err != nil {
		return err
	}
	s := &supervisor{dir: dir, record: record{dir, ExitFile}, state: record{dir, StateFile}, ended: make(chan waited, 1), all: make(chan struct{})}
	if s.spec, err = ReadSpec(dir); err != nil {
		return err
	}
	s.exit.StartedAt = time.Now().UTC()
	if s.spec.Handed {
		if s.spec.Command, err = handed(os.Stdin); err != nil {
			return s.neverStarted(err)
		}
	}
	stop, release := stopSignals()
	defer release()
	if err := s.start(); err != nil {
		return s.neverStarted(err)
	}
	s.run(stop)
	s.exit.EndedAt = time.Now().UTC()
	return s.record.commit(short(s.exit))
}

// ended refuses a run that has its record of the end.
func ended(dir string) error {
	if _, err := ReadExit(dir); errs.KindOf(err) != errs.NotFound {
		return errs.New(errs.Precondition, "the run in %s has ended already", dir)
	}
	return nil
}

// short keeps the record within what is reserved for it.
func short(e Exit) Exit {
	e.Error = e.Error[:min(len(e.Error), 1024)]
	return e
}

func (s *supervisor) neverStarted(err error) error {
	s.exit.Code, s.exit.Error, s.exit.EndedAt = -1, err.Error(), time.Now().UTC()
	return s.record.commit(short(s.exit))
}

// start begins the command with files, not pipes: it goes on writing its log
// even when this supervisor is killed.
func (s *supervisor) start() error {
	if err := errors.Join(s.record.reserve(), s.state.reserve()); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make room for the run's records")
	}
	path, err := lookup(s.spec)
	if err != nil {
		return err
	}
	files, err := s.files()
	if err != nil {
		return err
	}
	defer closeAll(files)
	_ = adopt() // where the system cannot, the marker finds the escapees
	attr := &os.ProcAttr{Dir: s.spec.Dir, Env: childEnv(s.spec), Files: files}
	ownGroup(attr)
	p, err := os.StartProcess(path, s.spec.Command, attr)
	if err != nil {
		return errs.New(errs.Invalid, "start %s: %w", s.spec.Command[0], err)
	}
	child, err := Of(p.Pid)
	if err != nil { // it has ended already; the pid is ours until it is waited for
		child = Ident{PID: p.Pid, Boot: bootID()}
	}
	s.tree = tree{runID: s.spec.RunID, group: p.Pid, above: os.Getpid()}
	go wait(p.Pid, s.ended, s.all)
	if err := s.state.commit(State{Supervisor: Self(), Child: child, StartedAt: s.exit.StartedAt}); err != nil {
		s.stop() // nobody could find it again
		s.clear()
		return err
	}
	return nil
}

func lookup(spec Spec) (string, error) {
	name := spec.Command[0]
	if filepath.Base(name) != name && !filepath.IsAbs(name) {
		name = filepath.Join(spec.Dir, name)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errs.New(errs.NotFound, "the command %q was not found", spec.Command[0]).
			WithHint("check the name, or give its full path")
	}
	return path, nil
}

func childEnv(spec Spec) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == Marker || name == "PYTHONUNBUFFERED" || name == "PWD" // ours come once
	})
	return append(env, Marker+"="+spec.RunID, "PYTHONUNBUFFERED=1", "PWD="+spec.Dir)
}

func (s *supervisor) files() ([]*os.File, error) {
	in, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	files := []*os.File{in}
	for _, name := range []string{StdoutFile, StderrFile} {
		f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			closeAll(files)
			return nil, errs.Wrap(errs.Unavailable, err, "open the run's log")
		}
		files = append(files, f)
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// run waits for the end of the command, samples meanwhile, stops it when asked,
// and leaves nothing of it behind.
func (s *supervisor) run(stop <-chan os.Signal) {
	var sampling sync.WaitGroup
	done := make(chan struct{})
	sampling.Add(1)
	go func() {
		defer sampling.Done()
		sample(s.dir, s.tree, done)
	}()
	s.await(stop)
	close(done)
	sampling.Wait()
	s.clear()
	s.syncLogs()
}

const lookEvery = 250 * time.Millisecond

func (s *supervisor) await(stop <-chan os.Signal) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case w := <-s.ended:
			w.fill(&s.exit)
			return
		case <-stop:
			s.stop()
			return
		case <-look.C:
			if _, err := os.Stat(filepath.Join(s.dir, StopFile)); err == nil {
				s.stop()
				return
			}
		}
	}
}

// stop goes down the ladder until the command has ended.
func (s *supervisor) stop() {
	var req StopRequest
	if readJSON(filepath.Join(s.dir, StopFile), &req) != nil {
		req.By = "system"
	}
	s.exit.Stopped, s.exit.StoppedBy = true, req.By
	for i, rung := range ladder {
		s.exit.LastStep = rung.name
		s.tree.send(rung)
		var patience <-chan time.Time // the last rung cannot be refused
		if i < len(s.spec.Graces) {
			patience = time.After(time.Duration(s.spec.Graces[i]))
		}
		select {
		case w := <-s.ended:
			w.fill(&s.exit)
			return
		case <-patience:
		}
	}
}

const straggle = 2 * time.Second

// clear ends what the command left behind: TERM, a little patience, then KILL
// again and again until nothing is left.
func (s *supervisor) clear() {
	left := s.tree.members(true)
	s.exit.Stragglers = len(left)
	if len(left) == 0 {
		return
	}
	patience := min(time.Duration(s.spec.Graces[1]), straggle)
	s.tree.send(ladder[1])
	if s.gone(patience) {
		return
	}
	for range 100 {
		s.tree.send(ladder[2])
		if s.gone(50 * time.Millisecond) {
			return
		}
	}
}

func (s *supervisor) gone(within time.Duration) bool {
	deadline := time.Now().Add(within)
	for {
		if len(s.tree.members(true)) == 0 {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(10 * time.Millisecond) // the system tells no one when somebody else's child ends
	}
}

// syncLogs makes the output durable before the exit record says it is complete.
func (s *supervisor) syncLogs() {
	for _, name := range []string{StdoutFile, StderrFile, SystemFile} {
		if f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_WRONLY, 0); err == nil {
			_ = f.Sync() // a full disk must not keep the exit record from being written
			f.Close()
		}
	}
}
