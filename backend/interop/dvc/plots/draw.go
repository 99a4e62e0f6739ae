package plots

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// The size of a drawing and of what surrounds the field in it, in units of SVG.
const (
	width, height            = 640.0, 380.0
	left, right, top, bottom = 96.0, 14.0, 12.0, 46.0
	colours                  = 7
)

// drawing is one SVG of a figure.
type drawing struct {
	strings.Builder
	xs, ys scale
	notes  []string
}

// series is a line of one revision.
type series struct {
	rev, name     string
	colour, shape int
	x, y          []float64
	at            []*doc.Map
}

// Label names a series in a legend.
func (s series) Label() string { return strings.TrimSuffix(s.rev+" · "+s.name, " · ") }

// series parts the points by revision and by what tells lines apart, in their order.
func (f Figure) series() (list []*series) {
	names := []string{}
	for _, pt := range f.Points {
		rev, _ := pt.Get(fieldRev)
		name, _ := pt.Get(f.Series)
		r, n := word(rev), word(name)
		i := slices.IndexFunc(list, func(s *series) bool { return s.rev == r && s.name == n })
		if i < 0 {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
			i = len(list)
			list = append(list, &series{rev: r, name: n, colour: slices.Index(f.Revisions, r) % colours, shape: slices.Index(names, n)})
		}
		list[i].at = append(list[i].at, pt)
	}
	return list
}

// word is a value as a text that names something.
func word(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'g', 6, 64)
	case *doc.Map, []any:
		b, _ := json.Marshal(doc.NewMap("", v).Plain()[""])
		return string(b)
	}
	return fmt.Sprint(v)
}

// numeric is a value as a number; text counts as the number that it writes.
func numeric(v any) (float64, bool) {
	switch x := v.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return n, err == nil
	case doc.Big:
		n, err := strconv.ParseFloat(string(x), 64)
		return n, err == nil
	}
	return math.NaN(), false
}

// scale places values along one side: numbers, or words in their order.
type scale struct {
	lo, hi   float64
	from, to float64
	words    []string
}

func (s scale) at(v float64) float64 { return s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from) }

// numbers makes a scale of all values that are finite; one with nothing in it is from 0 to 1.
func numbers(from, to float64, values ...[]float64) scale {
	s := scale{lo: math.Inf(1), hi: math.Inf(-1), from: from, to: to}
	for _, list := range values {
		for _, v := range list {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				s.lo, s.hi = min(s.lo, v), max(s.hi, v)
			}
		}
	}
	if s.lo > s.hi {
		s.lo, s.hi = 0, 1
	}
	if s.hi-s.lo <= 1e-12*max(math.Abs(s.hi), math.Abs(s.lo)) {
		pad := max(math.Abs(s.lo)/2, 0.5)
		s.lo, s.hi = s.lo-pad, s.hi+pad
	}
	return s
}

// words makes a scale of words, each in the middle of its own place.
func words(from, to float64, list []string) scale {
	return scale{lo: -0.5, hi: float64(len(list)) - 0.5, from: from, to: to, words: list}
}

// tick is a place on a scale that is labelled.
type tick struct {
	at   float64
	text string
}

func (s scale) ticks(most int) (list []tick) {
	if s.words != nil {
		every := (len(s.words) + most - 1) / most
		for i := 0; i < len(s.words); i += max(every, 1) {
			list = append(list, tick{s.at(float64(i)), short(s.words[i], 14)})
		}
		return list
	}
	step := niceStep((s.hi - s.lo) / float64(most))
	for i := math.Ceil(s.lo / step); i*step <= s.hi+step*1e-9 && len(list) <= 2*most; i++ {
		list = append(list, tick{s.at(i * step), strconv.FormatFloat(i*step, 'g', 6, 64)})
	}
	return list
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(x float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5, 10} {
		if x <= m*base*(1+1e-9) {
			return m * base
		}
	}
	return 10 * base
}

func short(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (d *drawing) tag(format string, args ...any) {
	for i, a := range args {
		switch x := a.(type) {
		case string:
			args[i] = html.EscapeString(x)
		case float64:
			args[i] = strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
		}
	}
	fmt.Fprintf(d, format+"\n", args...)
}

func (d *drawing) begin(title string) {
	d.tag(`<svg viewBox="0 0 %v %v" role="img" aria-label="%s">`, width, height, title)
}

// frame draws axes, with their ticks and labels.
func (d *drawing) frame(xLabel, yLabel string) {
	for _, t := range d.ys.ticks(6) {
		d.tag(`<line class="grid" x1="%v" x2="%v" y1="%v" y2="%v"/><text class="tick" x="%v" y="%v" text-anchor="end">%s</text>`, left, width-right, t.at, t.at, left-6, t.at+4, t.text)
	}
	for _, t := range d.xs.ticks(8) {
		d.tag(`<line class="grid" x1="%v" x2="%v" y1="%v" y2="%v"/><text class="tick" x="%v" y="%v" text-anchor="middle">%s</text>`, t.at, t.at, height-bottom, height-bottom+4, t.at, height-bottom+17, t.text)
	}
	d.tag(`<text class="label" x="%v" y="%v" text-anchor="middle">%s</text>`, (left+width-right)/2, height-8, short(xLabel, 70))
	d.tag(`<text class="label" transform="translate(14 %v) rotate(-90)" text-anchor="middle">%s</text>`, (top+height-bottom)/2, short(yLabel, 40))
}

// place gives the series of a figure their numbers. Where x are no numbers, they are words in
// the order in which they come.
func (d *drawing) place(f Figure, list []*series) {
	asWords := slices.ContainsFunc(f.Points, func(pt *doc.Map) bool {
		v, _ := pt.Get(f.X)
		_, ok := numeric(v)
		return !ok && v != nil && v != ""
	})
	where, names := map[string]int{}, []string{}
	var xs, ys [][]float64
	for _, s := range list {
		for _, pt := range s.at {
			vx, _ := pt.Get(f.X)
			vy, _ := pt.Get(f.Y)
			x, _ := numeric(vx)
			if vx == nil || vx == "" {
				x = math.NaN()
			} else if asWords {
				i, ok := where[word(vx)]
				if !ok {
					i = len(names)
					where[word(vx)], names = i, append(names, word(vx))
				}
				x = float64(i)
			}
			y, ok := numeric(vy)
			if !ok {
				y = math.NaN()
			}
			s.x, s.y = append(s.x, x), append(s.y, y)
		}
		xs, ys = append(xs, s.x), append(ys, s.y)
	}
	if d.xs = numbers(left, width-right, xs...); asWords {
		d.xs = words(left, width-right, names)
	}
	d.ys = numbers(height-bottom, top, ys...)
}

// Drawing is a figure as SVG, with what its colours and lines mean.
type Drawing struct {
	SVG    string
	Legend []Key
	Notes  []string
}

// Key is an entry of a legend.
type Key struct {
	Label         string
	Colour, Shape int
}

// Draw draws a figure of data.
func (f Figure) Draw() Drawing {
	d := &drawing{}
	list := f.series()
	switch f.kind {
	case "bars":
		return f.drawBars(list)
	case "matrix":
		return f.drawMatrix(list)
	}
	d.place(f, list)
	d.begin(f.Title)
	d.frame(f.XLabel, f.YLabel)
	for _, s := range list {
		if f.kind == "points" {
			d.points(s)
		} else {
			d.line(s)
		}
	}
	d.tag("</svg>")
	return Drawing{d.String(), legend(list), d.notes}
}

func legend(list []*series) (out []Key) {
	for _, s := range list {
		out = append(out, Key{s.Label(), s.colour, s.shape % shapes})
	}
	return out
}

// finite are the points of a series that can be drawn, by x.
func (s *series) finite() (list [][2]float64) {
	for i := range s.x {
		if sum := s.x[i] + s.y[i]; !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			list = append(list, [2]float64{s.x[i], s.y[i]})
		}
	}
	slices.SortStableFunc(list, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	return list
}
