// Package host tells facts about this machine: what it is, and how busy it is now.
// It changes nothing and remembers nothing longer than a chart is wide.
package host

import (
	"os"
	"os/exec"
	"runtime"
	"sync"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/disk"
	gohost "github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"

	"rondo/backend/proc/gpu"
)

// Facts say what a machine is. What it does not tell is empty.
type Facts struct {
	Name     string       `json:"name,omitempty"`
	OS       string       `json:"os"`                 // linux, darwin, windows
	Platform string       `json:"platform,omitempty"` // such as "debian 13.1"
	Kernel   string       `json:"kernel,omitempty"`
	Arch     string       `json:"arch"`
	CPU      string       `json:"cpu,omitempty"`
	Cores    int          `json:"cores"`   // physical
	Threads  int          `json:"threads"` // that run at a time
	Memory   int64        `json:"memory_bytes"`
	Swap     int64        `json:"swap_bytes"`
	Disk     int64        `json:"disk_bytes"` // of the file system that holds the project
	GPUs     []gpu.Device `json:"gpus"`
	Python   string       `json:"python,omitempty"` // the one found first
	Go       string       `json:"go"`               // that Rondo was built with
}

// Look gathers the facts; dir is the project folder.
func Look(dir string) Facts {
	f := machine()
	if d, err := disk.Usage(dir); err == nil {
		f.Disk = int64(d.Total)
	}
	return f
}

// machine is what does not change while the program runs.
var machine = sync.OnceValue(func() Facts {
	f := Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Threads: runtime.NumCPU(), Cores: runtime.NumCPU(), GPUs: []gpu.Device{}}
	f.Name, _ = os.Hostname()
	f.Kernel, _ = gohost.KernelVersion()
	if name, _, version, err := gohost.PlatformInformation(); err == nil {
		f.Platform = join(name, version)
	}
	if list, err := cpu.Info(); err == nil && len(list) > 0 {
		f.CPU = list[0].ModelName
	}
	if n, err := cpu.Counts(false); err == nil && n > 0 {
		f.Cores = n
	}
	if m, err := mem.VirtualMemory(); err == nil {
		f.Memory = int64(m.Total)
	}
	if m, err := mem.SwapMemory(); err == nil {
		f.Swap = int64(m.Total)
	}
	f.GPUs = append(f.GPUs, gpu.List()...)
	f.Python = python()
	return f
})

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// python finds an interpreter and does not run it.
func python() string {
	for _, name := range []string{"python3", "python"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
