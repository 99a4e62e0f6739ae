package cli

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/registry"
)

func modelShow(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	if len(c.args) == 1 {
		return modelVersions(ctx, c)
	}
	n, err := versionArg(c.args[1])
	if err != nil {
		return err
	}
	var v registry.Version
	path := modelPath(c.args[0], "versions", strconv.Itoa(n))
	return c.fetch(ctx, path, &v, func() error {
		if err := c.version(ctx, v); err != nil {
			return err
		}
		var list []registry.Evidence
		return c.fetch(ctx, path+"/evidence", &list, func() error { return c.evidence(list) })
	})
}

func modelVersions(ctx context.Context, c *call) error {
	var list []registry.Version
	return c.fetch(ctx, modelPath(c.args[0], "versions"), &list, func() error {
		rows := [][]string{{"VERSION", "ALIASES", "METRICS", "RUN", "DIGEST", "CREATED"}}
		for _, v := range list {
			rows = append(rows, []string{strconv.Itoa(v.Version), strings.Join(v.Aliases, " "), fewMetrics(v.Metrics, 3), short(v.RunID), content(v), when(v.CreatedAt)})
		}
		c.table(rows)
		return nil
	})
}

// content is short for what a version holds.
func content(v registry.Version) string {
	if v.Empty {
		return "no files"
	}
	return v.Digest.Short()
}

// fewMetrics writes the first few metrics.
func fewMetrics(m map[string]float64, most int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if len(parts) == most {
			return strings.Join(parts, " ") + " …"
		}
		parts = append(parts, fmt.Sprintf("%s=%.3g", k, m[k]))
	}
	return strings.Join(parts, " ")
}

func (c *call) version(ctx context.Context, v registry.Version) error {
	data, err := c.snapshotNames(ctx, v.SnapshotIDs)
	if err != nil {
		return err
	}
	c.say("%s version %d", v.Model, v.Version)
	rows := [][]string{
		{"  aliases", strings.Join(v.Aliases, " ")},
		{"  digest", v.Digest.String()},
		{"  files", held(v)},
		{"  kind", v.Flavor},
		{"  run", v.RunID},
		{"  commit", v.Commit},
		{"  snapshots", strings.Join(data, " ")},
		{"  metrics", fewMetrics(v.Metrics, 50)},
		{"  created", when(v.CreatedAt) + " by " + v.CreatedBy},
	}
	if v.Reproduced != nil {
		rows = append(rows, []string{"  reproduced", v.Reproduced.Text})
	}
	c.table(slices.DeleteFunc(rows, func(r []string) bool { return r[1] == "" }))
	return nil
}

// snapshotNames are the names of snapshots, such as weather@2, or the id of one that is in no list any more.
func (c *call) snapshotNames(ctx context.Context, ids []string) (names []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	sets, err := c.datasets(ctx, func(dataset.Dataset) bool { return true })
	if err != nil {
		return nil, err
	}
	list, err := c.snapshots(ctx, sets)
	for _, id := range ids {
		if i := slices.IndexFunc(list, func(s dataset.Snapshot) bool { return s.ID == id }); i >= 0 {
			id = list[i].Ref()
		}
		names = append(names, id)
	}
	return names, err
}

// held says so where a version holds no files, and nothing where it does.
func held(v registry.Version) string {
	if v.Held() == nil {
		return ""
	}
	return "none: nothing was at " + v.Source + " when it was registered"
}

// evidence prints what the newest judging found.
func (c *call) evidence(newestFirst []registry.Evidence) error {
	if len(newestFirst) == 0 {
		c.say("It has not been judged yet.")
		return nil
	}
	e := newestFirst[0]
	c.say("Judged %s by %s on %s: %s", when(e.At), e.By, counted(int64(e.Rows), "row"), passed(e.Passed))
	for _, g := range e.Verdicts {
		c.say("  %-6s  %s: %s", passed(g.Passed), g.Name, g.Text)
	}
	if e.Comparison != nil {
		c.say("  %s", e.Comparison.Text)
	}
	return nil
}

func passed(ok bool) string {
	if ok {
		return "passed"
	}
	return "failed"
}

func modelCompare(ctx context.Context, c *call) error {
	if err := c.want(3, 3); err != nil {
		return err
	}
	a, err := versionArg(c.args[1])
	if err != nil {
		return err
	}
	b, err := versionArg(c.args[2])
	if err != nil {
		return err
	}
	var out registry.Comparison
	return c.fetch(ctx, fmt.Sprintf("%s?a=%d&b=%d", modelPath(c.args[0], "compare"), a, b), &out, func() error {
		rows := [][]string{{"", fmt.Sprint("VERSION ", a), fmt.Sprint("VERSION ", b)}}
		for _, d := range append(out.Params, out.Metrics...) {
			rows = append(rows, []string{d.Key, cell(d.A), cell(d.B)})
		}
		c.table(rows)
		if out.Paired != nil {
			c.say("\n%s", out.Paired.Text)
		} else {
			c.say("\nNot compared row by row: %s", out.PairedText)
		}
		return nil
	})
}

func cell(v any) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprint(v)
}

func modelAlias(ctx context.Context, c *call) error {
	if err := c.want(3, 3); err != nil {
		return err
	}
	n, err := versionArg(c.args[2])
	if err != nil {
		return err
	}
	return c.move(ctx, http.MethodPut, modelPath(c.args[0], "aliases", c.args[1]), n)
}

func modelRollback(ctx context.Context, c *call) error {
	if err := c.want(1, 2); err != nil {
		return err
	}
	n := 0
	if len(c.args) == 2 {
		var err error
		if n, err = versionArg(c.args[1]); err != nil {
			return err
		}
	}
	return c.move(ctx, http.MethodPost, modelPath(c.args[0], "aliases", c.value("alias"))+"/rollback", n)
}

func (c *call) move(ctx context.Context, method, path string, version int) error {
	var m registry.Move
	return c.act(ctx, method, path, map[string]any{"version": version, "reason": c.value("reason")}, &m, func() error {
		c.say("%s of %s: version %d → version %d. Endpoints that follow it have swapped.", m.Alias, m.Model, m.From, m.To)
		return nil
	})
}
