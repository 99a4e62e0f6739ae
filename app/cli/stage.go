package cli

import (
	"context"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
)

// stages asks for the graph; one that cannot be is an error.
func (c *call) stages(ctx context.Context, print func(v pipeline.View)) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var v pipeline.View
	return c.fetch(ctx, "/pipeline", &v, func() error {
		if v.Problem != "" {
			return errs.New(errs.Invalid, "%s", v.Problem)
		}
		if len(v.Stages) == 0 {
			c.sayNoStages()
			return nil
		}
		print(v)
		return nil
	})
}

func stageList(ctx context.Context, c *call) error {
	return c.stages(ctx, func(v pipeline.View) {
		rows := [][]string{{"STAGE", "STATE", "READS", "WRITES", "COMMAND"}}
		for _, s := range v.Stages {
			writes := append(append(append([]string{}, s.Outs...), s.Metrics...), s.Plots...)
			cmd := strings.ReplaceAll(strings.TrimSpace(strings.Join(s.Cmd, "\n")), "\n", " ⏎ ")
			rows = append(rows, []string{s.Name, s.State, strings.Join(s.Deps, " "), strings.Join(writes, " "), cmd})
		}
		c.table(rows)
	})
}

// dag draws every stage under one of those that it needs: the last one to end.
func dag(ctx context.Context, c *call) error {
	return c.stages(ctx, func(v pipeline.View) {
		for _, line := range drawGraph(v.Stages) {
			c.say("%s", line)
		}
	})
}

func drawGraph(stages []pipeline.StageStatus) (lines []string) {
	place, under := map[string]int{}, map[string][]pipeline.StageStatus{}
	for i, s := range stages {
		place[s.Name] = i
		parent := ""
		for _, up := range s.Upstream {
			if at, ok := place[up]; ok && (parent == "" || at > place[parent]) {
				parent = up
			}
		}
		under[parent] = append(under[parent], s)
	}
	var draw func(parent, indent string)
	draw = func(parent, indent string) {
		for i, s := range under[parent] {
			branch, below := "├─ ", "│  "
			if i == len(under[parent])-1 {
				branch, below = "└─ ", "   "
			}
			if parent == "" {
				branch, below = "", ""
			}
			lines = append(lines, indent+branch+s.Name+mark(s)+alsoNeeds(s.Upstream, parent))
			draw(s.Name, indent+below)
		}
	}
	draw("", "")
	return lines
}

func mark(s pipeline.StageStatus) string {
	if s.State == pipeline.Fresh {
		return ""
	}
	return " (" + s.State + ")"
}

// alsoNeeds names what a stage needs besides the one that it is drawn under.
func alsoNeeds(upstream []string, parent string) string {
	var others []string
	for _, up := range upstream {
		if up != parent {
			others = append(others, up)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return "   ← " + strings.Join(others, ", ")
}
