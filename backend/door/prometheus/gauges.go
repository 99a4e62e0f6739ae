package prometheus

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/monitor"
)

// Gauges collects one family whose samples differ in one label: runs by state,
// for instance. An empty label gives a single sample, under the key "".
func Gauges(name, help, label string, read func(ctx context.Context) (map[string]float64, error)) Collector {
	return func(ctx context.Context) ([]Family, error) {
		values, err := read(ctx)
		if err != nil {
			return nil, err
		}
		f := Family{Name: name, Kind: Gauge, Help: help}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			s := Sample{Value: values[key]}
			if label != "" {
				s.Labels = []Label{{label, key}}
			}
			f.Samples = append(f.Samples, s)
		}
		return []Family{f}, nil
	}
}

// Monitors collects what the monitors last found.
func Monitors(s monitor.Surface) Collector {
	return func(ctx context.Context) ([]Family, error) {
		all, err := s.List(ctx)
		if err != nil {
			return nil, err
		}
		gauge := func(name, help string, value func(monitor.Monitor) float64) Family {
			f := Family{Name: name, Kind: Gauge, Help: help}
			for _, m := range all {
				f.Samples = append(f.Samples, Sample{Labels: []Label{{"monitor", m.Name}, {"endpoint", m.Endpoint}}, Value: value(m)})
			}
			return f
		}
		status := Family{Name: "rondo_monitor_status", Kind: Gauge, Help: "The status of the last window; 1 for the one it has."}
		for _, m := range all {
			status.Samples = append(status.Samples, Sample{Labels: []Label{{"monitor", m.Name}, {"status", m.Status}}, Value: 1})
		}
		return []Family{
			status,
			gauge("rondo_monitor_windows", "Windows that were judged.", func(m monitor.Monitor) float64 { return float64(m.Windows) }),
			gauge("rondo_monitor_pending_captures", "Captures since the last window.", func(m monitor.Monitor) float64 { return float64(m.Pending) }),
			gauge("rondo_monitor_open_alerts", "Alerts that nobody has resolved.", func(m monitor.Monitor) float64 { return float64(m.OpenAlerts) }),
		}, nil
	}
}
