package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/dataset"
)

var dataLineageVerb = verb{
	name: "data lineage", args: "NAME[@VERSION]", short: "show what a snapshot was made of, and what was made with it",
	long: "Upward: the URL or project that it was imported from, or the stage that made it, with command,\nparams and code, and what that stage read. Downward: stages, runs, snapshots, versions of models,\nhow gates judged these and which endpoints serve them; stages of the pipeline, too, of which no run is known here.\n\n  rondo data lineage reviews@3",
	run:  dataLineage,
}

func dataLineage(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var l dataset.Lineage
	return c.fetch(ctx, dataPath(name, "snapshots", strconv.Itoa(number), "lineage"), &l, func() error {
		c.sayLineage(l)
		return nil
	})
}

func (c *call) sayLineage(l dataset.Lineage) {
	up, down := map[string][]string{}, map[string][]string{}
	for _, e := range l.Edges {
		up[e.To], down[e.From] = append(up[e.To], e.From), append(down[e.From], e.To)
	}
	t := lineageTree{c: c, nodes: map[string]dataset.LineageNode{}}
	for _, n := range l.Nodes {
		t.nodes[n.ID] = n
	}
	c.say("%s", shown(t.nodes[l.Of].Name))
	t.side("made of", l.Of, up, "nothing that Rondo knows of: it was put there")
	t.side("used by", l.Of, down, "nothing yet")
	if l.More > 0 {
		c.say("… and %d more", l.More)
	}
}

// lineageTree prints one direction of a graph as a tree; what is there twice is told once.
type lineageTree struct {
	c     *call
	nodes map[string]dataset.LineageNode
	told  map[string]bool
}

func (t *lineageTree) side(title, of string, next map[string][]string, none string) {
	t.told = map[string]bool{of: true}
	if len(next[of]) == 0 {
		t.c.say("%s: %s", title, none)
		return
	}
	t.c.say("%s", title)
	for _, id := range next[of] {
		t.say(id, next, "  ")
	}
}

func (t *lineageTree) say(id string, next map[string][]string, indent string) {
	n := t.nodes[id]
	if t.told[id] {
		t.c.say("%s%s %s (above)", indent, n.Kind, n.Name)
		return
	}
	t.told[id] = true
	t.c.say("%s%s %s%s", indent, n.Kind, n.Name, aside(n))
	for _, line := range recipe(n) {
		t.c.say("%s    %s", indent, line)
	}
	for _, one := range next[id] {
		t.say(one, next, indent+"  ")
	}
}

func aside(n dataset.LineageNode) string {
	if n.Text == "" {
		return ""
	}
	return ": " + n.Text
}

// recipe is how a stage made what it made.
func recipe(n dataset.LineageNode) []string {
	if n.Kind != dataset.FromStage {
		return nil
	}
	lines := slices.Clone(n.Cmd)
	if len(n.Params) > 0 {
		var words []string
		for _, k := range slices.Sorted(maps.Keys(n.Params)) {
			words = append(words, k+"="+n.Params[k])
		}
		lines = append(lines, "params "+strings.Join(words, " "))
	}
	for _, p := range n.Deps {
		lines = append(lines, "reads "+partLine(p))
	}
	for _, p := range n.Outs {
		lines = append(lines, "makes "+partLine(p))
	}
	for _, k := range slices.Sorted(maps.Keys(n.Environment)) {
		lines = append(lines, k+" "+n.Environment[k])
	}
	if n.Commit != "" {
		lines = append(lines, fmt.Sprintf("code %.12s", n.Commit))
	}
	if len(n.Parts) == 0 { // it never ran here
		return append(lines, "run rondo repro "+n.Name)
	}
	return append(lines, "again rondo reproduce "+n.Parts[0])
}

// partLine names what a stage read or wrote, by its snapshot where one holds it.
func partLine(p dataset.LineagePart) string {
	if p.Snapshot != "" {
		return p.Path + " " + p.Snapshot
	}
	return fmt.Sprintf("%s %.12s", p.Path, p.Digest)
}
