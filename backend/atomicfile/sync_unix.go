//go:build unix

package atomicfile

import (
	"errors"
	"os"

	"rondo/backend/fault"
)

// SyncDir makes the names in dir durable.
func SyncDir(dir string) error {
	if err := fault.Check("syncdir"); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}

// SyncDirIn makes the names in a folder of root durable.
func SyncDirIn(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
