package proc

import "os"

// Ident names one process for ever: a pid alone is used again by others.
type Ident struct {
	PID   int    `json:"pid"`
	Start int64  `json:"start"` // the system's own unit since boot (Linux: clock ticks) or, elsewhere, ms since 1970
	Boot  string `json:"boot"`
}

// Self names this process.
func Self() Ident {
	id, err := Of(os.Getpid())
	if err != nil {
		return Ident{PID: os.Getpid()}
	}
	return id
}

// Of names the process that has the pid now.
func Of(pid int) (Ident, error) {
	start, err := startOf(pid)
	return Ident{PID: pid, Start: start, Boot: bootID()}, err
}

// Alive reports whether exactly this process still runs; a zombie does not.
func (id Ident) Alive() bool {
	if id.PID <= 0 || id.Boot != bootID() {
		return false
	}
	start, err := startOf(id.PID)
	return err == nil && start == id.Start
}

// Boot is which of the machine's starts this is; empty where that cannot be told for sure.
func Boot() string {
	if id := bootID(); exactBoot && id != unknownBoot {
		return id
	}
	return ""
}

const unknownBoot = "unknown"
