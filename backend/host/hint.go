package host

import (
	"fmt"
	"time"
)

// Hint says in plain words what is short or wasted on this machine.
type Hint struct {
	Kind  string `json:"kind"`  // memory, disk, cpu, queue, gpu or idle
	Level string `json:"level"` // info, warning or critical
	Text  string `json:"text"`
	RunID string `json:"run_id,omitempty"` // that it is about
}

// The levels of a hint.
const (
	Info     = "info"
	Warning  = "warning"
	Critical = "critical"
)

// Hints looks at the last while and says what a person should know, worst first.
func (s *Sampler) Hints() []Hint {
	s.mu.Lock()
	v := view{facts: s.facts, ring: s.ring, uses: s.recent, queued: s.queued, idle: s.idle, now: s.opts.Now()}
	s.mu.Unlock()
	list := []Hint{}
	for _, level := range []string{Critical, Warning, Info} {
		for _, look := range []func(view) []Hint{view.memory, view.disk, view.cpu, view.queue, view.gpu, view.idling} {
			for _, h := range look(v) {
				if h.Level == level {
					list = append(list, h)
				}
			}
		}
	}
	return list
}

// view is what hints are drawn from.
type view struct {
	facts  Facts
	ring   []Sample
	uses   []Use
	queued int
	idle   map[string]time.Time
	now    time.Time
}

func (v view) latest() Sample { return v.ring[len(v.ring)-1] }

// since returns the samples of the last while, or nothing where they do not reach back so far.
func (v view) since(d time.Duration) []Sample {
	from := v.now.Add(-d).UnixMilli()
	if len(v.ring) == 0 || v.ring[0].Time > from {
		return nil
	}
	for i, s := range v.ring {
		if s.Time >= from {
			return v.ring[i:]
		}
	}
	return nil
}

func mean(list []Sample, of func(Sample) float64) float64 {
	total := 0.0
	for _, s := range list {
		total += of(s)
	}
	return total / float64(max(1, len(list)))
}

func (v view) memory() []Hint {
	total, s := v.facts.Memory, v.latest()
	if total <= 0 || s.Available > total/10 {
		return nil
	}
	h := Hint{Kind: "memory", Level: Warning}
	if s.Available < total/20 {
		h.Level = Critical
	}
	h.Text = fmt.Sprintf("Memory is nearly full: %s of %s are in use", bytes(total-s.Available), bytes(total))
	if u, ok := v.greatest(); ok && u.RSS > total/10 {
		h.RunID = u.ID
		h.Text += fmt.Sprintf(", %s of it by the run %s", bytes(u.RSS), u.Name)
	}
	h.Text += ". If it runs out, the system ends programs. Make batches smaller, or let fewer runs work at a time."
	return []Hint{h}
}

func (v view) greatest() (u Use, ok bool) {
	for _, one := range v.uses {
		if one.RSS > u.RSS {
			u, ok = one, true
		}
	}
	return u, ok
}

func (v view) disk() []Hint {
	s := v.latest()
	total := s.DiskUsed + s.DiskFree
	if total <= 0 {
		return nil
	}
	if s.DiskFree < total/20 && s.DiskFree < 20<<30 || s.DiskFree < 1<<30 {
		h := Hint{Kind: "disk", Level: Warning, Text: fmt.Sprintf("The disk is nearly full: %s of %s are free. Delete what is not needed; with no space left, changes are refused.", bytes(s.DiskFree), bytes(total))}
		if s.DiskFree < 1<<30 {
			h.Level = Critical
		}
		return []Hint{h}
	}
	return v.filling()
}

const trend = 5 * time.Minute // of history that a forecast needs

// filling says when the disk will be full if it goes on like this.
func (v view) filling() []Hint {
	list := v.since(trend)
	if len(list) < 2 {
		return nil
	}
	a, b := list[0], list[len(list)-1]
	grown, took := b.DiskUsed-a.DiskUsed, time.Duration(b.Time-a.Time)*time.Millisecond
	if grown < 64<<20 || took <= 0 {
		return nil
	}
	left := time.Duration(float64(b.DiskFree) / float64(grown) * float64(took))
	if left > 24*time.Hour {
		return nil
	}
	return []Hint{{Kind: "disk", Level: Warning, Text: fmt.Sprintf("The disk will be full in about %s if it goes on like in the last minutes: %s are free and %s a minute are written.",
		span(left), bytes(b.DiskFree), bytes(int64(float64(grown)/took.Minutes())))}}
}

func (v view) cpu() []Hint {
	list := v.since(time.Minute)
	n := v.facts.Threads
	if len(list) == 0 || n == 0 || v.latest().Load < 2*float64(n) || mean(list, func(s Sample) float64 { return s.CPU }) < 90 {
		return nil
	}
	return []Hint{{Kind: "cpu", Level: Warning, Text: fmt.Sprintf("About %.0f processes compete for %d cores. Everything gets slower by that; let fewer runs work at a time, or give each fewer threads (OMP_NUM_THREADS).", v.latest().Load, n)}}
}

func (v view) queue() []Hint {
	list := v.since(30 * time.Second)
	if v.queued == 0 || len(list) == 0 {
		return nil
	}
	busy := mean(list, func(s Sample) float64 { return s.CPU })
	idle := int(float64(v.facts.Threads) * (100 - busy) / 100)
	if busy > 50 || idle < 1 || v.latest().Available < v.facts.Memory/4 {
		return nil
	}
	return []Hint{{Kind: "queue", Level: Info, Text: fmt.Sprintf("%s while %d of %d cores are idle and %s of memory are free. More runs could work at a time: raise the limit in the settings.",
		count(v.queued, "run waits", "runs wait"), idle, v.facts.Threads, bytes(v.latest().Available))}}
}

func (v view) gpu() []Hint {
	list := v.since(time.Minute)
	if len(list) == 0 || len(v.uses) == 0 {
		return nil
	}
	var out []Hint
	for i, g := range v.latest().GPUs {
		busy := mean(list, func(s Sample) float64 {
			if i < len(s.GPUs) {
				return s.GPUs[i].Percent
			}
			return 0
		})
		if g.Memory > 1<<30 && busy < 15 {
			out = append(out, Hint{Kind: "gpu", Level: Info, Text: fmt.Sprintf("The GPU %s holds %s but has computed only %.0f %% of the last minute. It may be waiting for data: load it with more workers.", g.Name, bytes(g.Memory), busy)})
		}
	}
	return out
}

const tooLongIdle = 5 * time.Minute

func (v view) idling() (out []Hint) {
	for _, u := range v.uses {
		since := v.idle[u.ID]
		if since.IsZero() || v.now.Sub(since) < tooLongIdle {
			continue
		}
		out = append(out, Hint{Kind: "idle", Level: Info, RunID: u.ID, Text: fmt.Sprintf("The run %s has done nothing for %s and holds %s of memory. It may be waiting for something that never comes.", u.Name, span(v.now.Sub(since)), bytes(u.RSS))})
	}
	return out
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// bytes says a size as people do.
func bytes(n int64) string {
	switch {
	case n >= 1<<40:
		return fmt.Sprintf("%.1f TiB", float64(n)/(1<<40))
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

func span(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	case d >= 2*time.Minute:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
	return fmt.Sprintf("%.0f seconds", d.Seconds())
}
