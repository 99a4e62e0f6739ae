package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/yamldoc"
)

const lockSchema = "rondo 1"

const maxLock = 64 << 20 // bytes

// Lock is rondo.lock: what each stage consumed and produced when it last ran well.
type Lock struct {
	Schema string               `yaml:"schema"`
	Stages map[string]LockStage `yaml:"stages"`
}

// LockStage is one stage of a Lock.
type LockStage struct {
	Cmd    []string          `yaml:"cmd"`
	Wdir   string            `yaml:"wdir,omitempty"`
	Deps   []LockArtifact    `yaml:"deps,omitempty"`
	Params map[string]string `yaml:"params,omitempty"`
	Outs   []LockArtifact    `yaml:"outs,omitempty"`
}

// LockArtifact is an Artifact as the lock writes it.
type LockArtifact struct {
	Path   string `yaml:"path"`
	SHA256 string `yaml:"sha256"` // of the file, or of the folder's tree
	Size   int64  `yaml:"size"`
	Tree   bool   `yaml:"tree,omitempty"`
	Exec   bool   `yaml:"exec,omitempty"`
}

// ParseLock reads the text of a rondo.lock; errors say line and column.
func ParseLock(text []byte) (Lock, error) {
	l := Lock{Schema: lockSchema, Stages: map[string]LockStage{}}
	if len(bytes.TrimSpace(text)) == 0 {
		return l, nil
	}
	if HasMarkers(text) {
		return l, errs.New(errs.Conflict, "%s holds the markers of a merge that git could not decide", project.LockName).
			WithHint("`rondo merge-lock %s` merges it stage by stage", project.LockName)
	}
	if err := decodeLock(text, &l); err != nil {
		return l, err
	}
	if l.Schema != lockSchema {
		return l, badLock("", "its schema is %q, and this Rondo knows %q", l.Schema, lockSchema)
	}
	if l.Stages == nil {
		l.Stages = map[string]LockStage{}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Stages)) {
		for _, a := range slices.Concat(l.Stages[name].Deps, l.Stages[name].Outs) {
			if _, err := ref.Parse(a.SHA256); err != nil || a.Path == "" || !filepath.IsLocal(filepath.FromSlash(a.Path)) || a.Size < 0 {
				return l, badLock("", "stage %s: %q with size %d and sha256 %.80q is not an entry", name, a.Path, a.Size, a.SHA256)
			}
		}
	}
	return l, nil
}

func decodeLock(text []byte, l *Lock) error {
	tree, err := yamldoc.Parse(text)
	if err == nil && tree != nil {
		err = yamldoc.Decode(tree, l)
	}
	var at *yamldoc.Error
	if errors.As(err, &at) {
		return badLock(fmt.Sprintf(":%d:%d", at.Line, at.Col), "%s", at.Msg)
	}
	return err
}

func badLock(place, format string, args ...any) error {
	return errs.New(errs.Invalid, project.LockName+place+" cannot be read: "+format, args...).
		WithHint("take it back from git, or delete it and let every stage run again")
}

func lockPath(dir string) string { return filepath.Join(dir, project.LockName) }

// ReadLock reads a project's rondo.lock; a missing one is empty. Of one that a merge has left
// open, the entries that both sides changed are left out: those stages need a run.
func ReadLock(dir string) (Lock, error) {
	info, err := os.Lstat(lockPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return ParseLock(nil)
	}
	if err == nil && !info.Mode().IsRegular() {
		return Lock{}, badLock("", "it is not a file")
	}
	if err == nil && info.Size() > maxLock {
		return Lock{}, badLock("", "it is larger than %d MiB", maxLock>>20)
	}
	b, err := os.ReadFile(lockPath(dir))
	if err != nil {
		return Lock{}, errs.Wrap(errs.Unavailable, err, "read %s", project.LockName)
	}
	if HasMarkers(b) {
		base, ours, theirs := OpenSides(dir, project.LockName, b)
		if b, _, err = MergeLocks(base, ours, theirs); err != nil {
			return Lock{}, err
		}
	}
	return ParseLock(b)
}

// only returns a lock that knows one of the stages.
func (l Lock) only(name string) Lock {
	out := Lock{Schema: l.Schema, Stages: map[string]LockStage{}}
	if s, ok := l.Stages[name]; ok {
		out.Stages[name] = s
	}
	return out
}

// lockFile is the rondo.lock of a project while stages are put into it one after the other: what
// was written last is not read again where it still lies there.
type lockFile struct {
	dir  string
	text []byte // as it was written last; nil before that
	lock Lock   // what that says
}

// put writes one stage's entry.
func (f *lockFile) put(name string, s LockStage) (err error) {
	if !f.lies() {
		if f.lock, err = ReadLock(f.dir); err != nil {
			return err
		}
	}
	f.lock.Stages[name] = s
	f.text = nil
	text := f.lock.Text()
	if err := atomicfile.Replace(filepath.Join(f.dir, project.TemporaryDir), lockPath(f.dir), text, 0o644); err != nil {
		return errs.Unwritten(project.LockName, err)
	}
	f.text = text
	return nil
}

func (f *lockFile) lies() bool {
	info, err := os.Lstat(lockPath(f.dir))
	if err != nil || f.text == nil || !info.Mode().IsRegular() || info.Size() != int64(len(f.text)) {
		return false
	}
	text, err := os.ReadFile(lockPath(f.dir))
	return err == nil && bytes.Equal(text, f.text)
}

func toLock(list []Artifact) []LockArtifact {
	out := make([]LockArtifact, len(list))
	for i, a := range list {
		out[i] = LockArtifact{Path: a.Path, SHA256: a.Digest.String(), Size: a.Size, Tree: a.Tree, Exec: a.Exec}
	}
	slices.SortFunc(out, func(a, b LockArtifact) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func fromLock(list []LockArtifact) []Artifact {
	out := make([]Artifact, len(list))
	for i, a := range list {
		d, _ := ref.Parse(a.SHA256) // ParseLock has checked it
		out[i] = Artifact{Path: a.Path, Digest: d, Size: a.Size, Tree: a.Tree, Exec: a.Exec}
	}
	return out
}
