package dvc_test

import (
	"testing"

	"rondo/backend/interop/dvc"
)

// TestPathsHaveOneOwner: both programs run nothing where a path is tracked twice, and both
// do where paths only look alike.
func TestPathsHaveOneOwner(t *testing.T) {
	const (
		makes = "stages:\n  a:\n    cmd: mkdir -p out && echo a > out/x\n    outs: [out]\n"
		data  = "outs:\n- md5: 60b725f10c9c85c70d97880dfe8191b3\n  size: 2\n  hash: md5\n  path: "
	)
	for name, c := range map[string]struct {
		files map[string]string
		fine  bool
	}{
		"a stage and a .dvc file":     {files: map[string]string{"dvc.yaml": makes, "out.dvc": data + "out\n"}},
		"two .dvc files":              {files: map[string]string{"dvc.yaml": makes, "x.dvc": data + "x\n", "y.dvc": data + "x\n"}},
		"a file in a stage's folder":  {files: map[string]string{"dvc.yaml": makes, "x.dvc": data + "out/x\n"}},
		"a .dvc file in a folder":     {files: map[string]string{"dvc.yaml": makes, "data.dvc": data + "data\n", "data/x.dvc": data + "x\n"}, fine: true},
		"a pipeline in an out":        {files: map[string]string{"dvc.yaml": makes, "out/dvc.yaml": "stages:\n  b:\n    cmd: echo b > y\n    outs: [y]\n"}, fine: true},
		"names that begin alike":      {files: map[string]string{"dvc.yaml": makes, "out2.dvc": data + "out2\n", "out2": "a\n"}, fine: true},
		"a .dvc file beside its data": {files: map[string]string{"dvc.yaml": makes, "data/x.dvc": data + "x\n", "data/x": "a\n"}, fine: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := pair(t, "", c.files)
			books, err := dvc.OpenBooks(h.main, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer books.Close()
			err = books.Ready()
			out, ok := h.d.try(h.twin, "repro")
			if (err == nil) != c.fine || ok != c.fine {
				t.Errorf("rondo %v, dvc %v\n%s", err, ok, out)
			}
		})
	}
}
