package monitor

import (
	"maps"
	"slices"

	"rondo/backend/project"
)

// Declared returns the monitors of rondo.yaml, by name.
func Declared(f *project.File) []Config {
	list := []Config{}
	for _, name := range slices.Sorted(maps.Keys(f.Monitors)) {
		m := f.Monitors[name]
		c := Config{
			Name: name, Endpoint: m.Endpoint, Rows: m.Window.Rows, Every: m.Window.Every.Std(), MinRows: m.Window.Min,
			Alpha: m.Alpha, Drift: m.Drift, Columns: m.Columns, Alert: AlertRule(m.Alert), Quality: map[string]Bound{},
		}
		for metric, b := range m.Quality {
			c.Quality[metric] = Bound(b)
		}
		list = append(list, c)
	}
	return list
}
