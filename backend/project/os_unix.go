//go:build !windows

package project

import (
	"path/filepath"
	"runtime"
	"syscall"
)

var errNotDir = syscall.ENOTDIR

// dataDir is where programs keep data under the home directory.
var dataDir = func() string {
	if runtime.GOOS == "darwin" {
		return filepath.Join("Library", "Application Support")
	}
	return filepath.Join(".local", "share")
}()
