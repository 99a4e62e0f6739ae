package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// byDVC runs a real dvc in the project.
func (p *past) byDVC(program, home string, args ...string) string {
	p.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "DVC_NO_ANALYTICS=1", "HOME="+home, "XDG_CONFIG_HOME="+home, "SHELL=/bin/sh", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("dvc %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// made is a project that dvc has made alone: two commits, the first tagged, and an
// experiment. Its text has the line ends of Windows, which DVC 2 does not count.
func (p *past) made(dvc, home string) {
	p.t.Helper()
	p.git("init", "-q", "-b", "main")
	p.git("config", "user.name", "Ann")
	p.git("config", "user.email", "a@b")
	p.byDVC(dvc, home, "init", "-q")
	writeAll(p.t, p.dir, map[string]string{"dvc.yaml": `stages:
  fit:
    cmd: wc -l < data.csv > lines.txt && printf '{"score":%d.5}' ${n} > m.json
    deps: [data.csv, images]
    params: [n]
    outs: [lines.txt]
    metrics:
    - m.json:
        cache: false
`})
	for n, data := range []string{"a\r\n1\r\n", "a\r\n1\r\n2\r\n"} {
		writeAll(p.t, p.dir, map[string]string{
			"data.csv": data, "images/1.txt": "one\r\n", "images/x/2.bin": "two\x00" + data, "params.yaml": "n: " + string(rune('1'+n)) + "\n",
		})
		p.byDVC(dvc, home, "add", "-q", "data.csv", "images")
		p.byDVC(dvc, home, "repro", "-q")
		p.git("add", "-A")
		p.git("commit", "-q", "-m", "fit "+string(rune('1'+n)))
		if n == 0 {
			p.git("tag", "v1.0")
		}
	}
	p.byDVC(dvc, home, "exp", "run", "-q", "-S", "n=3", "-n", "brave-owl")
	p.git("reset", "-q", "--hard")
	p.byDVC(dvc, home, "checkout", "-q")
}

// TestImportOfAProjectThatDVC2Made brings a past over whose contents have the names of
// DVC 2. The program that made it finds it unchanged.
func TestImportOfAProjectThatDVC2Made(t *testing.T) {
	dvc := os.Getenv("DVC2")
	if dvc == "" {
		t.Skip("skipped: $DVC2 names no dvc of the second line; make conformance has one")
	}
	w := newDVCWorld(t)
	w.dir = t.TempDir()
	p, home := &past{t, w.dir}, t.TempDir()
	p.made(dvc, home)
	if _, err := os.Stat(filepath.Join(w.dir, ".dvc/cache/files")); err == nil {
		t.Fatal("this dvc does not name contents as DVC 2 did")
	}
	var got struct {
		History struct {
			Commits, Experiments, Runs, Snapshots, Tags, There int
			Left                                               []string
		}
	}
	if err := json.Unmarshal([]byte(w.ok("import", "dvc", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if h := got.History; h.Commits != 2 || h.Experiments != 1 || h.Runs != 3 || h.Snapshots+h.There != 4 || h.Tags != 2 || len(h.Left) > 0 {
		t.Errorf("the past: %+v", h)
	}
	if said := p.byDVC(dvc, home, "status"); !strings.Contains(said, "up to date") {
		t.Errorf("dvc status after the import:\n%s", said)
	}
	if said := p.git("status", "--porcelain", "--", ".dvc", "*.dvc", "dvc.yaml", "dvc.lock", "data.csv", "images"); said != "" {
		t.Errorf("the import changed\n%s", said)
	}
	if said := w.ok("status"); !strings.Contains(said, "up to date") {
		t.Errorf("rondo status:\n%s", said)
	}
	for _, ref := range []string{"data@v1.0", "images@v1.0"} {
		w.ok("data", "checkout", ref)
	}
	for name, want := range map[string]string{"data.csv": "a\r\n1\r\n", "images/1.txt": "one\r\n", "images/x/2.bin": "two\x00a\r\n1\r\n"} {
		if b, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || string(b) != want {
			t.Errorf("%s at v1.0 is %q (%v)", name, b, err)
		}
	}
	scores := map[string]bool{}
	for _, n := range []string{"1.5", "2.5", "3.5"} {
		scores[n] = strings.Contains(w.ok("runs", "--filter", "metrics.score = "+n, "--json"), `"dvc.commit"`)
	}
	if !scores["1.5"] || !scores["2.5"] || !scores["3.5"] {
		t.Errorf("runs with the scores: %v", scores)
	}
}
