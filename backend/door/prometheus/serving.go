package prometheus

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/serve"
)

// Serving collects the endpoints' figures.
func Serving(s *serve.Service) Collector {
	return func(ctx context.Context) ([]Family, error) {
		all, err := s.Endpoints(ctx)
		if err != nil {
			return nil, err
		}
		return serving(all), nil
	}
}

func serving(all []serve.Endpoint) []Family {
	count := func(name, help string, value func(serve.Endpoint) int64) Family {
		f := Family{Name: name, Kind: Counter, Help: help}
		for _, e := range all {
			f.Samples = append(f.Samples, Sample{Labels: []Label{{"endpoint", e.Name}}, Value: float64(value(e))})
		}
		return f
	}
	flight := count("rondo_endpoint_requests_in_flight", "Requests that are being answered now.", func(e serve.Endpoint) int64 { return e.Stats.InFlight })
	flight.Kind = Gauge
	return []Family{
		outcomes(all),
		count("rondo_endpoint_rows_total", "Rows that were predicted.", func(e serve.Endpoint) int64 { return e.Stats.Rows }),
		durations(all), flight, versions(all), ready(all),
		count("rondo_capture_rows_total", "Rows that were written to the captures.", func(e serve.Endpoint) int64 { return e.Stats.Captured }),
		count("rondo_capture_dropped_rows_total", "Rows that were not captured, because the queue was full or the disk refused them.", func(e serve.Endpoint) int64 { return e.Stats.Dropped }),
	}
}

// outcomes tells requests that were answered, that were the client's mistake, and
// that failed here.
func outcomes(all []serve.Endpoint) Family {
	f := Family{Name: "rondo_endpoint_requests_total", Kind: Counter, Help: "Requests by outcome: ok, refused (the client's mistake) or error."}
	for _, e := range all {
		s := e.Stats
		for _, o := range []struct {
			name string
			n    int64
		}{{"ok", s.Requests - s.Errors - s.Refused}, {"refused", s.Refused}, {"error", s.Errors}} {
			f.Samples = append(f.Samples, Sample{Labels: []Label{{"endpoint", e.Name}, {"outcome", o.name}}, Value: float64(o.n)})
		}
	}
	return f
}

func durations(all []serve.Endpoint) Family {
	f := Family{Name: "rondo_endpoint_request_duration_seconds", Kind: Histogram, Unit: "seconds", Help: "Time to answer a request, without reading and writing it."}
	for _, e := range all {
		s := Sample{Labels: []Label{{"endpoint", e.Name}}, Value: e.Stats.TookUS / 1e6, Count: float64(e.Stats.Requests)}
		for _, b := range e.Stats.Histogram {
			s.Buckets = append(s.Buckets, Bucket{LE: b.LE / 1e6, Count: float64(b.Count)})
		}
		f.Samples = append(f.Samples, s)
	}
	return f
}

func versions(all []serve.Endpoint) Family {
	f := Family{Name: "rondo_endpoint_version_requests_total", Kind: Counter, Help: "Requests by the model version that answered."}
	for _, e := range all {
		for _, v := range slices.Sorted(maps.Keys(e.Stats.Versions)) {
			labels := []Label{{"endpoint", e.Name}, {"model", e.Model}, {"version", v}}
			f.Samples = append(f.Samples, Sample{Labels: labels, Value: float64(e.Stats.Versions[v])})
		}
	}
	return f
}

func ready(all []serve.Endpoint) Family {
	f := Family{Name: "rondo_endpoint_ready", Kind: Gauge, Help: "Whether an endpoint answers (1) or not (0)."}
	for _, e := range all {
		v := 0.0
		if e.Deployment.Version > 0 {
			v = 1
		}
		f.Samples = append(f.Samples, Sample{Labels: []Label{{"endpoint", e.Name}}, Value: v})
	}
	return f
}
