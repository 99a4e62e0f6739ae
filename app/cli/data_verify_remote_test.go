package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamageOnARemoteInWords: what a person reads when a remote has damaged something, from
// the finding to the push that heals it.
func TestDamageOnARemoteInWords(t *testing.T) {
	w := newWorld(t)
	disk := filepath.Join(t.TempDir(), "disk")
	writeAll(t, w.dir, map[string]string{"d/a.txt": "content of a", "d/b.txt": "content of b"})
	w.ok("data", "add", "d")
	w.ok("data", "remote", "disk", disk)
	if r := w.run("data", "verify", "--remote", "disk"); r.code == 0 || !strings.Contains(r.err, "holds nothing") {
		t.Errorf("nothing is there yet: %+v", r)
	}
	w.ok("data", "push")
	if text := w.ok("data", "verify", "--remote", "disk"); !strings.Contains(text, "objects read; ") || !strings.Contains(text, "with all their objects") {
		t.Errorf("all is well: %s", text)
	}
	packs, err := filepath.Glob(filepath.Join(disk, "objects/packs/*.pack"))
	if err != nil || len(packs) == 0 {
		t.Fatal(packs, err)
	}
	for _, pack := range packs {
		b, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		if at := strings.Index(string(b), "content of b"); at > 0 {
			b[at] ^= 1
		}
		if err := os.WriteFile(pack, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, more := range [][]string{nil, {"--json"}} {
		r := w.run(append([]string{"data", "verify", "--remote", "disk"}, more...)...)
		if r.code != 1 || !strings.Contains(r.out, "d@1") || !strings.Contains(r.out, "b.txt") || strings.Contains(r.out, "a.txt") {
			t.Errorf("%v: %+v", more, r)
		}
		if more == nil && (!strings.Contains(r.out, "is damaged: its content has digest") || !strings.Contains(r.err, "1 object is damaged or missing") || !strings.Contains(r.err, "rondo data push --remote disk")) {
			t.Errorf("%+v", r)
		}
	}
	status := w.ok("data", "remote-status")
	if !strings.Contains(status, "d: objects of d@1 are damaged or missing on disk; `rondo data push --remote disk` sends them again") {
		t.Errorf("the status: %s", status)
	}
	for line := range strings.Lines(status) {
		if strings.HasPrefix(line, "d ") && strings.Contains(line, "in sync") {
			t.Errorf("it is said to be in sync: %s", line)
		}
	}
	if text := w.ok("data", "push"); !strings.Contains(text, "damaged there before and sound now: 1 object") {
		t.Errorf("the push: %s", text)
	}
	if text := w.ok("data", "remote-status"); strings.Contains(text, "damaged") || !strings.Contains(text, "in sync") {
		t.Errorf("after it: %s", text)
	}
	w.ok("data", "verify", "--remote", "disk")
	for _, args := range [][]string{{"d", "--remote", "disk"}, {"--remote", "nobody"}, {"--remote", "disk", "--sample", "x"}, {"--remote", "disk", "--sample", "200"}} {
		if r := w.run(append([]string{"data", "verify"}, args...)...); r.code == 0 || !strings.Contains(r.err, "\n  ") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
