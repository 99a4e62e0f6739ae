// Package figure draws what a monitor found: both distributions of a column, and
// quality over time, as PNG or SVG. It measures and judges nothing.
package figure

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"rondo/backend/errs"
)

// Theme is the colours of a figure. The zero Paper is no background at all.
type Theme struct {
	Ink, Muted, Grid, Paper color.NRGBA
	Baseline, Window, Bad   color.NRGBA
}

// Light and Dark are the themes; their colours tell the two sides apart for people
// who do not see red and green, too.
var (
	Light = Theme{
		Ink: rgb(0x1c2430), Muted: rgb(0x5b6675), Grid: rgb(0xe3e7ed), Paper: rgb(0xffffff),
		Baseline: rgb(0x8a97a8), Window: rgb(0x0b66c3), Bad: rgb(0xb3261e),
	}
	Dark = Theme{
		Ink: rgb(0xe8ecf2), Muted: rgb(0x9aa6b5), Grid: rgb(0x2b333f), Paper: rgb(0x141a22),
		Baseline: rgb(0x73808f), Window: rgb(0x6cb2ff), Bad: rgb(0xff8a80),
	}
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// ThemeOf returns a theme by name; light where it is empty.
func ThemeOf(name string) (Theme, error) {
	switch name {
	case "", "light":
		return Light, nil
	case "dark":
		return Dark, nil
	}
	return Theme{}, errs.New(errs.Invalid, "there is no theme %.40q", name).WithHint("use light or dark")
}

// The formats.
const (
	SVG = "svg"
	PNG = "png"
)

// Figure is a drawing that can be written once, in either format.
type Figure struct {
	plot          *plot.Plot
	width, height vg.Length
}

// Write writes the figure.
func (f Figure) Write(w io.Writer, format string) error {
	switch format {
	case SVG:
		c := vgsvg.New(f.width, f.height)
		f.draw(draw.New(c))
		_, err := c.WriteTo(w)
		return err
	case PNG:
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(192))}
		f.draw(draw.New(c))
		_, err := c.WriteTo(w)
		return err
	}
	return errs.New(errs.Invalid, "there is no format %.40q", format).WithHint("use svg or png")
}

// draw leaves a margin and fills it with the paper's colour.
func (f Figure) draw(c draw.Canvas) {
	if paper := f.plot.BackgroundColor; paper != nil {
		c.SetColor(paper)
		c.Fill(c.Rectangle.Path())
	}
	f.plot.BackgroundColor = nil
	f.plot.Draw(draw.Crop(c, 8, -8, 6, -8))
}

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: font.Length(size)}
}

// blank returns an empty plot in the theme's colours.
func blank(t Theme) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = t.Paper
	if t.Paper.A == 0 {
		p.BackgroundColor = nil
	}
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.LineStyle.Color, a.Tick.LineStyle.Color = t.Grid, t.Grid, t.Grid
		a.Label.TextStyle.Color, a.Tick.Label.Color = t.Muted, t.Muted
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(9), sans(8)
		a.Tick.Length, a.Padding = 3, 2
	}
	p.Title.TextStyle.Color, p.Title.TextStyle.Font = t.Ink, sans(10)
	p.Legend.TextStyle = text.Style{Color: t.Ink, Font: sans(8), Handler: plot.DefaultTextHandler}
	p.Legend.Top, p.Legend.ThumbnailWidth, p.Legend.Padding, p.Legend.XOffs = true, 12, 3, -4
	return p
}

func addGrid(p *plot.Plot, t Theme) {
	g := plotter.NewGrid()
	g.Vertical.Width = 0
	g.Horizontal = draw.LineStyle{Color: t.Grid, Width: 0.5}
	p.Add(g)
}

// percent labels shares.
type percent struct{}

// Ticks implements plot.Ticker.
func (p percent) Ticks(lo, hi float64) (ticks []plot.Tick) {
	step := niceStep((hi - lo) / 4)
	for v := math.Ceil(lo/step) * step; v <= hi+step/1e6; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: strings.TrimSuffix(fmt.Sprintf("%.1f", 100*v), ".0") + " %"})
	}
	return ticks
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if x <= m*base {
			return m * base
		}
	}
	return 10 * base
}

// plain is text as it stands: a figure's words come from outside and are never markup.
func plain(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Inline is for figures that become part of a page: no background, and colours that
// Themed turns into the page's own.
var Inline = Theme{
	Ink: rgb(0x010101), Muted: rgb(0x020202), Grid: rgb(0x030303),
	Baseline: rgb(0x040404), Window: rgb(0x050505), Bad: rgb(0x060606),
}

var themed = strings.NewReplacer(
	"#010101", "var(--ink)", "#020202", "var(--muted)", "#030303", "var(--grid)",
	"#040404", "var(--base)", "#050505", "var(--window)", "#060606", "var(--bad)",
	"font-family:Liberation Sans;", "font-family:Arial,Liberation Sans,sans-serif;",
)

// Themed makes the SVG of an Inline figure follow the page's custom properties
// --ink, --muted, --grid, --base, --window and --bad.
func Themed(svg string) string { return themed.Replace(svg) }
