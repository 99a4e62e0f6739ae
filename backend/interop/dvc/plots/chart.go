package plots

import (
	"context"
	"fmt"
	"math"

	"rondo/backend/interop/dvc"
)

// Charts are the plots of revisions as numbers, for those who draw them themselves.
type Charts struct {
	Revisions []string  `json:"revisions"`
	Charts    []Chart   `json:"charts"`
	Problems  []Problem `json:"problems"`
}

// Chart is one plot over all revisions.
type Chart struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Kind     string   `json:"kind"` // line, points, bars, matrix or images
	Template string   `json:"template,omitempty"`
	XLabel   string   `json:"x_label,omitempty"`
	YLabel   string   `json:"y_label,omitempty"`
	Words    []string `json:"words,omitempty"` // what x counts where it is no number
	Lines    []Line   `json:"lines,omitempty"`
	Matrices []Matrix `json:"matrices,omitempty"`
	Pictures []Shot   `json:"pictures,omitempty"`
	Notes    []string `json:"notes,omitempty"`
}

// Line is what one revision has of a chart: points by x, or bars, whose x is the place of a word.
type Line struct {
	Rev  string    `json:"rev"`
	Name string    `json:"name,omitempty"` // tells lines of one revision apart
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`
}

// Matrix counts how often each column comes with each row.
type Matrix struct {
	Rev     string   `json:"rev"`
	Name    string   `json:"name,omitempty"`
	Columns []string `json:"columns"`
	Rows    []string `json:"rows"`
	Counts  [][]int  `json:"counts"`
}

// Shot is an image in a revision, as an address that holds it.
type Shot struct {
	Rev string `json:"rev"`
	URL string `json:"url"`
}

// ChartsOf collects the plots of revisions; of none, those of HEAD and the folder.
func ChartsOf(ctx context.Context, v *dvc.Inventory, revs []string) (Charts, error) {
	p, err := v.Project()
	if err != nil {
		return Charts{}, err
	}
	defer p.Close()
	if len(revs) == 0 {
		revs = []string{"HEAD", dvc.Workspace}
	}
	page, err := Collect(ctx, p, revs, nil, nil)
	out := Charts{Revisions: revs, Charts: []Chart{}, Problems: append([]Problem{}, page.Problems...)}
	for _, f := range page.Figures {
		out.Charts = append(out.Charts, f.chart())
	}
	return out, err
}

func (f Figure) chart() Chart {
	c := Chart{Name: f.Name, Title: f.Title, Kind: f.kind, Template: f.Template, XLabel: f.XLabel, YLabel: f.YLabel}
	list := f.series()
	switch {
	case len(f.Images) > 0:
		c.Kind = "images"
		for _, i := range f.Images {
			c.Pictures = append(c.Pictures, Shot{i.Rev, i.URL()})
		}
	case f.kind == "bars":
		c.bars(f, list)
	case f.kind == "matrix":
		c.matrices(f, list)
	default:
		c.lines(f, list)
	}
	return c
}

func (c *Chart) lines(f Figure, list []*series) {
	d := &drawing{}
	d.place(f, list)
	c.Words = d.xs.words
	for _, s := range list {
		points := s.finite()
		if f.kind == "line" {
			points = thinned(points, 4*linePlaces)
		} else if every := (len(points) + mostPoints - 1) / mostPoints; every > 1 {
			c.Notes = append(c.Notes, fmt.Sprintf("Of the %d points of %s one in %d is drawn.", len(points), s.Label(), every))
			points = oneIn(points, every)
		}
		one := Line{Rev: s.rev, Name: s.name, X: []float64{}, Y: []float64{}}
		for _, pt := range points {
			one.X, one.Y = append(one.X, pt[0]), append(one.Y, pt[1])
		}
		c.Lines = append(c.Lines, one)
	}
}

func (c *Chart) bars(f Figure, list []*series) {
	names, _, notes := f.barNames(list)
	c.Words, c.Notes = names, notes
	at := map[string]float64{}
	for i, name := range names {
		at[name] = float64(i)
	}
	for _, s := range list {
		one := Line{Rev: s.rev, Name: s.name, X: []float64{}, Y: []float64{}}
		for _, pt := range s.at {
			vx, _ := pt.Get(f.X)
			vy, _ := pt.Get(f.Y)
			i, known := at[word(vy)]
			if x, ok := numeric(vx); ok && known && !math.IsNaN(x) && !math.IsInf(x, 0) {
				one.X, one.Y = append(one.X, i), append(one.Y, x)
			}
		}
		c.Lines = append(c.Lines, one)
	}
}

func (c *Chart) matrices(f Figure, list []*series) {
	for _, s := range list {
		d := &drawing{}
		counts, xs, ys := d.counted(f, s)
		m := Matrix{Rev: s.rev, Name: s.name, Columns: xs, Rows: ys}
		for _, y := range ys {
			row := make([]int, len(xs))
			for i, x := range xs {
				row[i] = counts[[2]string{x, y}]
			}
			m.Counts = append(m.Counts, row)
		}
		c.Matrices, c.Notes = append(c.Matrices, m), append(c.Notes, d.notes...)
	}
}
