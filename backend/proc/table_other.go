//go:build !linux

package proc

import (
	"strconv"
	"sync"

	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/process"
)

const exactBoot = false // it is the time of it, which a clock that is set anew changes

var bootID = sync.OnceValue(func() string {
	t, err := host.BootTime()
	if err != nil {
		return unknownBoot
	}
	return strconv.FormatUint(t/10, 10) // seconds; the clock may be set by some
})

// row is one process as the system shows it.
type row struct {
	pid, parent, group int
	zombie             bool
	start              int64
	ticks              int64 // CPU time used, in 1/100 s
	rss                int64 // bytes
}

func startOf(pid int) (int64, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, err
	}
	return p.CreateTime()
}

// table lists every process that can be seen.
func table() []row {
	list, err := process.Processes()
	if err != nil {
		return nil
	}
	rows := make([]row, 0, len(list))
	for _, p := range list {
		parent, err := p.Ppid()
		if err != nil {
			continue
		}
		r := row{pid: int(p.Pid), parent: int(parent), group: groupOf(int(p.Pid))}
		r.start, _ = p.CreateTime()
		if t, err := p.Times(); err == nil {
			r.ticks = int64((t.User + t.System) * 100)
		}
		if m, err := p.MemoryInfo(); err == nil {
			r.rss = int64(m.RSS)
		}
		rows = append(rows, r)
	}
	return rows
}

// marked cannot tell here: the environment of others is not readable.
func marked(int, string) bool { return false }

// disk returns the bytes a process has read and written, where the system tells.
func disk(pid int) (read, written int64) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, 0
	}
	c, err := p.IOCounters()
	if err != nil {
		return 0, 0
	}
	return int64(c.ReadBytes), int64(c.WriteBytes)
}
