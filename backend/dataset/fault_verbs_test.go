//go:build unix

package dataset_test

import (
	"os"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// TestEveryOperationOfOtherVerbsFailsOnce: whatever operation fails, the verb that is said again
// comes to its end, and what was kept before is whole.
func TestEveryOperationOfOtherVerbsFailsOnce(t *testing.T) {
	from := pushedTo(t)
	t.Setenv("RONDO_TEST_ORIGIN", strings.TrimSuffix(from, "-disk"))
	for _, name := range []string{"remove", "restore", "import", "pull a part", "gc of a remote"} {
		t.Run(name, func(t *testing.T) {
			verb := killedVerbs[name]
			begin := func(o opened, dir string) {
				disk := beside(dir)
				if verb.from {
					disk = from
				}
				remember(t, o, disk)
				verb.begin(t, o, dir)
			}
			var last error
			do := func(o opened) error { last = verb.do(t.Context(), o); return last }
			faults(t, name, begin, do, func(o opened, dir, when string) {
				for _, err := range whole(t, o) {
					t.Errorf("%s: %v", when, err)
				}
				if last != nil && do(o) != nil && (verb.meant == 0 || !errs.Is(last, verb.meant)) {
					t.Fatalf("%s: again: %v", when, last)
				}
				verb.done(t, o, dir, when)
				must(t, os.RemoveAll(beside(dir)))
			})
		})
	}
}
