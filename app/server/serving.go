package server

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"time"

	"rondo/backend/project"
	"rondo/backend/registry"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/load"
	"rondo/backend/serve/runtime/python"
)

// servedVersions lets serving see the registry's versions as files.
type servedVersions struct{ *registry.Service }

func (v servedVersions) Materialise(ctx context.Context, model string, number int) (serve.Files, error) {
	version, err := v.Service.Version(ctx, model, number)
	if err != nil {
		return serve.Files{}, err
	}
	dir, err := v.Service.Materialise(ctx, model, number)
	return serve.Files{Model: model, Version: number, Digest: version.Digest.String(), Dir: dir}, err
}

// describe reads what a model folder says of itself, for the registry. A folder
// without an MLmodel is kept all the same; nothing can load it.
func describe(dir string) (flavor string, signature json.RawMessage, err error) {
	if _, err := os.Stat(filepath.Join(dir, "MLmodel")); err != nil {
		return "", nil, nil
	}
	m, err := runtime.ReadMLmodel(dir)
	if err != nil {
		return "", nil, err
	}
	if m.Declared {
		signature, err = json.Marshal(m.Signature)
	}
	return flavorOf(m), signature, err
}

func flavorOf(m runtime.MLmodel) string {
	switch {
	case m.ONNX != "":
		return "onnx"
	case m.Python:
		return "mlflow"
	}
	return ""
}

// load opens a version in the runtime that fits it: in this process where the ONNX
// evaluator knows every operation, else in processes of its own.
func (h *house) load(ctx context.Context, f serve.Files) (runtime.Model, error) {
	return load.Open(ctx, f.Dir, load.Options{
		Python: func(ctx context.Context, _ string, about runtime.MLmodel) (runtime.Model, error) {
			return h.loadPython(ctx, f, about)
		},
	})
}

// loadPython runs the model's own code, which this device has to trust first.
func (h *house) loadPython(ctx context.Context, f serve.Files, about runtime.MLmodel) (runtime.Model, error) {
	exe, err := python.Find(h.server.project.Dir, h.server.opts.Getenv)
	if err != nil {
		return nil, err
	}
	return python.Open(ctx, f.Dir, about, python.Options{
		Exe: exe, Idle: pythonIdle,
		Trusted: func(context.Context, string) error { return h.trustedModel(f) },
	})
}

const pythonIdle = 10 * time.Minute

// endpointSpecs are the endpoints of rondo.yaml as serving takes them.
func endpointSpecs(f *project.File) []serve.Spec {
	list := make([]serve.Spec, 0, len(f.Endpoints))
	for name, e := range f.Endpoints {
		list = append(list, serve.Spec{
			Name: name, Capture: e.CaptureShare(),
			Target: serve.Target{Model: e.Model, Alias: e.Alias, Version: e.Version},
		})
	}
	sort.Slice(list, func(i, k int) bool { return list[i].Name < list[k].Name })
	return list
}
