package prometheus

import (
	"context"
	"strconv"

	"rondo/backend/host"
)

// Host collects how busy the machine is, from the newest sample.
func Host(latest func() host.Sample) Collector {
	return func(context.Context) ([]Family, error) {
		s := latest()
		gauge := func(name, unit, help string, v float64) Family {
			return Family{Name: name, Kind: Gauge, Unit: unit, Help: help, Samples: []Sample{{Value: v}}}
		}
		list := []Family{
			gauge("rondo_host_cpu_ratio", "ratio", "Share of all cores in use.", s.CPU/100),
			gauge("rondo_host_load1", "", "Processes that want to run, over the last minute.", s.Load),
			gauge("rondo_host_memory_used_bytes", "bytes", "Memory in use.", float64(s.Memory)),
			gauge("rondo_host_memory_available_bytes", "bytes", "Memory that programs can still get.", float64(s.Available)),
			gauge("rondo_host_swap_used_bytes", "bytes", "Swap in use.", float64(s.Swap)),
			gauge("rondo_host_disk_used_bytes", "bytes", "Used space of the project's file system.", float64(s.DiskUsed)),
			gauge("rondo_host_disk_free_bytes", "bytes", "Free space of the project's file system.", float64(s.DiskFree)),
		}
		return append(list, devices(s)...), nil
	}
}

// devices are the graphics processors; without any there are no families.
func devices(s host.Sample) []Family {
	busy := Family{Name: "rondo_host_gpu_ratio", Kind: Gauge, Unit: "ratio", Help: "Share of a graphics processor in use."}
	memory := Family{Name: "rondo_host_gpu_memory_used_bytes", Kind: Gauge, Unit: "bytes", Help: "Memory of a graphics processor in use."}
	for _, g := range s.GPUs {
		labels := []Label{{"gpu", strconv.Itoa(g.Index)}, {"name", g.Name}}
		busy.Samples = append(busy.Samples, Sample{Labels: labels, Value: g.Percent / 100})
		memory.Samples = append(memory.Samples, Sample{Labels: labels, Value: float64(g.Memory)})
	}
	return []Family{busy, memory}
}
