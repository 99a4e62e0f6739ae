package cli_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rondo/backend/dataset"
)

// The sample's data goes through stages into a model that an endpoint serves; what the first
// stage makes becomes a dataset of its own.
func TestLineageIsToldBothWays(t *testing.T) {
	w := newWorld(t)
	w.check([]expect{
		{"data snapshot weather", 0, nil},
		{"data lineage weather", 0, []string{"weather@1\nmade of: nothing that Rondo knows of", "\nused by\n  stage prepare: no run of it is known here\n", "run rondo repro prepare\n    stage ", "stage train: no run of it is known here\n", "run rondo repro train"}},
		{"trust --yes", 0, nil},
		{"repro", 0, nil},
	})
	if said := w.ok("data", "lineage", "weather"); strings.Contains(said, "no run of it") {
		t.Errorf("what ran is told of as if it had not: %s", said)
	}
	w.eventually("champion→1", "model", "list")
	w.eventually("ready", "endpoint", "list")
	w.check([]expect{
		{"data add work/train.csv", 0, nil},
		{"data lineage weather", 0, []string{
			"weather@1\nmade of: nothing that Rondo knows of", "\nused by\n  stage prepare", "rondo step prepare", "prepare.holdout_share=0.2", "reads data/weather.csv weather@1", "makes work/train.csv train@1", "again rondo reproduce ",
			"snapshot train@1", "stage train", "version weather 1: champion", "evaluation passed", "endpoint weather: ready",
		}},
		{"data lineage train@1", 0, []string{"train@1\nmade of\n  stage prepare", "    snapshot weather@1", "code ", "used by\n  stage train", "version weather 1"}},
		{"data lineage nobody", 3, []string{"nobody"}},
		{"data lineage weather@7", 3, []string{"no snapshot 7"}},
		{"data lineage", 2, []string{"usage: rondo data lineage NAME"}},
	})
	var l dataset.Lineage
	if err := json.Unmarshal([]byte(w.run("data", "lineage", "train", "--json").out), &l); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(l.Nodes, func(a, b dataset.LineageNode) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }) {
		t.Errorf("the nodes have no order: %+v", l.Nodes)
	}
	ids := map[string]bool{}
	for _, n := range l.Nodes {
		if ids[n.ID] {
			t.Errorf("%s is there twice", n.ID)
		}
		ids[n.ID] = true
	}
	for _, e := range l.Edges {
		if !ids[e.From] || !ids[e.To] {
			t.Errorf("the edge %v leads nowhere", e)
		}
	}
	before := len(l.Nodes)
	w.check([]expect{{"repro --force", 0, nil}})
	if err := json.Unmarshal([]byte(w.run("data", "lineage", "train", "--json").out), &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Nodes) != before {
		t.Errorf("the same work done twice is %d nodes more", len(l.Nodes)-before)
	}
}
