//go:build !linux

package folder

import (
	"errors"
	"os"
)

// Clone is not made use of here: it is always errors.ErrUnsupported.
func Clone(_, _ *os.File) error { return errors.ErrUnsupported }
