package cli_test

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// past is a DVC project with a history in git, and what its cache has kept.
type past struct {
	t   *testing.T
	dir string
}

func (p *past) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", p.dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@b", "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// cached puts content into DVC's cache and returns its name.
func (p *past) cached(text string) string {
	sum := fmt.Sprintf("%x", md5.Sum([]byte(text)))
	writeAll(p.t, p.dir, map[string]string{".dvc/cache/files/md5/" + sum[:2] + "/" + sum[2:]: text})
	return sum
}

// state is one commit: the data, a param, a metric and what DVCLive noted.
func (p *past) state(data, n string, score float64, losses ...string) string {
	sum := p.cached(data)
	tsv := "step\tloss\ttimestamp\n"
	for i, l := range losses {
		tsv += fmt.Sprintf("%d\t%s\t%d\n", 10*i, l, 1_700_000_000_000+int64(i))
	}
	writeAll(p.t, p.dir, map[string]string{
		".dvc/config": "", ".gitignore": "/data.csv\n/.rondo\n.dvc/cache\n", "data.csv": data,
		"data.csv.dvc":                         "outs:\n- md5: " + sum + "\n  size: 1\n  hash: md5\n  path: data.csv\n",
		"params.yaml":                          "n: " + n + "\n",
		"metrics.json":                         fmt.Sprintf(`{"score": %g}`, score),
		"dvc.yaml":                             "stages:\n  fit:\n    cmd: fit\n    deps: [data.csv]\n    params: [n]\n    metrics:\n    - metrics.json:\n        cache: false\n",
		"dvc.lock":                             "schema: '2.0'\nstages:\n  fit:\n    cmd: fit\n    deps:\n    - path: data.csv\n      hash: md5\n      md5: " + sum + "\n    params:\n      params.yaml:\n        n: " + n + "\n    outs:\n    - path: metrics.json\n      hash: md5\n      md5: " + fmt.Sprintf("%x", md5.Sum([]byte(n))) + "\n",
		"dvclive/plots/metrics/train/loss.tsv": tsv, "dvclive/plots/images/a.png": "png", "dvclive/params.yaml": "lr: 0.1\nbetas: [0.9, x]\n",
	})
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "fit with "+n)
	return p.git("rev-parse", "HEAD")
}

// TestImportDVCBringsThePast imports commits, tags, an experiment and DVCLive's folder.
func TestImportDVCBringsThePast(t *testing.T) {
	w := newDVCWorld(t)
	w.dir = t.TempDir()
	p := &past{t, w.dir}
	p.git("init", "-q", "-b", "main")
	first := p.state("a\n1\n", "1", 0.5, "0.9", "0.7")
	p.git("tag", "v1.0")
	writeAll(t, w.dir, map[string]string{"README": "nothing that ran\n"})
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "words only")
	p.state("a\n2\n", "2", 0.75, "0.6", "0.5", "0.4")
	base := p.git("rev-parse", "HEAD")
	tried := p.state("a\n2\n", "3", 0.875, "0.3")
	p.git("update-ref", "refs/exps/"+base[:2]+"/"+base[2:]+"/brave-owl", tried)
	p.git("reset", "-q", "--hard", base)

	var got struct {
		History struct {
			Commits, Experiments, Runs, Files, Snapshots, Tags, There int
			Points                                                    int64
			Left                                                      []string
		}
	}
	read := func(text string) {
		t.Helper()
		got.History.Left = nil
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	read(w.ok("import", "dvc", "--json"))
	h := got.History
	if h.Commits != 3 || h.Experiments != 1 || h.Runs != 3 || h.Points != 2+3+1+3 || h.Files != 3 || h.Snapshots != 2 || h.Tags != 1 || len(h.Left) != 0 {
		t.Fatalf("the past: %+v", h)
	}
	p.runs(w, first, tried)
	p.snapshots(w, first)
	read(w.ok("import", "dvc", "--json"))
	if h := got.History; h.Runs != 0 || h.Snapshots != 0 || h.Tags != 0 || h.Points != 0 || h.There != 3 {
		t.Errorf("the second time: %+v", h)
	}
	if now := p.git("status", "--porcelain", "--", "data.csv", "data.csv.dvc", "dvc.lock", "dvc.yaml"); now != "" {
		t.Errorf("the import changed %s", now)
	}
}

// TestImportDVCTellsWhatTheCacheLacks names the content of a commit that is nowhere, and
// brings the rest.
func TestImportDVCTellsWhatTheCacheLacks(t *testing.T) {
	w := newDVCWorld(t)
	w.dir = t.TempDir()
	p := &past{t, w.dir}
	p.git("init", "-q", "-b", "main")
	first := p.state("a\n1\n", "1", 0.5)
	p.state("a\n2\n", "2", 0.75)
	p.state("a\n1\n", "3", 0.875) // once more, and told once
	gone := p.cached("a\n1\n")
	if err := os.Remove(filepath.Join(w.dir, ".dvc/cache/files/md5", gone[:2], gone[2:])); err != nil {
		t.Fatal(err)
	}
	var got struct {
		History struct {
			Runs int
			Left []string
		}
	}
	if err := json.Unmarshal([]byte(w.ok("import", "dvc", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	want := "data.csv as commit " + first[:12] + " has it: the cache has no object " + gone
	if h := got.History; h.Runs != 3 || len(h.Left) != 1 || h.Left[0] != want {
		t.Errorf("the past: %+v, want %q", h, want)
	}
}

// runs looks at two of the runs: that of the first commit, and that of the experiment.
func (p *past) runs(w *world, first, tried string) {
	p.t.Helper()
	var list struct {
		Runs []struct {
			ID, Name, Status string
			Params, Tags     map[string]string
			Metrics          map[string]struct {
				Value float64
				Step  int
			}
		}
	}
	out := w.ok("runs", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		if err := json.Unmarshal([]byte(out), &list.Runs); err != nil {
			p.t.Fatalf("%v\n%s", err, out)
		}
	}
	found := 0
	for _, r := range list.Runs {
		switch r.Tags["dvc.commit"] {
		case first:
			found++
			if r.Name != "v1.0" || r.Params["n"] != "1" || r.Params["lr"] != "0.1" || r.Params["betas"] != "[0.9, 'x']" || r.Metrics["score"].Value != 0.5 || r.Metrics["train/loss"].Value != 0.7 || r.Metrics["train/loss"].Step != 10 {
				p.t.Errorf("%+v", r)
			}
		case tried:
			found++
			if r.Name != "brave-owl" || r.Tags["dvc.experiment"] != "brave-owl" || r.Params["n"] != "3" || r.Metrics["score"].Value != 0.875 {
				p.t.Errorf("%+v", r)
			}
		}
	}
	if found != 2 {
		p.t.Errorf("%d of 2 runs found in\n%s", found, out)
	}
}

// snapshots wants the contents of two commits, and the first of them back by git's tag.
func (p *past) snapshots(w *world, first string) {
	p.t.Helper()
	log := w.ok("data", "log", "data", "--json")
	if !strings.Contains(log, first) || strings.Count(log, "dvc md5") != 2 {
		p.t.Errorf("the log of the data says\n%s", log)
	}
	w.ok("data", "checkout", "data@v1.0")
	if b, _ := os.ReadFile(filepath.Join(p.dir, "data.csv")); string(b) != "a\n1\n" {
		p.t.Errorf("data@v1.0 is %q", b)
	}
	w.ok("data", "checkout", "data@2")
}
