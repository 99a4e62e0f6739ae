package pipeline_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/pipeline"
	"rondo/backend/proc"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// TestAnOutThatTheDiskDidNotHave: a stop of the machine leaves zeros in an out that looks as it
// did. That is seen where the memory is of another of the machine's starts, unless the file was
// there long before.
func TestAnOutThatTheDiskDidNotHave(t *testing.T) {
	for _, c := range []struct {
		name, boot string
		later      time.Duration // between the file and the memory
		want       string
	}{
		{"the same start", proc.Self().Boot, 0, "sort:skipped count:skipped"},
		{"another start", "another", 0, "sort:restored count:skipped"},
		{"another start, an hour later", "another", 61 * time.Minute, "sort:skipped count:skipped"},
		{"a memory from before there were starts", "", 0, "sort:restored count:skipped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t)
			out := h.repro(pipeline.Request{}).Outs["sorted.txt"]
			h.write("sorted.txt", strings.Repeat("\x00", int(out.Size)))
			h.remembers("sorted.txt", out.Digest, c.boot, c.later)
			h.open()
			if e := h.repro(pipeline.Request{}); states(e) != c.want {
				t.Errorf("%s, want %s", states(e), c.want)
			}
			if strings.Contains(c.want, "restored") && h.read("sorted.txt") != "1\n2\n3\n" {
				t.Errorf("the out is %q", h.read("sorted.txt"))
			}
		})
	}
}

// remembers lets a file that looks as it does now be remembered to hold something.
func (h *house) remembers(name string, d ref.Digest, boot string, later time.Duration) {
	h.t.Helper()
	path, err := filepath.EvalSymlinks(filepath.Join(h.dir, name))
	if err != nil {
		h.t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		h.t.Fatal(err)
	}
	var b bytes.Buffer
	if s := store.StampOf(fi); boot == "" {
		fmt.Fprintf(&b, "%s %d %d %d %d %t %q\n", d, s.Size, s.Mtime, s.Ctime, s.Inode, s.Exec, path)
	} else {
		fmt.Fprintf(&b, "boot %s\n%s %d %d %d %d %t %q\n", boot, d, s.Size, s.Mtime, s.Ctime, s.Inode, s.Exec, path)
	}
	memory, then := filepath.Join(h.device, "stat", "pipeline.txt"), time.Now().Add(later)
	if err := os.MkdirAll(filepath.Dir(memory), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(memory, fmt.Appendf(nil, "rondo glances 1 %s\n%s", ref.Of(b.Bytes()), b.Bytes()), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chtimes(memory, then, then); err != nil {
		h.t.Fatal(err)
	}
}
