// Package proc runs child processes that outlive the program that wanted them.
//
// Each run has a supervisor: this very executable, started detached with the
// folder of the run. The supervisor starts the command in a process group of its
// own, keeps its output and its resource use in files, ends it with all of its
// descendants when asked to, and writes down how it ended. Nothing of that needs
// the server, which finds a supervisor again by pid, start time and boot id.
//
// What a run means, and what it has to do with experiments, is not known here.
package proc

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// Files that a run's folder holds because of its supervisor.
const (
	SpecFile   = "run.json"
	StateFile  = "state.json"
	ExitFile   = "exit.json"
	StopFile   = "stop.json"
	StdoutFile = "stdout.log"
	StderrFile = "stderr.log"
	SystemFile = "system.jsonl"
	lockFile   = "supervisor.lock"
	ownLog     = "supervisor.log"
)

// Marker is the environment variable that every process of a run inherits; its
// value is the run's id.
const Marker = "RONDO_RUN_ID"

// Spec says what a supervisor shall run. It lies in the project folder, which may
// be synchronised: it holds no secrets. The environment comes from the starter.
type Spec struct {
	RunID   string   `json:"run_id"`
	Command []string `json:"command"` // argv; no shell
	// Handed says that Command is for reading only, with what is secret hidden in it: the
	// real one comes from the starter, by the supervisor's standard input.
	Handed bool   `json:"handed,omitempty"`
	Dir    string `json:"dir"` // absolute
	// Graces are the waits between INT, TERM and KILL when the run is stopped.
	Graces [2]Millis `json:"graces_ms"`
}

// Millis is a duration that is whole milliseconds in JSON.
type Millis time.Duration

// MarshalJSON implements json.Marshaler.
func (m Millis) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(m).Milliseconds())
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var n int64
	err := json.Unmarshal(b, &n)
	*m = Millis(time.Duration(n) * time.Millisecond)
	return err
}

// DefaultGraces let a training script write its checkpoint.
var DefaultGraces = [2]Millis{Millis(15 * time.Second), Millis(15 * time.Second)}

// State is what a supervisor says of itself while it lives.
type State struct {
	Supervisor Ident     `json:"supervisor"`
	Child      Ident     `json:"child"`
	StartedAt  time.Time `json:"started_at"`
}

// Exit says how a run ended.
type Exit struct {
	Code       int       `json:"code"`                 // of the command; -1 where a signal ended it or nobody knows
	Signal     string    `json:"signal,omitempty"`     // such as "killed"
	Stopped    bool      `json:"stopped,omitempty"`    // somebody asked for it
	StoppedBy  string    `json:"stopped_by,omitempty"` // who
	LastStep   string    `json:"last_step,omitempty"`  // of the ladder: INT, TERM or KILL
	Stragglers int       `json:"stragglers,omitempty"` // processes left behind that were ended
	Error      string    `json:"error,omitempty"`      // why it could not start, or is not known
	Lost       bool      `json:"lost,omitempty"`       // the supervisor was gone before the command ended
	StartedAt  time.Time `json:"started_at"`
	EndedAt    time.Time `json:"ended_at"`
	UserMS     int64     `json:"user_ms"`
	SystemMS   int64     `json:"system_ms"`
	MaxRSS     int64     `json:"max_rss_bytes"`
}

// OK reports whether the command ended by itself and without a complaint.
func (e Exit) OK() bool { return e.Code == 0 && e.Signal == "" && e.Error == "" && !e.Lost }

// StopRequest is who asked for the end of a run.
type StopRequest struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// WriteSpec makes the run's folder ready for a supervisor.
func WriteSpec(dir string, s Spec) error {
	if len(s.Command) == 0 || s.Command[0] == "" {
		return errs.New(errs.Invalid, "the command is empty").WithHint("write it after --, as in `rondo run -- python train.py`")
	}
	if s.Graces == [2]Millis{} {
		s.Graces = DefaultGraces
	}
	return writeJSON(filepath.Join(dir, SpecFile), s)
}

// ReadSpec reads what a run was started with.
func ReadSpec(dir string) (s Spec, err error) { return s, readJSON(filepath.Join(dir, SpecFile), &s) }

// ReadState reads what the run's supervisor said when it started the command.
func ReadState(dir string) (s State, err error) {
	return s, readJSON(filepath.Join(dir, StateFile), &s)
}

// ReadExit reads how the run ended; kind NotFound while it has not.
func ReadExit(dir string) (e Exit, err error) { return e, readJSON(filepath.Join(dir, ExitFile), &e) }

func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, append(b, '\n'), 0o644)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "%s is not there", filepath.Base(path))
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read a run's file")
	}
	if err := json.Unmarshal(b, v); err != nil {
		return errs.New(errs.Corrupt, "%s is damaged: %w", path, err)
	}
	return nil
}
