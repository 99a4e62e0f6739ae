//go:build !linux

package atomicfile

import (
	"errors"
	"os"
)

func bypass(*os.File, bool) error { return errors.ErrUnsupported }

func refusesBypass(error) bool { return false }
