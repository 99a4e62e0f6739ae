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
	"io/fs"
)

// Names that DVC gives what is in a project beside its metafiles.
const (
	Dir        = ".dvc"
	IgnoreFile = ".dvcignore"
)

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
