package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// plotWorld is a DVC project in git with plots of every kind of drawing, one of them an image
// and one of bad data.
func plotWorld(t *testing.T) *world {
	w := newPipelineOfDVC(t)
	w.dir = t.TempDir()
	writeAll(t, w.dir, map[string]string{
		".dvc/config": "", "loss.csv": "step,loss\n0,1.5\n1,0.75\n", "conf.json": `[{"a": "cat", "p": "dog"}, {"a": "cat", "p": "cat"}]`,
		"bars.json": `[{"n": 2, "name": "<script>alert(1)</script>"}, {"n": 1, "name": "b"}]`, "shot.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "bad.csv": "a,b\n1,x\n",
		"dvc.yaml": "plots:\n- loss.csv: {x: step, title: Loss & more}\n- conf.json: {template: confusion, x: a, y: p}\n- bars.json: {template: bar_horizontal, x: n, y: name}\n- cloud:\n    template: scatter\n    x: {loss.csv: step}\n    y: {loss.csv: loss}\n- shot.svg\n- bad.csv\n- gone.tsv\n",
	})
	w.env = append(w.env, "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@b")
	w.commitAll("init", "-q", "-b", "main")
	return w
}

// elsewhere is what would make a browser ask or run something.
var elsewhere = regexp.MustCompile(`(?i)<script|(src|href)="(?:[^d]|d[^a])|@import|url\(`)

// TestPlotsAreOnePage draws the plots of a project: the page has all of them, nothing from
// elsewhere and nothing that runs; what cannot be drawn is named.
func TestPlotsAreOnePage(t *testing.T) {
	w := plotWorld(t)
	r := w.run("plots", "show")
	at := filepath.Join(w.dir, "dvc_plots", "index.html")
	b, err := os.ReadFile(at)
	if err != nil || r.code != 0 || !strings.HasSuffix(strings.TrimSpace(r.out), "dvc_plots/index.html") {
		t.Fatalf("%d %q %s %v", r.code, r.out, r.err, err)
	}
	for _, want := range []string{"bad.csv:2: b of row 1 is \"x\", which is no number", "gone.tsv is not there"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("not told of %q: %s", want, r.err)
		}
	}
	page := string(b)
	for _, want := range []string{"Loss &amp; more", "&lt;script&gt;alert", `class="cell"`, `class="c0 s0 bar"`, `class="c0 s0 line"`, `class="c0 mark"`, "data:image/svg", "default-src &#39;none&#39;", "gone.tsv is not there"} {
		if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, "&#39;", "'")) {
			t.Errorf("the page has no %q", want)
		}
	}
	if found := elsewhere.FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	writeAll(t, w.dir, map[string]string{"loss.csv": "step,loss\n0,2.5\n1,1\n"})
	if said := w.ok("plots", "diff", "--target", "loss.csv", "--out", "out/two.html"); !strings.Contains(said, "out/two.html") {
		t.Error(said)
	}
	if b, err := os.ReadFile(filepath.Join(w.dir, "out", "two.html")); err != nil || !strings.Contains(string(b), "workspace") || !strings.Contains(string(b), "HEAD") || strings.Contains(string(b), "cell\"") {
		t.Errorf("the page of two revisions: %v", err)
	}
}

// TestPlotsGoNowhereElse refuses to write out of the project by its settings or a link, and
// over a file that is no page of plots.
func TestPlotsGoNowhereElse(t *testing.T) {
	w := plotWorld(t)
	outside := t.TempDir()
	for _, config := range []string{"../out", outside, "linked"} {
		writeAll(t, w.dir, map[string]string{".dvc/config": "[plots]\n    out_dir = " + config + "\n"})
		_ = os.Symlink(outside, filepath.Join(w.dir, "linked"))
		if r := w.run("plots", "show", "loss.csv"); r.code == 0 || !strings.Contains(r.err, "--out") {
			t.Errorf("out_dir %s: %d %s%s", config, r.code, r.out, r.err)
		}
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("outside lies %v", left)
	}
	writeAll(t, w.dir, map[string]string{".dvc/config": "", "dvc_plots/index.html": "mine"})
	for _, args := range [][]string{{}, {"--out", "dvc_plots"}} {
		if r := w.run(append([]string{"plots", "show", "loss.csv"}, args...)...); r.code == 0 || !strings.Contains(r.err, "no page of plots") {
			t.Errorf("over a file of somebody's: %d %s%s", r.code, r.out, r.err)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(w.dir, "dvc_plots", "index.html")); string(b) != "mine" {
		t.Errorf("it holds %q now", b)
	}
}

// TestPlotsAsJSON wants the shape that dvc's JSON has, and one plot for Vega-Lite.
func TestPlotsAsJSON(t *testing.T) {
	w := plotWorld(t)
	var got struct {
		Data map[string][]struct {
			Type      string
			Revisions []string
			Content   struct {
				Data struct{ Values []map[string]any }
			}
		}
		Errors []struct{ Name, Rev, Source, Msg, Hint string }
	}
	if err := json.Unmarshal([]byte(w.ok("plots", "show", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	if l := got.Data["loss.csv"]; len(l) != 1 || l[0].Type != "vega" || len(l[0].Content.Data.Values) != 2 || l[0].Content.Data.Values[1]["loss"] != "0.75" || got.Data["shot.svg"][0].Type != "image" || len(got.Errors) != 2 {
		t.Errorf("%+v", got)
	}
	if said := w.ok("plots", "show", "loss.csv", "--show-vega"); !strings.Contains(said, "vega-lite/v5.json") {
		t.Error(said)
	}
	if r := w.run("plots", "show", "nothing"); r.code == 0 || !strings.Contains(r.err, "nothing is not there") {
		t.Errorf("%d %s%s", r.code, r.out, r.err)
	}
	if said := w.ok("help", "plots", "diff"); !strings.Contains(said, "--target") {
		t.Error(said)
	}
}
