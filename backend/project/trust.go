package project

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Action is one thing that the project file can make this device do by itself.
type Action struct {
	Kind string   `json:"kind"` // stage or trigger
	Name string   `json:"name"`
	Wdir string   `json:"wdir,omitempty"`
	Run  []string `json:"run"` // command lines, or the schedule and its policy

	// Outside are paths and addresses outside of the project folder that are read for the stage, which the
	// stage may also make.
	Outside []string `json:"outside,omitempty"`
}

// Says writes the action for people: command lines as they are, a trigger as a sentence.
func (a Action) Says() string {
	if a.Kind != "trigger" || len(a.Run) != 4 {
		return strings.Join(a.Run, " · ")
	}
	on, cron, policy, model := a.Run[0], a.Run[1], a.Run[2], a.Run[3]
	when := map[string]string{
		"manual": "when a person fires it", "schedule": "at the times \"" + cron + "\"", "data": "when its data has changed",
		"drift": "when drift lasts", "quality": "when quality falls below its floor",
	}[on]
	switch policy {
	case "notify":
		return when + ", it tells so and starts nothing (" + model + ")"
	case "automatic":
		return when + ", it runs the stages by itself to retrain " + model + ", and lets a version that passes its gates answer"
	}
	return when + ", it asks a person whether to retrain " + model
}

// Actions lists everything that f can make this device execute, sorted.
func (f *File) Actions() []Action {
	list := []Action{}
	for name, s := range f.Stages {
		list = append(list, Action{Kind: "stage", Name: name, Wdir: s.Wdir, Run: s.Cmd, Outside: s.Outside()})
	}
	for name, t := range f.Triggers {
		list = append(list, Action{Kind: "trigger", Name: name, Run: []string{t.On, t.Cron, t.Policy, t.Model}})
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Kind != list[j].Kind {
			return list[i].Kind < list[j].Kind
		}
		return list[i].Name < list[j].Name
	})
	return list
}

// Source is the file that the stages come from.
func (f *File) Source() string {
	for _, s := range f.Stages {
		if s.From != "" {
			return "dvc.yaml"
		}
	}
	return FileName
}

// TrustDigest names exactly the executable content of f: another command, working
// directory, schedule, policy or path outside is another digest; a changed threshold is not.
func (f *File) TrustDigest() ref.Digest {
	b, err := json.Marshal(f.Actions())
	if err != nil {
		return ref.Zero // strings always encode
	}
	return ref.Of(append([]byte("rondo trust 1\n"), b...))
}

// Trust remembers which executable content the person of this device has agreed to.
type Trust struct {
	mu   sync.Mutex
	path string
}

type trustFile struct {
	Trusted []ref.Digest `json:"trusted"`
}

// OpenTrust uses trust.json in the device's folder, which is never synchronised.
func OpenTrust(deviceDir string) *Trust {
	return &Trust{path: filepath.Join(deviceDir, "trust.json")}
}

// Question is what a person must look at before a project's commands may run.
type Question struct {
	Needed  bool       `json:"needed"`
	Digest  ref.Digest `json:"digest"`
	Actions []Action   `json:"actions"`
}

// Needed says whether f wants to execute something that was not agreed to here.
func (t *Trust) Needed(f *File) (Question, error) {
	q := Question{Digest: f.TrustDigest(), Actions: f.Actions()}
	t.mu.Lock()
	defer t.mu.Unlock()
	state, err := t.read()
	q.Needed = len(q.Actions) > 0 && !slices.Contains(state.Trusted, q.Digest)
	return q, err
}

// Check returns a Denied error where trust is needed.
func (t *Trust) Check(f *File) error {
	q, err := t.Needed(f)
	if err != nil || !q.Needed {
		return err
	}
	return errs.New(errs.Denied, "the commands of %s are not trusted on this device yet", f.Source()).
		WithHint("look at them with `rondo trust`, then agree with `rondo trust --yes`")
}

// Grant agrees to exactly the content that digest names, which must be f's now.
func (t *Trust) Grant(f *File, digest ref.Digest) error {
	if digest != f.TrustDigest() {
		return errs.New(errs.Conflict, "%s has changed since it was looked at", FileName).WithHint("look at its commands again")
	}
	return t.Add(digest)
}

// Has reports whether the person agreed to the content that digest names.
func (t *Trust) Has(digest ref.Digest) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	state, err := t.read()
	return slices.Contains(state.Trusted, digest), err
}

// Add agrees to content that is not the project file's: a model that brings code.
func (t *Trust) Add(digest ref.Digest) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	state, err := t.read()
	if err != nil || slices.Contains(state.Trusted, digest) {
		return err
	}
	state.Trusted = append(state.Trusted, digest)
	b, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o700); err != nil {
		return err
	}
	return atomicfile.WriteFile(t.path, b, 0o600)
}

// read returns the state; a damaged file trusts nothing.
func (t *Trust) read() (trustFile, error) {
	var state trustFile
	b, err := os.ReadFile(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return state, errs.Wrap(errs.Unavailable, err, "read what this device trusts")
	}
	if json.Unmarshal(b, &state) != nil {
		return trustFile{}, nil
	}
	return state, nil
}
