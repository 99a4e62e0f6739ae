package project

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

func (c *checker) data(d Data) {
	if d.Link != "" {
		c.oneOf(".data.link", d.Link, "auto", "reflink", "hardlink", "copy")
	}
}

func (c *checker) dataset(name string, d Dataset) {
	at := ".datasets." + name
	c.named(at, name)
	c.inside(at+".path", d.Path)
	if k := d.Keep; k != nil && (k.Last < 0 || k.Days < 0 || k.Last+k.Days == 0) {
		c.fail(at+".keep", "write how many of the newest are kept (last: 10), or for how many days (days: 30), or both", "it does not say what to keep")
	}
	if d.Feedback == nil {
		return
	}
	if c.require(at+".feedback.endpoint", d.Feedback.Endpoint) {
		known(c, at+".feedback.endpoint", "endpoint", d.Feedback.Endpoint, c.f.Endpoints)
	}
	for col, from := range d.Feedback.Columns {
		kind, rest, _ := strings.Cut(from, ".")
		if rest == "" || kind != "input" && kind != "attribute" && kind != "truth" {
			c.fail(at+".feedback.columns."+col, "write input.NAME, attribute.NAME or truth.NAME", "%q names no part of a captured prediction", from)
		}
	}
}

// apart refuses datasets of which one holds the other.
func (c *checker) apart() {
	var before []string
	each(c.f.Datasets, func(name string, d Dataset) {
		here := path.Clean(filepath.ToSlash(d.Path))
		for _, other := range before {
			there := path.Clean(filepath.ToSlash(c.f.Datasets[other].Path))
			if here == there || strings.HasPrefix(here, there+"/") || strings.HasPrefix(there, here+"/") {
				c.fail(".datasets."+name+".path", "choose paths that do not contain each other, or one dataset for both",
					"%s and the path of dataset %s, %s, hold the same files", d.Path, other, c.f.Datasets[other].Path)
			}
		}
		before = append(before, name)
	})
}

func (c *checker) stage(name string, s Stage) {
	at := ".stages." + name
	c.named(at, name)
	if len(s.Cmd) == 0 || strings.TrimSpace(strings.Join(s.Cmd, "")) == "" {
		c.fail(at+".cmd", "add the command that the stage runs", "the command is missing")
	}
	if s.Wdir != "" && s.Wdir != "." {
		c.inside(at+".wdir", s.Wdir)
	}
	for i, d := range s.Deps {
		c.inside(fmt.Sprintf("%s.deps[%d]", at, i), path.Join(s.Wdir, d))
	}
	for _, p := range s.Params {
		c.inside(at+".params", path.Join(s.Wdir, p.File))
	}
	for i, o := range s.AllOuts() {
		c.inside(fmt.Sprintf("%s.outs[%d]", at, i), path.Join(s.Wdir, o.Path))
	}
}

func (c *checker) model(name string, m Model) {
	at := ".models." + name
	c.named(at, name)
	c.inside(at+".path", m.Path)
	for key, p := range map[string]string{"metrics": m.Metrics, "baseline": m.Baseline, "holdout": m.Holdout} {
		if p != "" {
			c.inside(at+"."+key, p)
		}
	}
	known(c, at+".dataset", "dataset", m.Dataset, c.f.Datasets)
	c.oneOf(at+".task", m.Task, "", "classification", "regression")
	seen := map[string]bool{}
	for i, g := range m.Gates {
		here := fmt.Sprintf("%s.gates[%d]", at, i)
		c.gate(here, g)
		if seen[g.Name] {
			c.fail(here+".name", "give every gate its own name", "two gates are called %q", g.Name)
		}
		seen[g.Name] = true
	}
}

func (c *checker) gate(at string, g Gate) {
	c.require(at+".name", g.Name)
	c.require(at+".metric", g.Metric)
	c.oneOf(at+".per", g.Per, "", "class", "segment")
	if g.Over == "" && g.Min == nil && g.Max == nil {
		c.fail(at, "add min:, max:, or over: with a margin:", "the gate has no bound and would always pass")
	}
	if g.Confidence != 0 && (g.Confidence < 0.5 || g.Confidence >= 1) {
		c.fail(at+".confidence", "write a share from 0.5 to below 1, such as 0.95", "%v is not a confidence", g.Confidence)
	}
}

func (c *checker) endpoint(name string, e Endpoint) {
	at := ".endpoints." + name
	c.named(at, name)
	if c.require(at+".model", e.Model) {
		known(c, at+".model", "model", e.Model, c.f.Models)
	}
	if s := e.CaptureShare(); !(s >= 0 && s <= 1) {
		c.fail(at+".capture", "write a share from 0 to 1", "%v of the predictions cannot be kept", s)
	}
	if e.Version < 0 {
		c.fail(at+".version", "write a version number from 1 up", "%d is not a version", e.Version)
	}
}

func (c *checker) monitor(name string, m Monitor) {
	at := ".monitors." + name
	c.named(at, name)
	if c.require(at+".endpoint", m.Endpoint) {
		known(c, at+".endpoint", "endpoint", m.Endpoint, c.f.Endpoints)
	}
	if (m.Window.Rows == 0) == (m.Window.Every == 0) || m.Window.Rows < 0 {
		c.fail(at+".window", "write window: {rows: 200} or window: {every: 24h}", "a window is either a number of rows or a length of time")
	}
	if m.Alpha < 0 || m.Alpha >= 1 {
		c.fail(at+".alpha", "write a share between 0 and 1, such as 0.01", "%v is not a rate", m.Alpha)
	}
	for k, v := range m.Drift {
		if !(v >= 0) {
			c.fail(at+".drift."+k, "write a number from 0 up", "%v is not a threshold", v)
		}
	}
	if a := m.Alert; a.Windows < 0 || a.Of < 0 || a.Of > 0 && a.Windows > a.Of {
		c.fail(at+".alert", "write alert: {windows: 2, of: 3}", "%d of %d windows can never be", a.Windows, a.Of)
	}
}

func (c *checker) trigger(name string, t Trigger) {
	at := ".triggers." + name
	c.named(at, name)
	c.oneOf(at+".on", t.On, "manual", "schedule", "data", "drift", "quality")
	c.oneOf(at+".policy", t.Policy, "", "notify", "ask", "automatic")
	switch t.On {
	case "schedule":
		if c.require(at+".cron", t.Cron) && len(strings.Fields(t.Cron)) != 5 {
			c.fail(at+".cron", "write minute, hour, day, month and weekday, such as \"0 3 * * *\"", "%q has not five fields", t.Cron)
		}
	case "data":
		c.require(at+".dataset", t.Dataset)
	case "drift", "quality":
		c.require(at+".monitor", t.Monitor)
	}
	known(c, at+".dataset", "dataset", t.Dataset, c.f.Datasets)
	known(c, at+".monitor", "monitor", t.Monitor, c.f.Monitors)
	known(c, at+".model", "model", t.Model, c.f.Models)
	if t.Windows < 0 || t.PerDay < 0 || t.Require.Labelled < 0 {
		c.fail(at, "write numbers from 0 up", "a count is below zero")
	}
}
