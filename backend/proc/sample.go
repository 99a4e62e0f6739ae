package proc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/mem"

	"rondo/backend/proc/gpu"
)

// Sample is the resource use of a run's processes and of the machine at one moment.
type Sample struct {
	Time      int64     `json:"time"`        // ms since 1970
	CPU       float64   `json:"cpu_percent"` // of the run's processes; 100 is one core
	RSS       int64     `json:"rss_bytes"`   // resident memory of the run's processes
	Processes int       `json:"processes"`
	Read      int64     `json:"read_bytes_per_s"`
	Written   int64     `json:"write_bytes_per_s"`
	HostCPU   float64   `json:"host_cpu_percent"` // of all cores; 100 is the whole machine
	HostMem   int64     `json:"host_mem_bytes"`
	GPUs      []gpu.Use `json:"gpus,omitempty"`
}

// sampler turns counters into rates.
type sampler struct {
	tree  tree
	last  time.Time
	seen  map[[2]int64][3]int64 // CPU ticks, bytes read, bytes written by pid and start
	busy  float64
	total float64
}

// sample appends one line per interval to the run's system.jsonl until done.
// A disk that is full costs samples, not the run.
func sample(dir string, t tree, done <-chan struct{}) {
	f, err := os.OpenFile(filepath.Join(dir, SystemFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	s := &sampler{tree: t, seen: map[[2]int64][3]int64{}}
	began := time.Now()
	for {
		line, err := json.Marshal(s.take(time.Now()))
		if err == nil {
			_, _ = f.Write(append(line, '\n'))
		}
		select {
		case <-done:
			return
		case <-time.After(interval(time.Since(began))):
		}
	}
}

// interval keeps long runs small: every second at first, every ten after an hour.
func interval(age time.Duration) time.Duration {
	switch {
	case age < 10*time.Minute:
		return time.Second
	case age < time.Hour:
		return 2 * time.Second
	}
	return 10 * time.Second
}

func (s *sampler) take(now time.Time) Sample {
	secs := now.Sub(s.last).Seconds()
	first := s.last.IsZero()
	s.last = now
	out := Sample{Time: now.UnixMilli()}
	var delta [3]int64
	next := map[[2]int64][3]int64{}
	for _, r := range s.tree.members(false) {
		out.Processes++
		out.RSS += r.rss
		read, written := disk(r.pid)
		key, v := [2]int64{int64(r.pid), r.start}, [3]int64{r.ticks, read, written}
		before := s.seen[key]
		for i := range v {
			delta[i] += v[i] - before[i]
		}
		next[key] = v
	}
	s.seen = next
	if !first && secs > 0 {
		out.CPU = float64(delta[0]) / secs // 100 ticks a second: a percentage already
		out.Read, out.Written = int64(float64(delta[1])/secs), int64(float64(delta[2])/secs)
	}
	s.host(&out)
	out.GPUs = gpu.Sample(now)
	return out
}

func (s *sampler) host(out *Sample) {
	if v, err := mem.VirtualMemory(); err == nil {
		out.HostMem = int64(v.Used)
	}
	times, err := cpu.Times(false)
	if err != nil || len(times) == 0 {
		return
	}
	t := times[0]
	total := t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal + t.Idle + t.Iowait
	busy := total - t.Idle - t.Iowait
	if s.total > 0 && total > s.total {
		out.HostCPU = 100 * (busy - s.busy) / (total - s.total)
	}
	s.busy, s.total = busy, total
}
