package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// SyncAll makes everything below dir durable with one call for its file system,
// which is much cheaper than one for every file.
func SyncAll(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}
