package prometheus

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Process collects what a scraper expects of any Go program.
func Process(started time.Time, version string) Collector {
	return func(context.Context) ([]Family, error) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		var gc debug.GCStats
		debug.ReadGCStats(&gc)
		one := func(v float64, labels ...Label) []Sample { return []Sample{{Labels: labels, Value: v}} }
		list := []Family{
			{Name: "rondo_build_info", Kind: Gauge, Help: "The program; always 1.", Samples: one(1, Label{"version", version}, Label{"goversion", runtime.Version()})},
			{Name: "process_start_time_seconds", Kind: Gauge, Unit: "seconds", Help: "When the program started, since 1970.", Samples: one(float64(started.UnixMilli()) / 1000)},
			{Name: "go_goroutines", Kind: Gauge, Help: "Goroutines that exist now.", Samples: one(float64(runtime.NumGoroutine()))},
			{Name: "go_threads", Kind: Gauge, Help: "Threads of the operating system that were created.", Samples: one(float64(threads()))},
			{Name: "go_memstats_alloc_bytes", Kind: Gauge, Unit: "bytes", Help: "Heap in use.", Samples: one(float64(m.HeapAlloc))},
			{Name: "go_memstats_sys_bytes", Kind: Gauge, Unit: "bytes", Help: "Memory obtained from the system.", Samples: one(float64(m.Sys))},
			{Name: "go_memstats_mallocs_total", Kind: Counter, Help: "Objects allocated.", Samples: one(float64(m.Mallocs))},
			{Name: "go_gc_cycles_total", Kind: Counter, Help: "Garbage collections.", Samples: one(float64(gc.NumGC))},
			{Name: "go_gc_pause_seconds_total", Kind: Counter, Unit: "seconds", Help: "Time stopped for garbage collection.", Samples: one(gc.PauseTotal.Seconds())},
		}
		return append(list, system()...), nil
	}
}

func threads() int {
	n, _ := runtime.ThreadCreateProfile(nil)
	return n
}

// system reads what Linux tells of the process; elsewhere there is nothing to show.
func system() (list []Family) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 22 {
		return nil
	}
	value := func(i int) float64 { v, _ := strconv.ParseFloat(f[i], 64); return v }
	list = []Family{
		{Name: "process_cpu_seconds_total", Kind: Counter, Unit: "seconds", Help: "User and system time of the processor.", Samples: []Sample{{Value: (value(11) + value(12)) / 100}}},
		{Name: "process_virtual_memory_bytes", Kind: Gauge, Unit: "bytes", Help: "Virtual memory.", Samples: []Sample{{Value: value(20)}}},
		{Name: "process_resident_memory_bytes", Kind: Gauge, Unit: "bytes", Help: "Memory held in RAM.", Samples: []Sample{{Value: value(21) * float64(os.Getpagesize())}}},
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		list = append(list, Family{Name: "process_open_fds", Kind: Gauge, Help: "Open files.", Samples: []Sample{{Value: float64(len(entries))}}})
	}
	return list
}
