package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// mostBars is how many rows of bars are drawn.
const mostBars = 40

// barNames are the names of the bars in the order of the template, with the lengths of all bars.
func (f Figure) barNames(list []*series) (names []string, values []float64, notes []string) {
	length := map[string]float64{}
	names = []string{}
	values = []float64{0}
	for _, s := range list {
		for _, pt := range s.at {
			vx, _ := pt.Get(f.X)
			vy, _ := pt.Get(f.Y)
			x, ok := numeric(vx)
			if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
				continue
			}
			name := word(vy)
			if _, known := length[name]; !known {
				names = append(names, name)
				length[name] = x
			}
			length[name] = max(length[name], x)
			values = append(values, x)
		}
	}
	if strings.HasSuffix(f.Template, "_sorted") {
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(length[b], length[a]) })
	} else {
		slices.Sort(names)
	}
	if len(names) > mostBars {
		notes = append(notes, fmt.Sprintf("Of %d bars the first %d are drawn.", len(names), mostBars))
		names = names[:mostBars]
	}
	return names, values, notes
}

// drawBars draws lying bars: of each name those of all revisions.
func (f Figure) drawBars(list []*series) Drawing {
	names, values, notes := f.barNames(list)
	d := &drawing{notes: notes}
	d.xs, d.ys = numbers(left, width-right, values), words(top, height-bottom, names)
	d.begin(f.Title)
	d.frame(f.XLabel, f.YLabel)
	thick := (height - top - bottom) / float64(max(len(names), 1)) * 0.8 / float64(max(len(list), 1))
	for i, s := range list {
		d.bars(f, s, names, thick, float64(i)-float64(len(list))/2)
	}
	d.tag("</svg>")
	return Drawing{d.String(), legend(list), d.notes}
}

func (d *drawing) bars(f Figure, s *series, names []string, thick, off float64) {
	for _, pt := range s.at {
		vx, _ := pt.Get(f.X)
		vy, _ := pt.Get(f.Y)
		i := slices.Index(names, word(vy))
		x, ok := numeric(vx)
		if i < 0 || !ok || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		a, b := d.xs.at(min(0, x)), d.xs.at(max(0, x))
		d.tag(`<rect class="c%d s%d bar" x="%v" y="%v" width="%v" height="%v"><title>%s</title></rect>`, s.colour, s.shape%shapes, a, d.ys.at(float64(i))+off*thick, b-a, thick, s.Label()+", "+word(vy)+": "+word(vx))
	}
}
