package fsck_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/serve/capture"
)

// TestDamagedCapturesAreNamed, but not what a crash left of the last write.
func TestDamagedCapturesAreNamed(t *testing.T) {
	dir := sample(t)
	at := filepath.Join(dir, ".rondo/captures/laptop")
	log, _, err := capture.Open(at, capture.Options{})
	must(t, err)
	for _, line := range []string{"{\"a\":1}\n", "{\"a\":2}\n"} {
		_, err := log.Append(time.Now(), []byte(line))
		must(t, err)
	}
	must(t, log.Close())
	path := filepath.Join(at, "000001.log")
	whole, err := os.ReadFile(path)
	must(t, err)
	if r := check(t, dir, false); !r.OK || r.Files != 1 {
		t.Fatalf("%+v", r)
	}
	missed := 0
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 4
		must(t, os.WriteFile(path, bad, 0o644))
		if r := check(t, dir, false); !named(r, ".rondo/captures/laptop/000001.log", int64(i)) {
			missed++ // the length of the last block: as if the rest had not been written
		}
	}
	if missed > 4 {
		t.Errorf("%d of %d flipped bytes are not named", missed, len(whole))
	}
	must(t, os.WriteFile(path, whole[:len(whole)-3], 0o644))
	if r := check(t, dir, false); !r.OK {
		t.Errorf("an unfinished write: %+v", r.Problems)
	}
	must(t, os.WriteFile(filepath.Join(at, "000002.log"), whole, 0o644))
	if r := check(t, dir, false); r.OK || !strings.Contains(r.Problems[0].File, "000001.log") {
		t.Errorf("an older file that is cut short: %+v", r.Problems)
	}
}
