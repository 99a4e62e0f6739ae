package load_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/load"
	"rondo/backend/serve/servetest"
)

func trained(t *testing.T) string {
	t.Helper()
	dir, err := servetest.Trained()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var errPython = errors.New("python was asked")

func python(context.Context, string, runtime.MLmodel) (runtime.Model, error) { return nil, errPython }

const (
	pyfunc = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
	both   = "flavors:\n  onnx:\n    data: model.onnx\n  python_function:\n    loader_module: mlflow.onnx\n"
)

func TestTheRuntimeThatFits(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(trained(t), "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	unknownOp := strings.ReplaceAll(string(whole), "Sigmoid", "Sigmoix") // a node of an operation that does not exist
	for name, c := range map[string]struct {
		files map[string]string
		want  error
		kind  errs.Kind
		words string
	}{
		"bare onnx":          {map[string]string{"weather.onnx": string(whole)}, nil, 0, ""},
		"two bare onnx":      {map[string]string{"a.onnx": string(whole), "b.onnx": string(whole)}, nil, errs.Invalid, "no MLmodel"},
		"nothing":            {nil, nil, errs.Invalid, "no MLmodel"},
		"pyfunc":             {map[string]string{"MLmodel": pyfunc}, errPython, 0, ""},
		"onnx and pyfunc":    {map[string]string{"MLmodel": both, "model.onnx": string(whole)}, nil, 0, ""},
		"an unknown op":      {map[string]string{"MLmodel": both, "model.onnx": unknownOp}, errPython, 0, ""},
		"damage stays one":   {map[string]string{"MLmodel": both, "model.onnx": string(whole[:100])}, nil, errs.Corrupt, "cut short"},
		"no flavor":          {map[string]string{"MLmodel": "flavors:\n  spark:\n    data: x\n"}, nil, errs.Invalid, "no flavor"},
		"not YAML":           {map[string]string{"MLmodel": "flavors: [\n"}, nil, errs.Invalid, "MLmodel"},
		"a way out of there": {map[string]string{"MLmodel": "flavors:\n  onnx:\n    data: ../../etc/passwd\n"}, nil, errs.Corrupt, "not there"},
	} {
		m, err := load.Open(t.Context(), folder(t, c.files), load.Options{Python: python})
		switch {
		case c.words == "" && c.want == nil:
			if err != nil || m.(interface{ Flavor() string }).Flavor() != "onnx" {
				t.Errorf("%s: %v", name, err)
			}
		case c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%s: %v", name, err)
		case c.words != "" && (err == nil || errs.KindOf(err) != c.kind || !strings.Contains(err.Error()+errs.HintOf(err), c.words)):
			t.Errorf("%s: %v (%s)", name, err, errs.KindOf(err))
		}
	}
	if _, err := load.Open(t.Context(), folder(t, map[string]string{"MLmodel": pyfunc}), load.Options{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("without Python: %v", err)
	}
}
