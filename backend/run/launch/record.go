package launch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/errs"
	"rondo/backend/host"
	"rondo/backend/proc"
	"rondo/backend/ref"
	"rondo/backend/run/seal"
)

// Files that a run's folder holds because it was launched here.
const (
	codeFile        = "code.json"
	environmentFile = "environment.json"
)

// Code is the state of the code that a run ran.
type Code struct {
	Commit    string     `json:"commit,omitempty"`
	Branch    string     `json:"branch,omitempty"`
	Remote    string     `json:"remote,omitempty"`
	Message   string     `json:"message,omitempty"` // first line of the commit's
	Dirty     bool       `json:"dirty"`
	Diff      string     `json:"diff,omitempty"`    // unified, of tracked files
	Changed   []string   `json:"changed,omitempty"` // paths that differ from the commit
	Untracked []string   `json:"untracked,omitempty"`
	Skipped   []string   `json:"skipped,omitempty"` // what was not kept, and why
	Object    ref.Digest `json:"object,omitzero"`   // everything beyond the commit, in the object store
	Problem   string     `json:"problem,omitempty"` // why nothing is known
}

// Environment is what a run ran with. Values of variables are kept for a few harmless
// names only; arguments that look like secrets are hidden.
type Environment struct {
	Command    []string          `json:"command"`
	Dir        string            `json:"dir"`
	Host       host.Facts        `json:"host"`
	Python     *Python           `json:"python,omitempty"`
	Variables  map[string]string `json:"variables"`
	RecordedAt time.Time         `json:"recorded_at"`
}

// Python is the interpreter of a run and what is installed for it.
type Python struct {
	Executable string    `json:"executable"`
	Version    string    `json:"version,omitempty"`
	Packages   []Package `json:"packages"`
}

// Package is one installed distribution.
type Package struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ReadCode returns what is known of a run's code; NotFound where nothing was written.
func ReadCode(ctx context.Context, runDir string) (c Code, err error) {
	return c, readJSON(ctx, runDir, codeFile, "code", &c)
}

// ReadEnvironment returns what a run ran with; NotFound where nothing was written.
func ReadEnvironment(ctx context.Context, runDir string) (e Environment, err error) {
	return e, readJSON(ctx, runDir, environmentFile, "environment", &e)
}

const maxFile = 64 << 20 // bytes of one of these files

func readJSON(ctx context.Context, runDir, name, what string, v any) error {
	if err := seal.Sound(ctx, runDir, name); err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(runDir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "the run's %s was not recorded", what).WithHint("runs started with `rondo run` or by the pipeline record it")
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read the run's %s", what)
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxFile)).Decode(v); err != nil {
		return errs.New(errs.Corrupt, "%s is damaged: %w", name, err)
	}
	return nil
}

// Log is a piece of a run's log.
type Log struct {
	Stream string `json:"stream"`
	Offset int64  `json:"offset"` // of the text
	Next   int64  `json:"next"`   // where to go on
	Size   int64  `json:"size"`   // of the log now
	Text   string `json:"text"`
}

const (
	usualLog = 64 << 10
	maxLog   = 4 << 20
)

// ReadLog returns at most limit bytes of a stream from an offset on; a negative
// offset counts from the end. What is not text is replaced.
func ReadLog(ctx context.Context, runDir, stream string, offset int64, limit int) (Log, error) {
	if stream == "" {
		stream = "stdout"
	}
	name, ok := streams[stream]
	if !ok {
		return Log{}, errs.New(errs.Invalid, "%.40q is no stream of a run: want stdout or stderr", stream)
	}
	if limit <= 0 {
		limit = usualLog
	}
	if err := seal.Sound(ctx, runDir, name); err != nil {
		return Log{}, err
	}
	out := Log{Stream: stream}
	t := &tail{path: filepath.Join(runDir, name)}
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return out, errs.Wrap(errs.Unavailable, err, "read the run's log")
	}
	if out.Size = info.Size(); offset < 0 {
		offset += out.Size
	}
	t.at = min(max(0, offset), out.Size)
	out.Offset = t.at
	b, size, err := t.read(min(limit, maxLog))
	if err != nil {
		return out, errs.Wrap(errs.Unavailable, err, "read the run's log")
	}
	whole := runes(b)
	if len(whole) == 0 {
		whole = b
	}
	out.Size, out.Text, out.Next = max(size, out.Size), toText(whole), t.at+int64(len(whole))
	return out, nil
}

// ReadSystem returns at most limit samples of what a run took of the machine: of each
// stretch the one in which its processes were busiest.
func ReadSystem(ctx context.Context, runDir string, limit int) ([]proc.Sample, error) {
	list := []proc.Sample{}
	if err := seal.Sound(ctx, runDir, proc.SystemFile); err != nil {
		return list, err
	}
	f, err := os.Open(filepath.Join(runDir, proc.SystemFile))
	if errors.Is(err, fs.ErrNotExist) {
		return list, nil
	}
	if err != nil {
		return list, errs.Wrap(errs.Unavailable, err, "read what the run used")
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for lines.Scan() {
		var s proc.Sample
		if json.Unmarshal(lines.Bytes(), &s) == nil { // a line cut short by a crash says nothing
			list = append(list, s)
		}
	}
	return thin(list, limit), errs.Wrap(errs.Unavailable, lines.Err(), "read what the run used")
}

func thin(list []proc.Sample, limit int) []proc.Sample {
	if limit <= 0 || len(list) <= limit {
		return list
	}
	out := make([]proc.Sample, limit)
	for i := range out {
		part := list[i*len(list)/limit : (i+1)*len(list)/limit]
		out[i] = part[0]
		for _, s := range part {
			if s.CPU > out[i].CPU {
				out[i] = s
			}
		}
	}
	return out
}
