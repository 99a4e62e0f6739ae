package host

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"

	"rondo/backend/proc/gpu"
)

// Sample is how busy the machine is at one moment.
type Sample struct {
	Time      int64     `json:"time"` // ms since 1970
	CPU       float64   `json:"cpu_percent"`
	Load      float64   `json:"load"`            // processes that want to run, over the last minute
	Memory    int64     `json:"mem_bytes"`       // in use
	Available int64     `json:"mem_avail_bytes"` // what programs can still get
	Swap      int64     `json:"swap_bytes"`      // in use
	DiskUsed  int64     `json:"disk_used_bytes"` // of the project's file system
	DiskFree  int64     `json:"disk_free_bytes"`
	GPUs      []gpu.Use `json:"gpus,omitempty"`
}

// Use is what one run takes of the machine now.
type Use struct {
	ID, Name string
	CPU      float64 // percent; 100 is one core
	RSS      int64
}

// Options say what a Sampler looks at.
type Options struct {
	Dir   string        // the project folder
	Every time.Duration // between samples; 0 means 2 s
	Keep  int           // samples kept; 0 means 900
	// Runs tells what runs now take and how many more wait; nil: nothing is known.
	Runs func() (now []Use, waiting int)
	Now  func() time.Time
}

// Sampler looks at the machine again and again and keeps the last while.
type Sampler struct {
	opts  Options
	facts Facts

	mu     sync.Mutex
	ring   []Sample // oldest first
	times  cpu.TimesStat
	idle   map[string]time.Time // since when a run has used no CPU
	recent []Use
	queued int
}

// New returns a sampler that has taken its first sample.
func New(opts Options) *Sampler {
	if opts.Every <= 0 {
		opts.Every = 2 * time.Second
	}
	if opts.Keep <= 0 {
		opts.Keep = 900
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Sampler{opts: opts, facts: Look(opts.Dir), idle: map[string]time.Time{}}
	s.Take()
	return s
}

// Serve samples until ctx ends.
func (s *Sampler) Serve(ctx context.Context) error {
	tick := time.NewTicker(s.opts.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.Take()
		}
	}
}

// Take takes one sample now.
func (s *Sampler) Take() Sample {
	now := s.opts.Now()
	one := look(s.opts.Dir, now)
	var uses []Use
	var queued int
	if s.opts.Runs != nil {
		uses, queued = s.opts.Runs()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.CPU = s.busy()
	if s.ring = append(s.ring, one); len(s.ring) > s.opts.Keep {
		s.ring = slices.Clone(s.ring[len(s.ring)-s.opts.Keep*3/4:]) // rarely, so that it costs little
	}
	s.remember(uses, queued, now)
	return one
}

func look(dir string, now time.Time) Sample {
	out := Sample{Time: now.UnixMilli(), GPUs: gpu.Sample(now)}
	if m, err := mem.VirtualMemory(); err == nil {
		out.Memory, out.Available = int64(m.Total-m.Available), int64(m.Available)
	}
	if m, err := mem.SwapMemory(); err == nil {
		out.Swap = int64(m.Used)
	}
	if d, err := disk.Usage(dir); err == nil {
		out.DiskUsed, out.DiskFree = int64(d.Used), int64(d.Free)
	}
	if l, err := load.Avg(); err == nil {
		out.Load = l.Load1
	}
	return out
}

// busy is the share of all cores that was in use since the sample before.
func (s *Sampler) busy() float64 {
	list, err := cpu.Times(false)
	if err != nil || len(list) == 0 {
		return 0
	}
	now, before := list[0], s.times
	s.times = now
	total, idle := sum(now)-sum(before), now.Idle+now.Iowait-before.Idle-before.Iowait
	if before.CPU == "" || total <= 0 {
		return 0
	}
	return min(100, max(0, 100*(total-idle)/total))
}

func sum(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal + t.Idle + t.Iowait
}

const workless = 1.0 // percent of a core below which a run does nothing

// remember keeps what runs take, and since when some do nothing.
func (s *Sampler) remember(uses []Use, queued int, now time.Time) {
	idle := map[string]time.Time{}
	for _, u := range uses {
		if u.CPU >= workless {
			continue
		}
		if idle[u.ID] = now; !s.idle[u.ID].IsZero() {
			idle[u.ID] = s.idle[u.ID]
		}
	}
	s.recent, s.queued, s.idle = uses, queued, idle
}

// Facts returns what the machine is.
func (s *Sampler) Facts() Facts { return s.facts }

// Latest returns the newest sample.
func (s *Sampler) Latest() Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ring[len(s.ring)-1]
}

// History returns the samples after a moment, in ms since 1970, oldest first, at most
// limit of them; 0 means all.
func (s *Sampler) History(after int64, limit int) []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Sample{}
	for _, one := range s.ring {
		if one.Time > after {
			list = append(list, one)
		}
	}
	if limit > 0 && len(list) > limit {
		thin := make([]Sample, limit)
		for i := range thin {
			thin[i] = list[(i+1)*len(list)/limit-1]
		}
		return thin
	}
	return list
}
