package proc

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/errs"
)

const exactBoot = true

var bootID = sync.OnceValue(func() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return unknownBoot
	}
	return strings.TrimSpace(string(b))
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
	r, err := readRow(pid)
	if err == nil && r.zombie {
		err = errs.New(errs.NotFound, "process %d has ended", pid)
	}
	return r.start, err
}

// readRow parses /proc/PID/stat; the name in it may hold anything, so parsing
// starts after its last parenthesis (proc_pid_stat(5)).
func readRow(pid int) (row, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return row{}, err
	}
	return parseRow(pid, b)
}

func parseRow(pid int, b []byte) (row, error) {
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 22 {
		return row{}, errs.New(errs.Corrupt, "/proc/%d/stat has %d fields", pid, len(f))
	}
	num := func(i int) int64 {
		n, _ := strconv.ParseInt(f[i], 10, 64)
		return n
	}
	return row{
		pid: pid, parent: int(num(1)), group: int(num(2)), zombie: f[0] == "Z" || f[0] == "X",
		ticks: num(11) + num(12), start: num(19), rss: num(21) * int64(os.Getpagesize()),
	}, nil
}

// table lists every process that can be seen.
func table() []row {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	rows := make([]row, 0, len(names))
	for _, n := range names {
		pid, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		if r, err := readRow(pid); err == nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// marked reports whether the process inherited the run's marker.
func marked(pid int, runID string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(append([]byte{0}, b...), []byte("\x00"+Marker+"="+runID+"\x00"))
}

// disk returns the bytes a process has read from and written to storage.
func disk(pid int) (read, written int64) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/io")
	if err != nil {
		return 0, 0
	}
	for _, l := range strings.Split(string(b), "\n") {
		if v, ok := strings.CutPrefix(l, "read_bytes: "); ok {
			read, _ = strconv.ParseInt(v, 10, 64)
		}
		if v, ok := strings.CutPrefix(l, "write_bytes: "); ok {
			written, _ = strconv.ParseInt(v, 10, 64)
		}
	}
	return read, written
}
