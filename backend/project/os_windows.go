package project

import (
	"path/filepath"
	"syscall"
)

var errNotDir = syscall.ENOTDIR

// dataDir is where programs keep data under the home directory.
var dataDir = filepath.Join("AppData", "Local")
