// Package dvc reads and writes the files of DVC projects: dvc.yaml, dvc.lock, .dvc,
// .dvcignore, .dvc/config, the params files and the cache in both its layouts.
//
// It says what real dvc would say of a project (Status), writes what real dvc would
// write (Project.Commit, Project.Add), and plans what such a project is in Rondo
// (Plan). Nothing that a project brings is ever executed, and nothing of DVC's own is
// changed unless it is asked for.
package dvc

import (
	"errors"
	"fmt"
	"io/fs"

	"rondo/backend/errs"
)

// Names that DVC gives its files.
const (
	Dir          = ".dvc"
	PipelineFile = "dvc.yaml"
	LockFile     = "dvc.lock"
	ParamsFile   = "params.yaml"
	Suffix       = ".dvc"
	IgnoreFile   = ".dvcignore"
)

const (
	maxMeta = 16 << 20  // bytes of one file of DVC's that is read
	maxTree = 256 << 20 // bytes of a .dir object
)

// Pos is a place in a text; both count from 1. The zero Pos is no place.
type Pos struct{ Line, Col int }

// fail is an error about a place in a file.
func fail(name string, at Pos, format string, args ...any) *errs.Error {
	if at.Line == 0 {
		at = Pos{1, 1}
	}
	return errs.New(errs.Invalid, "%s:%d:%d: %s", name, at.Line, max(at.Col, 1), fmt.Sprintf(format, args...))
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
