package plots

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// mostClasses is how many rows and columns of a matrix are drawn.
const mostClasses = 30

// drawMatrix counts how often each x comes with each y: one matrix a series.
func (f Figure) drawMatrix(list []*series) Drawing {
	var out Drawing
	for _, s := range list {
		d := &drawing{}
		d.matrix(f, s)
		out.SVG += `<figure><figcaption>` + escape(s.Label()) + `</figcaption>` + d.String() + `</figure>`
		out.Notes = append(out.Notes, d.notes...)
	}
	return out
}

// counted says how often each x comes with each y, and which of both there are.
func (d *drawing) counted(f Figure, s *series) (counts map[[2]string]int, xs, ys []string) {
	counts = map[[2]string]int{}
	for _, pt := range s.at {
		vx, _ := pt.Get(f.X)
		vy, _ := pt.Get(f.Y)
		x, y := word(vx), word(vy)
		counts[[2]string{x, y}]++
		xs, ys = append(xs, x), append(ys, y)
	}
	return counts, d.classes(xs), d.classes(ys)
}

func (d *drawing) matrix(f Figure, s *series) {
	counts, xs, ys := d.counted(f, s)
	d.xs, d.ys = words(left, width-right, xs), words(top, height-bottom, ys)
	d.begin(f.Title + ", " + s.Label())
	d.frame(f.XLabel, f.YLabel)
	w, h := (width-left-right)/float64(len(xs)), (height-top-bottom)/float64(len(ys))
	for j, y := range ys {
		whole, most := 0, 1
		for _, x := range xs {
			whole += counts[[2]string{x, y}]
		}
		for _, n := range counts {
			most = max(most, n)
		}
		for i, x := range xs {
			n := counts[[2]string{x, y}]
			share, text := float64(n)/float64(most), strconv.Itoa(n)
			if strings.HasSuffix(f.Template, "_normalized") {
				share = float64(n) / float64(max(whole, 1))
				text = strconv.FormatFloat(share, 'f', 2, 64)
			}
			d.cell(d.xs.at(float64(i)), d.ys.at(float64(j)), w, h, share, text, f.XLabel+" "+x+", "+f.YLabel+" "+y+": "+text)
		}
	}
	d.tag("</svg>")
}

func (d *drawing) cell(x, y, w, h, share float64, text, title string) {
	class := "low"
	if share > 0.5 {
		class = "high"
	}
	d.tag(`<rect class="cell" x="%v" y="%v" width="%v" height="%v" fill-opacity="%v"><title>%s</title></rect>`, x-w/2+0.5, y-h/2+0.5, w-1, h-1, share, title)
	if w > 22 && h > 14 {
		d.tag(`<text class="%s" x="%v" y="%v" text-anchor="middle">%s</text>`, class, x, y+4, text)
	}
}

// classes are the names that there are, in their order.
func (d *drawing) classes(list []string) []string {
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > mostClasses {
		d.notes = append(d.notes, fmt.Sprintf("Of %d classes the first %d are drawn.", len(list), mostClasses))
		list = list[:mostClasses]
	}
	return list
}
