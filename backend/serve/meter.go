package serve

import (
	"math"
	"math/bits"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/errs"
)

// The upper bounds of the public histogram, microseconds.
var bounds = [...]float64{25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000}

const (
	seconds  = 60  // of the traffic series
	minutes  = 5   // that the percentiles look back
	fineBins = 256 // eight to each doubling of a microsecond
)

// meter counts one endpoint's requests.
type meter struct {
	flight, captured, dropped atomic.Int64

	mu       sync.Mutex
	requests int64
	rows     int64
	errors   int64
	refused  int64
	took     time.Duration
	coarse   [len(bounds) + 1]int64
	versions map[int]int64
	series   [seconds]second
	fine     [minutes]minute
}

type second struct {
	at       int64 // unix
	requests int64
	errors   int64
	took     time.Duration
}

type minute struct {
	at    int64 // unix / 60
	count [fineBins]uint32
}

func (m *meter) observe(began time.Time, took time.Duration, rows, version int, kind errs.Kind) {
	now := began.Add(took).Unix()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	m.rows += int64(rows)
	m.took += took
	failed := kind == errs.Internal || kind == errs.Unavailable || kind == errs.Corrupt
	switch {
	case failed:
		m.errors++
	case kind != 255:
		m.refused++
	}
	if m.versions == nil {
		m.versions = map[int]int64{}
	}
	if version > 0 {
		m.versions[version]++
	}
	us := float64(took) / float64(time.Microsecond)
	i := 0
	for i < len(bounds) && us > bounds[i] {
		i++
	}
	m.coarse[i]++
	m.recent(now, took, failed)
}

func (m *meter) recent(now int64, took time.Duration, failed bool) {
	s := &m.series[now%seconds]
	if s.at != now {
		*s = second{at: now}
	}
	s.requests++
	s.took += took
	if failed {
		s.errors++
	}
	f := &m.fine[now/60%minutes]
	if f.at != now/60 {
		*f = minute{at: now / 60}
	}
	f.count[bin(took)]++
}

// bin numbers durations so that each is within 12 % of its bin's bound.
func bin(took time.Duration) int {
	us := uint64(max(took.Microseconds(), 0))
	if us < 8 {
		return int(us)
	}
	e := bits.Len64(us) - 4 // so that us>>e has four bits
	return min(e*8+int(us>>e), fineBins-1)
}

// upper is the largest duration of a bin, microseconds.
func upper(bin int) float64 {
	if bin < 8 {
		return float64(bin)
	}
	e := bin/8 - 1
	return float64((uint64(bin%8+8)+1)<<e - 1)
}

// Point is what one second saw.
type Point struct {
	At       time.Time `json:"at"`
	Requests int64     `json:"requests"`
	Errors   int64     `json:"errors"`
	MeanUS   float64   `json:"mean_us"`
}

func (m *meter) stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Stats{
		Requests: m.requests, Rows: m.rows, Errors: m.errors, Refused: m.refused, InFlight: m.flight.Load(),
		Captured: m.captured.Load(), Dropped: m.dropped.Load(), TookUS: float64(m.took) / float64(time.Microsecond),
		Histogram: make([]Bucket, 0, len(bounds)), Versions: make(map[string]int64, len(m.versions)),
	}
	var sum int64
	for i, le := range bounds {
		sum += m.coarse[i]
		s.Histogram = append(s.Histogram, Bucket{LE: le, Count: sum})
	}
	for v, n := range m.versions {
		s.Versions[strconv.Itoa(v)] = n
	}
	now := time.Now().Unix()
	s.P50, s.P90, s.P99 = m.percentiles(now)
	s.Traffic = m.traffic(now)
	return s
}

func (m *meter) percentiles(now int64) (p50, p90, p99 float64) {
	var all [fineBins]int64
	var total int64
	for _, f := range m.fine {
		if f.at > now/60-minutes {
			for i, n := range f.count {
				all[i] += int64(n)
				total += int64(n)
			}
		}
	}
	at := func(q float64) float64 {
		left := int64(math.Ceil(q * float64(total)))
		for i, n := range all {
			if left -= n; left <= 0 && total > 0 {
				return upper(i)
			}
		}
		return 0
	}
	return at(0.5), at(0.9), at(0.99)
}

// traffic returns the last minute, oldest first, seconds without a request included.
func (m *meter) traffic(now int64) []Point {
	list := make([]Point, 0, seconds)
	for at := now - seconds + 1; at <= now; at++ {
		p := Point{At: time.Unix(at, 0).UTC()}
		if s := m.series[at%seconds]; s.at == at {
			p.Requests, p.Errors = s.requests, s.errors
			p.MeanUS = float64(s.took) / float64(time.Microsecond) / float64(s.requests)
		}
		list = append(list, p)
	}
	return list
}

// Stats returns the counts of one endpoint.
func (s *Service) Stats(name string) (Stats, bool) {
	ep, err := s.find(name)
	if err != nil {
		return Stats{}, false
	}
	return ep.meter.stats(), true
}
