package proc

import "os"

// tree names the processes of a run.
type tree struct {
	runID string
	group int // process group of the command
	above int // the supervisor, whose descendants all are ours; 0 where it is gone
}

// members lists the living processes of the run. Marks also finds those that left
// the group and whose parents are gone; it reads more, so it is for ending only.
func (t tree) members(marks bool) []row {
	rows := table()
	ours := map[int]bool{}
	if t.above > 0 {
		ours[t.above] = true
	}
	for grown := true; grown; {
		grown = false
		for _, r := range rows {
			if !ours[r.pid] && (ours[r.parent] || t.group > 0 && r.group == t.group) {
				ours[r.pid], grown = true, true
			}
		}
	}
	var list []row
	for _, r := range rows {
		if r.pid == t.above || r.pid == os.Getpid() || r.zombie {
			continue
		}
		if ours[r.pid] || marks && marked(r.pid, t.runID) {
			list = append(list, r)
		}
	}
	return list
}
