//go:build unix

package atomicfile

import (
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
