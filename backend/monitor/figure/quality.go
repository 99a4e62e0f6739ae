package figure

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"rondo/backend/errs"
	"rondo/backend/monitor"
)

// Quality draws a metric over the windows, oldest first, with its 95 % interval
// where there is one and the bounds that it must keep to.
func Quality(list []monitor.Quality, metric string, bound monitor.Bound, t Theme) (Figure, error) {
	var line plotter.XYs
	var band plotter.XYs
	var names []string
	for _, q := range list {
		v, ok := q.Metrics[metric]
		if !ok {
			continue
		}
		x := float64(len(line))
		line = append(line, plotter.XY{X: x, Y: v})
		names = append(names, strconv.Itoa(len(names)+1))
		if lo, ok := q.Metrics[metric+"_low"]; ok {
			band = append(band, plotter.XY{X: x, Y: lo}, plotter.XY{X: x, Y: q.Metrics[metric+"_high"]})
		}
	}
	if len(line) == 0 {
		return Figure{}, errs.New(errs.NotFound, "there is no %s to draw yet", plain(metric, 40)).WithHint("labels make quality: rondo endpoint truth")
	}
	p := blank(t)
	addGrid(p, t)
	p.X.Label.Text, p.Y.Label.Text = "window with labels", plain(metric, 40)
	if err := addSeries(p, line, band, t); err != nil {
		return Figure{}, err
	}
	if err := addBounds(p, bound, len(line), t); err != nil {
		return Figure{}, err
	}
	p.NominalX(thin(names)...)
	p.X.Min, p.X.Max = -0.5, float64(len(line))-0.5
	spread := math.Max(0.02, (p.Y.Max-p.Y.Min)*0.1)
	p.Y.Min, p.Y.Max = p.Y.Min-spread, p.Y.Max+spread
	return Figure{p, 2 * width, height}, nil
}

func addSeries(p *plot.Plot, line, band plotter.XYs, t Theme) error {
	for i := 0; i+1 < len(band); i += 2 {
		l, err := plotter.NewLine(band[i : i+2])
		if err != nil {
			return errs.New(errs.Internal, "an interval cannot be drawn: %w", err)
		}
		l.Color, l.Width = t.Baseline, vg.Points(3)
		p.Add(l)
	}
	l, points, err := plotter.NewLinePoints(line)
	if err != nil {
		return errs.New(errs.Internal, "the quality cannot be drawn: %w", err)
	}
	l.Color, l.Width = t.Window, vg.Points(1.4)
	points.Color, points.Radius, points.Shape = t.Window, vg.Points(2.6), draw.CircleGlyph{}
	p.Add(l, points)
	return nil
}

func addBounds(p *plot.Plot, b monitor.Bound, n int, t Theme) error {
	for _, v := range []*float64{b.Min, b.Max} {
		if v == nil {
			continue
		}
		l, err := plotter.NewLine(plotter.XYs{{X: -0.5, Y: *v}, {X: float64(n) - 0.5, Y: *v}})
		if err != nil {
			return errs.New(errs.Internal, "a bound cannot be drawn: %w", err)
		}
		l.Color, l.Width, l.Dashes = t.Bad, vg.Points(1), []vg.Length{4, 3}
		p.Add(l)
	}
	return nil
}

// thin keeps at most about 24 labels of an axis.
func thin(names []string) []string {
	every := (len(names) + 23) / 24
	for i := range names {
		if i%every != 0 {
			names[i] = ""
		}
	}
	return names
}
