package step

import "math"

// feature is one number that the regression sees, and how the graph makes it.
type feature struct {
	name   string
	column string // raw input
	minus  string // subtracted from column, or empty
	wave   string // Sin or Cos of column·2π/period, or empty
	period float64
}

// features lists what the regression sees: columns that are no season as they
// are, then differences, then sine and cosine of each season.
func features(p trainParams) (list []feature) {
	season := map[string]bool{}
	for _, s := range p.Seasons {
		season[s.Column] = true
	}
	for _, name := range p.Features {
		if !season[name] {
			list = append(list, feature{name: name, column: name})
		}
	}
	for _, d := range p.Differences {
		list = append(list, feature{name: d[0] + " - " + d[1], column: d[0], minus: d[1]})
	}
	for _, s := range p.Seasons {
		for _, wave := range []string{"Sin", "Cos"} {
			list = append(list, feature{name: wave + " " + s.Column, column: s.Column, wave: wave, period: s.Period})
		}
	}
	return list
}

// value computes the feature exactly as the graph does.
func (f feature) value(raw func(column string) float64) float64 {
	x := raw(f.column)
	switch {
	case f.minus != "":
		return x - raw(f.minus)
	case f.wave == "Sin":
		return math.Sin(x * f.turn())
	case f.wave == "Cos":
		return math.Cos(x * f.turn())
	}
	return x
}

func (f feature) turn() float64 { return 2 * math.Pi / f.period }

// inputs lists the raw columns in the order in which the graph takes them.
func inputs(p trainParams) (names []string) {
	seen := map[string]bool{}
	add := func(name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, name := range p.Features {
		add(name)
	}
	for _, f := range features(p) {
		add(f.column)
		add(f.minus)
	}
	return names
}
