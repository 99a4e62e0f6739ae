package cli

import (
	"context"
	"fmt"
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

// sayUnkept tells of changes in the folder, which is in neither of two snapshots, to a person who has not named both.
func (c *call) sayUnkept(ctx context.Context, name string, q url.Values) error {
	if q.Has("to") {
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
		c.sayFaults("  in "+dataset.Ref(d.Dataset, d.From), t.FaultsFrom)
		c.sayFaults("  in "+dataset.Ref(d.Dataset, d.To), t.FaultsTo)
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
