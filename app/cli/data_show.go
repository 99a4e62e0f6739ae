package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
	"rondo/backend/errs"
)

func dataDiff(ctx context.Context, c *call) error {
	if err := c.want(1, 3); err != nil {
		return err
	}
	name, q, err := c.twoVersions(ctx)
	if err != nil {
		return err
	}
	if key := c.value("key"); key != "" {
		q.Set("key", key)
	}
	if c.value("rows") != "0" {
		return c.diffRows(ctx, name, q)
	}
	var d dataset.Diff
	return c.actOnData(ctx, http.MethodGet, dataPath(name, "diff")+"?"+q.Encode(), nil, &d, func() error {
		c.sayDiff(d)
		return c.sayUnkept(ctx, name, q)
	})
}

// sayUnkept tells of changes in the folder, which is in neither of two snapshots, to a person who named none of them.
func (c *call) sayUnkept(ctx context.Context, name string, q url.Values) error {
	if q.Has("from") {
		return nil
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var st dataset.Status
	if err := api.Get(ctx, dataPath(name, "status"), &st); err == nil && st.State == dataset.Changed {
		c.say("\nWhat lies there now is not in it: %s (rondo data status %s).", st.Text, name)
	}
	return nil
}

// twoVersions reads NAME FROM TO and NAME@FROM NAME@TO, of which all but the name may be left out.
func (c *call) twoVersions(ctx context.Context) (name string, q url.Values, err error) {
	name, from, given := strings.Cut(c.args[0], "@")
	versions := c.args[1:]
	if given {
		versions = append([]string{from}, versions...)
	}
	if len(versions) > 2 {
		return name, nil, c.misused()
	}
	q = url.Values{}
	for i, v := range versions {
		of, version, given := strings.Cut(v, "@")
		switch {
		case !given:
			version = v
		case of != name:
			return name, nil, errs.New(errs.Invalid, "%s is no snapshot of %s, and two of one dataset are compared", v, name).WithHint("see `rondo help data diff`")
		}
		_, n, err := c.splitRef(ctx, name+"@"+version)
		if err != nil {
			return name, nil, err
		}
		q.Set([]string{"from", "to"}[i], strconv.Itoa(n))
	}
	return name, q, nil
}

const maxShown = 50 // lines of a list that are printed

func (c *call) sayDiff(d dataset.Diff) {
	c.say("%s → %s: %s changed, %d the same", dataset.Ref(d.Dataset, d.From), dataset.Ref(d.Dataset, d.To), counted(int64(d.Count), "file"), d.Same)
	for i, f := range d.Files {
		if i == maxShown {
			c.say("  … and %d more (--json lists them)", d.Count-maxShown)
			break
		}
		c.say("  %-8s %s", f.Change, f.Path)
	}
	for _, t := range d.Tables {
		c.sayTable(t)
	}
}

func (c *call) sayTable(t dataset.TableDiff) {
	if t.Problem != "" {
		c.say("\n%s: %s", t.Path, t.Problem)
		return
	}
	by := "compared as whole rows"
	if len(t.Key) > 0 {
		by = "told apart by " + strings.Join(t.Key, ", ")
	}
	c.say("\n%s: %s added, %d removed, %d changed, %d the same (%s)", t.Path, counted(int64(t.Added), "row"), t.Removed, t.Changed, t.Same, by)
	if len(t.ColumnsAdded) > 0 {
		c.say("  columns added: %s", strings.Join(shownEach(t.ColumnsAdded), ", "))
	}
	if len(t.ColumnsRemoved) > 0 {
		c.say("  columns removed: %s", strings.Join(shownEach(t.ColumnsRemoved), ", "))
	}
	for _, r := range t.Types {
		c.say("  %s was %s and is %s", r.Column, r.From, r.To)
	}
	c.sayShifts(t.Shifts)
}

// sayShifts shows the columns whose values are spread otherwise now, by effect and by how
// sure that is.
func (c *call) sayShifts(list []profile.Shift) {
	rows := [][]string{{"  COLUMN", "EFFECT", "PSI", "DISTANCE", "TEST", "ADJUSTED P", "MISSING", "MEAN"}}
	for _, s := range list {
		if !s.Significant && s.Effect == profile.EffectNone {
			continue
		}
		mean := ""
		if s.MeanFrom != nil && s.MeanTo != nil {
			mean = value(*s.MeanFrom) + " → " + value(*s.MeanTo)
		}
		rows = append(rows, []string{
			"  " + shown(s.Column), s.Effect, fmt.Sprintf("%.3f", s.PSI), fmt.Sprintf("%.3f", s.Distance), s.Test, fmt.Sprintf("%.2g", s.PAdjusted),
			fmt.Sprintf("%.1f%% → %.1f%%", 100*s.MissingFrom, 100*s.MissingTo), mean,
		})
	}
	switch {
	case len(list) > 0 && len(rows) == 1:
		c.say("  the values of %s are spread as before", either(int64(len(list)), "its column", fmt.Sprintf("all %d columns", len(list))))
	case len(rows) > 1:
		c.table(rows)
	}
}

func (c *call) verifyOne(ctx context.Context, arg string) error {
	name, number, err := c.splitRef(ctx, arg)
	if err != nil {
		return err
	}
	var v dataset.Verification
	err = c.actOnData(ctx, http.MethodPost, dataPath(name, "verify"), map[string]int{"number": number}, &v, func() error {
		if v.NotFetched > 0 {
			n := int64(v.NotFetched)
			c.say("%s of %s %s to read", counted(n, "file"), v.Snapshot.Ref(), either(n, "was never fetched, so that there is nothing of it", "were never fetched, so that there is nothing of them"))
		}
		if v.OK {
			c.say("%s is intact: %s, %s read", v.Snapshot.Ref(), counted(int64(v.Files), "file"), size(v.Size))
			return nil
		}
		for i, p := range v.Problems {
			if i == maxShown {
				c.say("… and %d more (--json lists them)", len(v.Problems)-maxShown)
				break
			}
			c.say("%s: %s", p.Path, p.Message)
		}
		last := v.Problems[0].Hint
		return errs.New(errs.Corrupt, "%s has %s", v.Snapshot.Ref(), counted(int64(len(v.Problems)), "damaged file")).WithHint("%s", last)
	})
	return c.answered(err, v.OK)
}

func dataStatus(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	if len(c.args) == 1 {
		var st dataset.Status
		return c.fetch(ctx, dataPath(c.args[0], "status"), &st, func() error {
			c.sayStatus(st)
			return nil
		})
	}
	return c.statusOfAll(ctx)
}

func (c *call) statusOfAll(ctx context.Context) error {
	list, failed := c.statuses(ctx)
	if failed != nil && (c.json || len(list) == 0) {
		return failed
	}
	if c.json {
		return c.sayJSON(list)
	}
	rows := [][]string{{"DATASET", "STATE", "SNAPSHOT", "PATH", ""}}
	for _, st := range list {
		rows = append(rows, []string{st.Dataset, st.State, versionWord(st.Snapshot), st.Path, stands(st)})
	}
	if len(list) > 0 {
		c.table(rows)
	}
	pointed, err := c.sayPointed(ctx)
	if len(list) == 0 && !pointed && err == nil {
		c.say(noDatasets)
	}
	return cmp.Or(failed, err)
}

// statuses asks for each dataset. One whose status cannot be told, as of a pointer that a merge has
// left open, is in the list too, and is the error.
func (c *call) statuses(ctx context.Context) (list []dataset.Status, failed error) {
	list = []dataset.Status{}
	api, err := c.api(ctx)
	if err != nil {
		return list, err
	}
	var all []dataset.Dataset
	if err := api.Get(ctx, "/datasets", &all); err != nil {
		return list, err
	}
	for _, d := range all {
		var st dataset.Status
		if err := api.Get(ctx, dataPath(d.Name, "status"), &st); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			failed = cmp.Or(failed, err)
			st = dataset.Status{Dataset: d.Name, Path: d.Path, State: "unknown", Text: err.Error()}
		}
		list = append(list, st)
	}
	return list, failed
}

// stands is how a dataset's files stand to its snapshots, with the newest where they are as an older one.
func stands(st dataset.Status) string {
	if st.State == dataset.Clean && st.Snapshot < st.Latest {
		return fmt.Sprintf("%s; the newest is %s", st.Text, dataset.Ref(st.Dataset, st.Latest))
	}
	return st.Text
}

func versionWord(n int) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprintf("v%d", n)
}

func (c *call) sayStatus(st dataset.Status) {
	c.say("%s: %s, %s", st.Dataset, st.State, stands(st))
	for _, l := range []struct {
		word  string
		names []string
	}{{"added", st.Added}, {"removed", st.Removed}, {"changed", st.Changed}} {
		for i, name := range l.names {
			if i == maxShown {
				c.say("  … and more (--json lists them)")
				break
			}
			c.say("  %-8s %s", l.word, name)
		}
	}
}

func dataProfile(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var p dataset.Profile
	return c.actWith(ctx, profileLine(name), http.MethodGet, dataPath(name, "snapshots", strconv.Itoa(number), "profile"), nil, &p, func() error {
		for _, w := range p.Warnings {
			c.say("%s", shown(w))
		}
		for _, t := range p.Tables {
			if t.Problem == "" {
				c.sayProfile(t)
			}
		}
		if len(p.Tables) == 0 {
			c.say("%s holds no tables; %s.", dataset.Ref(name, number), counts(int64(p.Opaque), "file", "is kept as it is", "are kept as they are"))
		}
		return nil
	})
}

func (c *call) sayProfile(t profile.Table) {
	c.say("%s: %s", t.Path, counted(t.Rows, "row"))
	rows := [][]string{{"COLUMN", "TYPE", "MISSING", "DISTINCT", "LEAST", "MEDIAN", "MOST", "FREQUENT"}}
	for _, col := range t.Columns {
		distinct := strconv.Itoa(col.Distinct)
		if col.DistinctMore {
			distinct += "+"
		}
		rows = append(rows, []string{
			col.Name, col.Type, strconv.FormatInt(col.Missing, 10), distinct, value(col.Min), median(col), value(col.Max), frequent(col),
		})
	}
	c.table(rows)
	c.sayAssociations(t.Associations)
}

func value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	return fmt.Sprint(v)
}

func median(c profile.Column) string {
	if m, ok := c.Quantiles["p50"]; ok {
		return value(m)
	}
	return ""
}

func frequent(c profile.Column) string {
	var words []string
	for i, v := range c.Categories {
		if i == 3 {
			words = append(words, "…")
			break
		}
		words = append(words, fmt.Sprintf("%s (%d)", clipped(v.Value, 32), v.Count))
	}
	return strings.Join(words, ", ")
}
