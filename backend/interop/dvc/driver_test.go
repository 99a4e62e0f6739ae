package dvc_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// driver is a real dvc that takes one command after the other.
type driver struct {
	t   *testing.T
	old bool // of dvc's second line, which knows no matrix
	in  io.WriteCloser
	out *bufio.Reader
}

func newDriver(t *testing.T, program string) *driver {
	t.Helper()
	script, err := filepath.Abs("testdata/driver.py")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(filepath.Join(filepath.Dir(program), "python"), script)
	cmd.Env = append(os.Environ(), "DVC_NO_ANALYTICS=1", "DVC_TEST=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "DVC_SITE_CACHE_DIR="+home, "SHELL=/bin/sh")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	said, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &driver{t: t, old: strings.HasPrefix(string(said), "2."), in: in, out: bufio.NewReader(out)}
}

// try runs a dvc command; what it printed comes back, and whether it went well.
func (d *driver) try(dir string, args ...string) (string, bool) {
	d.t.Helper()
	b, _ := json.Marshal(map[string]any{"dir": dir, "args": args})
	if _, err := d.in.Write(append(b, '\n')); err != nil {
		d.t.Fatal(err)
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		d.t.Fatalf("dvc %v: %v", args, err)
	}
	var a struct {
		RC  int
		Out string
	}
	if err := json.Unmarshal(line, &a); err != nil {
		d.t.Fatal(err)
	}
	return a.Out, a.RC == 0
}

func (d *driver) must(dir string, args ...string) string {
	d.t.Helper()
	out, ok := d.try(dir, args...)
	if !ok {
		d.t.Fatalf("dvc %v in %s:\n%s", args, dir, out)
	}
	return out
}

// answer is what dvc says as JSON, in one form.
func (d *driver) json(dir string, args ...string) string {
	d.t.Helper()
	out := d.must(dir, args...)
	i := strings.IndexByte(out, '{')
	if i < 0 {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	var v any
	if err := json.Unmarshal([]byte(out[i:strings.LastIndexByte(out, '}')+1]), &v); err != nil {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	return canonical(v)
}

// canonical is JSON with the members of lists sorted.
func canonical(v any) string {
	var sortAll func(v any) any
	sortAll = func(v any) any {
		switch x := v.(type) {
		case map[string]any:
			for k := range x {
				x[k] = sortAll(x[k])
			}
		case []any:
			sort.Slice(x, func(i, j int) bool { return fmt.Sprint(x[i]) < fmt.Sprint(x[j]) })
		}
		return v
	}
	b, _ := json.MarshalIndent(sortAll(v), "", " ")
	return string(b)
}
