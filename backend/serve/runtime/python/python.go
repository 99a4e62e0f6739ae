// Package python serves models that need Python: each in processes of its own that
// answer over an inherited socket, which no other program can reach. No pickle is
// ever opened in this process, and none in another before the person has said that
// the model is trusted.
package python

import (
	"context"
	_ "embed" // the worker
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"rondo/backend/errs"
	model "rondo/backend/serve/runtime"
)

//go:embed worker.py
var worker string

// Options say how models are run.
type Options struct {
	Exe     string // the interpreter, which has mlflow installed
	Workers int    // processes for each model; 0 means 1
	// Trusted returns nil where the model in a folder may run code here. Without it nothing may.
	Trusted func(ctx context.Context, dir string) error
	Queue   int           // requests that may wait; 0 means 64
	Start   time.Duration // limit for loading the model; 0 means 2 minutes
	Request time.Duration // limit for one prediction; 0 means 1 minute
	Idle    time.Duration // without a request for so long, the processes end until the next one; 0 means never
	Backoff time.Duration // wait before the second restart in a row, doubled each time; 0 means 500 ms
}

const maxBackoff = time.Minute

func (o Options) normal() Options {
	set := func(d *time.Duration, usual time.Duration) {
		if *d <= 0 {
			*d = usual
		}
	}
	o.Workers = max(o.Workers, 1)
	if o.Queue <= 0 {
		o.Queue = 64
	}
	set(&o.Start, 2*time.Minute)
	set(&o.Request, time.Minute)
	set(&o.Backoff, 500*time.Millisecond)
	return o
}

// Find returns the interpreter of a project: the one that the environment names, a
// virtual environment in its folder, or the first python3 on the path.
func Find(project string, getenv func(string) string) (string, error) {
	if exe := getenv("RONDO_PYTHON"); exe != "" {
		return exe, usable(exe)
	}
	bin := []string{"bin", "python"}
	if runtime.GOOS == "windows" {
		bin = []string{"Scripts", "python.exe"}
	}
	for _, base := range []string{filepath.Join(project, ".venv"), filepath.Join(project, "venv"), getenv("VIRTUAL_ENV")} {
		exe := filepath.Join(append([]string{base}, bin...)...)
		if base != "" && usable(exe) == nil {
			return exe, nil
		}
	}
	for _, name := range []string{"python3", "python"} {
		if exe, err := exec.LookPath(name); err == nil {
			return exe, nil
		}
	}
	return "", errs.New(errs.Precondition, "there is no Python on this device").
		WithHint("install Python 3 with mlflow, make a .venv in the project, or set RONDO_PYTHON")
}

func usable(exe string) error {
	info, err := os.Stat(exe)
	if err != nil || info.IsDir() {
		return errs.New(errs.Precondition, "there is no Python at %s", exe).WithHint("set RONDO_PYTHON to an interpreter that has mlflow installed")
	}
	return nil
}

// Open starts the processes of the model in dir and returns when the first has loaded it.
func Open(ctx context.Context, dir string, about model.MLmodel, opts Options) (*Model, error) {
	if opts.Trusted == nil {
		return nil, untrusted()
	}
	if err := opts.Trusted(ctx, dir); err != nil {
		return nil, err
	}
	if opts.Exe == "" {
		return nil, errs.New(errs.Precondition, "no Python is set for models that need one").WithHint("set RONDO_PYTHON to an interpreter that has mlflow installed")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, about, opts.normal())
}

func untrusted() error {
	return errs.New(errs.Denied, "the model runs Python code, and nothing says that it is trusted on this device").
		WithHint("trust the project with `rondo trust`, or register the model as ONNX, which runs no code")
}
