// Package metafile reads and writes what DVC keeps of a project in texts: dvc.yaml with its templates
// resolved (Pipeline, Stage), dvc.lock (Lock), .dvc files (Single), and the lists of folders in its
// cache (TreeFile). All three write down what was there as an Entry. It knows texts only: whether the
// data is there, and what DVC would say of it, is for package dvc.
package metafile

import (
	"path"
	"strings"
)

// Names that DVC gives its metafiles; Suffix ends those of single outs.
const (
	PipelineFile = "dvc.yaml"
	LockFile     = "dvc.lock"
	ParamsFile   = "params.yaml"
	Suffix       = ".dvc"
	OldSingle    = "Dvcfile" // what DVC 2 takes for a .dvc file, too
)

// IsSingle reports whether a file is a .dvc file by its name.
func IsSingle(name string) bool {
	return strings.HasSuffix(name, Suffix) || path.Base(name) == OldSingle
}
