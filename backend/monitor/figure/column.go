package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"rondo/backend/errs"
	"rondo/backend/monitor"
)

const (
	width  = 420
	height = 190
)

// Column draws the shares of a column's values in the baseline and in the window.
func Column(c monitor.Column, t Theme) (Figure, error) {
	h := c.Histogram
	base, cur := shares(h.Baseline), shares(h.Window)
	if len(base) == 0 || len(base) != len(cur) || len(h.Labels) == 0 && len(h.Edges) != len(base)+1 || len(h.Labels) > 0 && len(h.Labels) != len(base) {
		return Figure{}, errs.New(errs.NotFound, "column %s has no values to draw", plain(c.Name, 80))
	}
	p := blank(t)
	addGrid(p, t)
	p.Y.Tick.Marker, p.Y.Min = percent{}, 0
	p.X.Label.Text = plain(c.Name, 60)
	var err error
	if len(h.Labels) > 0 {
		err = bars(p, h.Labels, base, cur, t)
	} else {
		err = steps(p, h.Edges, base, cur, t)
	}
	p.Y.Max = 1.18 * max(largest(base), largest(cur), 0.01) // room for the legend
	return Figure{p, width, height}, err
}

func shares(counts []int) []float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	out := make([]float64, len(counts))
	for i, n := range counts {
		out[i] = float64(n) / math.Max(1, float64(total))
	}
	return out
}

func largest(xs []float64) (m float64) {
	for _, x := range xs {
		m = max(m, x)
	}
	return m
}

// outline is the upper edge of a histogram, from zero to zero.
func outline(edges, share []float64) plotter.XYs {
	xy := plotter.XYs{{X: edges[0], Y: 0}}
	for i, s := range share {
		xy = append(xy, plotter.XY{X: edges[i], Y: s}, plotter.XY{X: edges[i+1], Y: s})
	}
	return append(xy, plotter.XY{X: edges[len(edges)-1], Y: 0})
}

// steps draws the baseline as an area and the window as a line over it, so that
// both can be seen wherever they overlap.
func steps(p *plot.Plot, edges, base, cur []float64, t Theme) error {
	area, err := plotter.NewPolygon(outline(edges, base))
	if err != nil {
		return errs.New(errs.Internal, "the baseline cannot be drawn: %w", err)
	}
	area.Color, area.LineStyle.Color, area.LineStyle.Width = t.Baseline, t.Baseline, 0
	line, err := plotter.NewLine(outline(edges, cur))
	if err != nil {
		return errs.New(errs.Internal, "the window cannot be drawn: %w", err)
	}
	line.Color, line.Width = t.Window, vg.Points(1.6)
	p.Add(area, line)
	p.Legend.Add("training", area)
	p.Legend.Add("window", line)
	return nil
}

func bars(p *plot.Plot, labels []string, base, cur []float64, t Theme) error {
	w := vg.Points(math.Min(18, 330/float64(len(labels))/2.6))
	for i, side := range []struct {
		name   string
		values []float64
		color  color.Color
	}{{"training", base, t.Baseline}, {"window", cur, t.Window}} {
		b, err := plotter.NewBarChart(plotter.Values(side.values), w)
		if err != nil {
			return errs.New(errs.Internal, "the %s cannot be drawn: %w", side.name, err)
		}
		b.Color, b.LineStyle.Width, b.Offset = side.color, 0, w*vg.Length(float64(i)-0.5)
		p.Add(b)
		p.Legend.Add(side.name, b)
	}
	most := max(4, 64/len(labels))
	names := make([]string, len(labels))
	for i, l := range labels {
		names[i] = plain(l, most)
	}
	p.NominalX(names...)
	p.X.Tick.Length, p.X.Min, p.X.Max = 0, -0.6, float64(len(labels))-0.4
	return nil
}
