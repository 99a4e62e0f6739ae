// Package load opens a model folder with the runtime that fits it: ONNX files in
// this process, everything else that MLflow can load in Python workers. It decides
// nothing else.
package load

import (
	"context"
	"os"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/onnx"
)

// Options say what models may use.
type Options struct {
	// Python loads a folder in workers; nil where the device has none to offer.
	Python func(ctx context.Context, dir string, about runtime.MLmodel) (runtime.Model, error)
}

// Open loads the model in a folder: an MLmodel with what it names, or one ONNX file.
func Open(ctx context.Context, dir string, opts Options) (runtime.Model, error) {
	about, err := describe(dir)
	if err != nil {
		return nil, err
	}
	if about.ONNX != "" {
		m, err := onnx.Open(dir, about)
		if err == nil {
			return named{m, "onnx", readExample(dir, about)}, nil
		}
		if !about.Python || errs.Is(err, errs.Corrupt) || opts.Python == nil {
			return nil, err
		}
	}
	if !about.Python {
		return nil, errs.New(errs.Invalid, "the model has no flavor that Rondo can serve").
			WithHint("log it with mlflow, which adds the python_function flavor, or as ONNX")
	}
	if opts.Python == nil {
		return nil, errs.New(errs.Precondition, "the model runs in Python, and there is no Python for it here").
			WithHint("name an interpreter that has mlflow installed, or log the model as ONNX")
	}
	m, err := opts.Python(ctx, dir, about)
	if err != nil {
		return nil, err
	}
	return named{m, "python", readExample(dir, about)}, nil
}

// describe reads MLmodel; a folder that holds one ONNX file and no MLmodel is a model too.
func describe(dir string) (runtime.MLmodel, error) {
	about, err := runtime.ReadMLmodel(dir)
	if err == nil {
		return about, nil
	}
	if _, e := os.Lstat(dir + "/MLmodel"); e == nil {
		return about, err
	}
	entries, e := os.ReadDir(dir)
	if e != nil {
		return about, err
	}
	var files []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && strings.HasSuffix(entry.Name(), ".onnx") {
			files = append(files, entry.Name())
		}
	}
	if len(files) != 1 {
		return about, err
	}
	return runtime.MLmodel{ONNX: files[0]}, nil
}

// named is a model that knows its flavor and an example.
type named struct {
	runtime.Model
	flavor  string
	example map[string]any
}

// Flavor returns onnx or python.
func (n named) Flavor() string { return n.flavor }

// Example returns a row that the model takes, or nil.
func (n named) Example() map[string]any { return n.example }
