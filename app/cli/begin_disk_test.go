//go:build linux

package cli_test

import (
	"testing"

	"rondo/backend/atomicfile/disktest"
)

// TestASampleIsOnTheDisk when its project is said to be there, with the git repository that it became.
func TestASampleIsOnTheDisk(t *testing.T) {
	w := newWorld(t)
	disktest.Tells(t, w.home)
	if list := disktest.Unwritten(t, w.dir); len(list) > 0 {
		t.Errorf("the disk does not have all of %v", list)
	}
}
