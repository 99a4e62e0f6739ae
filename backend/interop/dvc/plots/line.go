package plots

import (
	"fmt"
	"strings"
)

// The most that is drawn of one series: a line is thinned to its lowest and highest places,
// of points some are left out.
const (
	linePlaces = 600
	mostPoints = 4000
	shapes     = 4
)

func (d *drawing) line(s *series) {
	list := s.finite()
	if len(list) == 1 {
		d.tag(`<circle class="c%d mark" cx="%v" cy="%v" r="3"/>`, s.colour, d.xs.at(list[0][0]), d.ys.at(list[0][1]))
		return
	}
	var way strings.Builder
	for i, p := range thinned(list, 4*linePlaces) {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&way, "%s%.2f %.2f", letter, d.xs.at(p[0]), d.ys.at(p[1]))
	}
	d.tag(`<path class="c%d s%d line" d="%s"><title>%s</title></path>`, s.colour, s.shape%shapes, way.String(), s.Label())
}

// thinned keeps of many points in a row the first, last, lowest and highest of each part.
func thinned(list [][2]float64, most int) [][2]float64 {
	if len(list) <= most {
		return list
	}
	out := make([][2]float64, 0, most)
	parts := most / 4
	for i := range parts {
		part := list[i*len(list)/parts : (i+1)*len(list)/parts]
		lo, hi := 0, 0
		for j := range part {
			if part[j][1] < part[lo][1] {
				lo = j
			}
			if part[j][1] > part[hi][1] {
				hi = j
			}
		}
		out = append(out, part[0], part[min(lo, hi)], part[max(lo, hi)], part[len(part)-1])
	}
	return out
}

// oneIn keeps one of so many points.
func oneIn(list [][2]float64, every int) (out [][2]float64) {
	for i := 0; i < len(list); i += max(every, 1) {
		out = append(out, list[i])
	}
	return out
}

func (d *drawing) points(s *series) {
	list := s.finite()
	every := (len(list) + mostPoints - 1) / mostPoints
	for _, pt := range oneIn(list, every) {
		x, y := d.xs.at(pt[0]), d.ys.at(pt[1])
		switch s.shape % shapes {
		case 0:
			d.tag(`<circle class="c%d mark" cx="%v" cy="%v" r="2.5"/>`, s.colour, x, y)
		case 1:
			d.tag(`<rect class="c%d mark" x="%v" y="%v" width="5" height="5"/>`, s.colour, x-2.5, y-2.5)
		case 2:
			d.tag(`<path class="c%d mark" d="M%v %vl3 5h-6z"/>`, s.colour, x, y-3)
		default:
			d.tag(`<path class="c%d mark" d="M%v %vl3 3-3 3-3-3z"/>`, s.colour, x, y-3)
		}
	}
	if every > 1 {
		d.notes = append(d.notes, fmt.Sprintf("Of the %d points of %s one in %d is drawn.", len(list), s.Label(), every))
	}
}
