//go:build unix

package atomicfile

import (
	"os"
	"syscall"
)

// Replacing is called before a file of root gets the name of another, and its result
// afterwards, for nobody to wait until the system has given up what the other held: for a
// gigabyte in memory that takes it most of a second.
func Replacing(root *os.Root, name string) (replaced func()) {
	old, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which a pipe does not hold up
	if err != nil {
		return func() {}
	}
	return func() { go old.Close() }
}
