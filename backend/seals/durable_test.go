//go:build linux

package seals_test

import (
	"fmt"
	"strings"
	"testing"

	"rondo/backend/atomicfile/disktest"
	"rondo/backend/fault"
	"rondo/backend/seals"
)

// TestSealsTheDiskHas: what a file that has a seal is replaced by, what is removed, and seals
// that were written anew in fewer lines.
func TestSealsTheDiskHas(t *testing.T) {
	defer seals.CompactFrom(1)()
	h := open(t)
	disktest.Tells(t, h.Name())
	durable := func(what, end string) {
		t.Helper()
		for _, name := range disktest.Unwritten(t, h.Name()) {
			if strings.HasSuffix(name, end) {
				t.Errorf("%s: the disk does not have all of %s", what, name)
			}
		}
	}
	anew := false
	fault.Hook(func(point string) {
		if point == "seals.written" {
			anew = true
			durable("what is written anew", ".seals.tmp")
		}
	})
	defer fault.Hook(nil)
	for i := range 20 {
		sum := seals.NewHash()
		fmt.Fprint(sum, i)
		must(t, h.k.Came(h.Root, seals.File{Name: "a", Seal: sum.Seal()}))
		if i > 0 {
			durable(fmt.Sprintf("round %d", i), ".seals")
		}
		h.write(t, "a", fmt.Append(nil, i))
		must(t, h.k.Placed(h.Root, "a"))
	}
	must(t, h.k.Remove(h.Root, "a", func() error { durable("before it is removed", ".seals"); return h.RemoveAll("files/a") }))
	if !anew {
		t.Error("nothing was written anew")
	}
}
