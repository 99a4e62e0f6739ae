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
			do := func(o opened) error { return verb.do(t.Context(), o) }
			faults(t, name, begin, do, func(o opened, dir, when string) {
				for _, err := range whole(t, o) {
					t.Errorf("%s: %v", when, err)
				}
				if err := do(o); err != nil && (verb.meant == 0 || !errs.Is(err, verb.meant)) {
					t.Fatalf("%s: again: %v", when, err)
				}
				verb.done(t, o, dir, when)
				must(t, os.RemoveAll(beside(dir)))
			})
		})
	}
}
