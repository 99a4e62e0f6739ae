package host

import (
	"strings"
	"testing"
	"time"

	"rondo/backend/proc/gpu"
)

const gib = int64(1) << 30

// calm is a machine on which nothing is short.
func calm(samples int, change func(i int, s *Sample)) view {
	now := time.UnixMilli(1_700_000_000_000)
	v := view{facts: Facts{Threads: 8, Memory: 16 * gib}, now: now, idle: map[string]time.Time{}}
	for i := range samples {
		s := Sample{
			Time: now.Add(time.Duration(i-samples+1) * 2 * time.Second).UnixMilli(),
			CPU:  20, Load: 1, Memory: 4 * gib, Available: 12 * gib, DiskUsed: 100 * gib, DiskFree: 100 * gib,
		}
		if change != nil {
			change(i, &s)
		}
		v.ring = append(v.ring, s)
	}
	return v
}

func (v view) sampler() *Sampler {
	return &Sampler{opts: Options{Now: func() time.Time { return v.now }}, facts: v.facts, ring: v.ring, recent: v.uses, queued: v.queued, idle: v.idle}
}

func TestHintsSayWhatIsShortOrWasted(t *testing.T) {
	for name, c := range map[string]struct {
		view func() view
		want string // kind level words
	}{
		"calm": {func() view { return calm(300, nil) }, ""},
		"memory": {func() view {
			v := calm(10, func(_ int, s *Sample) { s.Available = gib / 2 })
			v.uses = []Use{{ID: "1", Name: "small", RSS: gib, CPU: 50}, {ID: "2", Name: "calm-heron", RSS: 9 * gib, CPU: 50}}
			return v
		}, "memory critical Memory is nearly full: 15.5 GiB of 16.0 GiB are in use, 9.0 GiB of it by the run calm-heron."},
		"disk full": {func() view { return calm(1, func(_ int, s *Sample) { s.DiskFree = gib / 2 }) }, "disk critical 512 MiB of 100.5 GiB are free"},
		"disk filling": {func() view {
			return calm(200, func(i int, s *Sample) { s.DiskUsed += int64(i) * gib / 20; s.DiskFree -= int64(i) * gib / 20 })
		}, "disk warning will be full in about 60 minutes"},
		"crowded":         {func() view { return calm(40, func(_ int, s *Sample) { s.CPU, s.Load = 99, 30 }) }, "cpu warning About 30 processes compete for 8 cores"},
		"queue":           {func() view { v := calm(40, nil); v.queued = 3; return v }, "queue info 3 runs wait while 6 of 8 cores are idle and 12.0 GiB of memory are free"},
		"queue, but busy": {func() view { v := calm(40, func(_ int, s *Sample) { s.CPU = 90 }); v.queued = 3; return v }, ""},
		"idle": {func() view {
			v := calm(5, nil)
			v.uses, v.idle = []Use{{ID: "x", Name: "hung", RSS: gib}}, map[string]time.Time{"x": v.now.Add(-10 * time.Minute)}
			return v
		}, "idle info The run hung has done nothing for 10 minutes and holds 1.0 GiB"},
		"gpu": {func() view {
			v := calm(40, func(_ int, s *Sample) { s.GPUs = []gpu.Use{{Name: "A", Percent: 3, Memory: 8 * gib}} })
			v.uses = []Use{{ID: "x", CPU: 100}}
			return v
		}, "gpu info The GPU A holds 8.0 GiB but has computed only 3 %"},
	} {
		hints := c.view().sampler().Hints()
		if c.want == "" {
			if len(hints) > 0 {
				t.Errorf("%s: %+v", name, hints)
			}
			continue
		}
		kind, rest, _ := strings.Cut(c.want, " ")
		level, words, _ := strings.Cut(rest, " ")
		if len(hints) != 1 || hints[0].Kind != kind || hints[0].Level != level || !strings.Contains(hints[0].Text, words) {
			t.Errorf("%s: %+v, want %s", name, hints, c.want)
		}
	}
}

func TestTheSamplerLooksAndForgets(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	uses := []Use{{ID: "x", Name: "x", CPU: 0}}
	s := New(Options{Dir: t.TempDir(), Keep: 8, Now: func() time.Time { return now }, Runs: func() ([]Use, int) { return uses, 2 }})
	for range 30 {
		now = now.Add(2 * time.Second)
		s.Take()
	}
	list := s.History(0, 0)
	if len(list) > 8 || len(list) < 4 || list[len(list)-1].Time != now.UnixMilli() {
		t.Errorf("%d samples up to %d", len(list), list[len(list)-1].Time)
	}
	last := s.Latest()
	if last.Available <= 0 || last.DiskFree <= 0 || last.CPU < 0 || last.CPU > 100 {
		t.Errorf("sample %+v", last)
	}
	if got := s.History(now.Add(-3*time.Second).UnixMilli(), 0); len(got) != 2 {
		t.Errorf("%d samples of the last 3 seconds, want 2", len(got))
	}
	if got := s.History(0, 2); len(got) != 2 || got[1].Time != now.UnixMilli() {
		t.Errorf("two samples: %+v", got)
	}
	if s.idle["x"].IsZero() || now.Sub(s.idle["x"]) != time.Minute {
		t.Errorf("x is idle since %v", s.idle["x"])
	}
	if uses[0].CPU = 80; true {
		s.Take()
	}
	if len(s.idle) != 0 {
		t.Error("a busy run counts as idle")
	}
	f := s.Facts()
	if f.OS == "" || f.Threads < 1 || f.Memory <= 0 || f.Disk <= 0 {
		t.Errorf("facts %+v", f)
	}
}
