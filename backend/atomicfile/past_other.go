//go:build !linux

package atomicfile

import (
	"errors"
	"math"
	"os"
)

func bypass(*os.File, bool) error { return errors.ErrUnsupported }

func refusesBypass(error) bool { return false }

func inMemory(*os.File, int64, int) bool { return true }

func readAt(f *os.File, b []byte, at int64) (int, error) { return f.ReadAt(b, at) }

func crowd() int64 { return math.MaxInt64 }
