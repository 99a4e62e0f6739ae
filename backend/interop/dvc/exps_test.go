package dvc_test

import (
	"context"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/past"
)

// TestExperimentsAreToldAsDVCKeptThem saves experiments by dvc and lists them by Rondo.
func TestExperimentsAreToldAsDVCKeptThem(t *testing.T) {
	d := newDriver(t, realDVC(t))
	h := newHistory(t, d, 5)
	h.git(h.main, "config", "user.name", "a")
	h.git(h.main, "config", "user.email", "a@b")
	d.must(h.main, "repro")
	h.both("dvc.yaml", strings.Replace(h.pipeline(), "more.toml: [deep.x]", "more.toml: [deep]", 1)) // told by its leaf all the same
	d.must(h.main, "repro")
	h.both("dvclive/metrics.json", `{"step": 3, "train": {"loss": 0.25}}`)
	h.commitGit(h.main)
	for _, n := range []string{"7", "8"} {
		h.both("params.yaml", "n: "+n+"\nother: 2.5\n")
		d.must(h.main, "repro")
		d.must(h.main, "exp", "save", "-n", "exp-"+n)
	}
	p := open(t, h.main)
	list, err := past.Experiments(context.Background(), p)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	for _, e := range list {
		if e.Problem != "" || "exp-"+e.Params["n"] != e.Name || e.Params["more.toml:deep.x"] != "1" || e.Metrics["score"] != 2 || e.Metrics["train.loss"] != 0.25 || len(e.Baseline) != 40 {
			t.Errorf("%+v", e)
		}
	}
	if list[0].Params["n"] == list[1].Params["n"] {
		t.Error("both have the same params")
	}
}
