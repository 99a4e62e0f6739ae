package dvc_test

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
	"testing"
)

// driver is a real dvc that takes one command after the other. Each is a process of its
// own, forked off one that has loaded dvc; plain ones start the program instead.
type driver struct {
	t       *testing.T
	old     bool // of dvc's second line, which knows no matrix
	plain   bool
	program string
	env     []string
	in      io.WriteCloser
	out     *bufio.Reader
}

//go:embed testdata/driver.py
var driverScript string

func newDriver(t *testing.T, program string) *driver {
	t.Helper()
	return newDriverAt(t, program, t.TempDir())
}

// newDriverAt is a dvc of a person with a home that has more than dvc's settings.
func newDriverAt(t *testing.T, program, home string) *driver {
	t.Helper()
	site := os.Getenv("DVC_SITE_CACHE_DIR")
	if site == "" { // Rondo looks there, too, for what this dvc remembers
		site = t.TempDir()
		t.Setenv("DVC_SITE_CACHE_DIR", site)
	}
	d := &driver{t: t, program: program, plain: runtime.GOOS == "windows", env: append(os.Environ(),
		"DVC_NO_ANALYTICS=1", "DVC_TEST=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "DVC_SITE_CACHE_DIR="+site, "SHELL=/bin/sh", "PYTHONHASHSEED=0")}
	said, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	d.old = strings.HasPrefix(string(said), "2.")
	if d.plain {
		return d
	}
	cmd := exec.Command(interpreter(program), "-c", driverScript)
	cmd.Env, cmd.Stderr = d.env, os.Stderr
	if d.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	d.out = bufio.NewReader(out)
	t.Cleanup(func() { d.in.Close(); cmd.Wait() })
	return d
}

// try runs a dvc command; what it printed comes back, and whether it went well.
func (d *driver) try(dir string, args ...string) (string, bool) {
	d.t.Helper()
	if d.plain {
		return d.start(dir, args...)
	}
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

// start runs the program.
func (d *driver) start(dir string, args ...string) (string, bool) {
	cmd := exec.Command(d.program, args...)
	cmd.Dir, cmd.Env = dir, d.env
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func (d *driver) must(dir string, args ...string) string {
	d.t.Helper()
	out, ok := d.try(dir, args...)
	if !ok {
		d.t.Fatalf("dvc %v in %s:\n%s", args, dir, out)
	}
	return out
}

// said is what `dvc status` and `dvc data status` say of a project.
func (d *driver) said(dir string) (status any, data map[string]any) {
	d.t.Helper()
	var all map[string]any
	if d.plain {
		all = map[string]any{
			"status": d.json(dir, "status", "--json"),
			"data":   d.json(dir, "data", "status", "--granular", "--unchanged", "--json"),
		}
	} else {
		all = d.json(dir, "SAID")
	}
	told, _ := all["data"].(map[string]any)
	data = map[string]any{}
	for part, none := range map[string]any{"not_in_cache": []any{}, "committed": map[string]any{}, "uncommitted": map[string]any{}, "unchanged": []any{}} {
		if data[part] = told[part]; told[part] == nil {
			data[part] = none // the program leaves out what is empty
		}
	}
	return all["status"], data
}

// steps are the stages and .dvc files that a repro would go through, in dvc's order: dvc 2's
// depends on how Python hashes texts. None where dvc would not begin, or does not tell.
func (d *driver) steps(dir string, args ...string) (list []string) {
	d.t.Helper()
	if d.plain {
		return nil
	}
	if out, ok := d.try(dir, append([]string{"STEPS"}, args...)...); ok {
		var told struct{ Steps []string }
		if err := json.Unmarshal([]byte(out[strings.LastIndex(out, `{"steps"`):]), &told); err != nil {
			d.t.Fatalf("dvc %v: %v\n%s", args, err, out)
		}
		list = told.Steps
	}
	return list
}

// json is what a command says as JSON, after what else it says.
func (d *driver) json(dir string, args ...string) map[string]any {
	d.t.Helper()
	out := d.must(dir, args...)
	i := strings.IndexByte(out, '{')
	if i < 0 {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(out[i:strings.LastIndexByte(out, '}')+1]), &v); err != nil {
		d.t.Fatalf("dvc %v says %q", args, out)
	}
	return v
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
