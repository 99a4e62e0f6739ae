package cli_test

import (
	"strings"
	"testing"
)

// TestARevisionThatIsRefusedIsLeftOut: metrics and params of the other one are compared, as by dvc.
func TestARevisionThatIsRefusedIsLeftOut(t *testing.T) {
	w := newPipelineOfDVC(t)
	w.env = append(w.env, "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=a@b")
	writeAll(t, w.dir, map[string]string{
		"dvc.yaml":    "stages:\n  a:\n    cmd: echo\n    params: [lr]\n    metrics: [{m.json: {cache: false}}]\n",
		"params.yaml": "lr: 1\n", "m.json": `{"x": 1}`, "sub/dvc.yaml": "metrics: [n.json]\n", "sub/n.json": `{"y": 1}`,
	})
	w.commitAll("add", "-A")
	gitSays(t, w.dir, "tag", "good")
	writeAll(t, w.dir, map[string]string{"dvc.yaml": "stages:\n  a:\n    cmd: echo\n    color: red\n"})
	w.commitAll("add", "-A")
	gitSays(t, w.dir, "tag", "bad")
	for _, args := range [][]string{
		{"metrics", "diff", "bad", "good"},
		{"metrics", "diff", "good", "bad"},
		{"params", "diff", "good", "bad", "--all"},
		{"params", "diff", "good"},
		{"metrics", "diff", "bad", "bad"},
	} {
		r := w.run(append(args, "--json")...)
		if r.code != 0 || !strings.Contains(r.err, "dvc.yaml:4:5") || strings.Count(r.err, "left out") != 1 {
			t.Errorf("%v: %d\n%s%s", args, r.code, r.out, r.err)
		}
		if cmd := commandOfDVC(t, w, append(args, "--json")...); cmd != nil {
			if out, err := cmd.Output(); err != nil || !sameJSON(t, r.out, string(out)) {
				t.Errorf("%v\nrondo %s\ndvc   %s %v", args, r.out, out, err)
			}
		}
	}
	if r := w.run("metrics", "show", "good", "bad"); r.code != 0 || !strings.Contains(r.out, "m.json") || !strings.Contains(r.err, "left out: bad: dvc.yaml:4:5") || strings.Contains(r.out, "bad") {
		t.Errorf("%d\n%s%s", r.code, r.out, r.err)
	}
	if r := w.run("metrics", "diff", "bad", "nope"); r.code == 0 || !strings.Contains(r.err, "nope") {
		t.Errorf("a revision that is not there: %d\n%s", r.code, r.err)
	}
	writeAll(t, w.dir, map[string]string{".dvc/config": "[core]\ncolor = red\n"})
	if r := w.run("metrics", "diff", "good"); r.code != 2 || !strings.Contains(r.err, ".dvc/config:2:1") {
		t.Errorf("settings that are refused: %d\n%s", r.code, r.err)
	}
	dvcRefuses(t, w, "metrics", "diff", "good")
}
