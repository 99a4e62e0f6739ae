// Package gpu asks nvidia-smi, where there is one, how busy the graphics
// processors are. Machines without it answer nothing and cost nothing.
package gpu

import (
	"context"
	"encoding/csv"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Use is one processor's state.
type Use struct {
	Index    int     `json:"index"`
	Name     string  `json:"name"`
	Percent  float64 `json:"percent"`
	Memory   int64   `json:"mem_bytes"`
	Total    int64   `json:"mem_total_bytes"`
	Celsius  float64 `json:"celsius"`
	PowerWat float64 `json:"power_w"`
}

var tool = sync.OnceValue(func() string {
	path, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return ""
	}
	return path
})

var last struct {
	sync.Mutex
	at  time.Time
	use []Use
}

// Sample returns the state of every processor, at most five seconds old.
func Sample(now time.Time) []Use {
	if tool() == "" {
		return nil
	}
	last.Lock()
	defer last.Unlock()
	if now.Sub(last.at) > 5*time.Second {
		last.at, last.use = now, query()
	}
	return last.use
}

func query() []Use {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// The exit status may be taken by whoever reaps all children; what counts is the output.
	out, _ := exec.CommandContext(ctx, tool(),
		"--query-gpu=index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw",
		"--format=csv,noheader,nounits").Output()
	return Parse(string(out))
}

// Parse reads nvidia-smi's CSV; what a processor does not tell ("[N/A]") is zero.
func Parse(text string) []Use {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, 7
	rows, err := r.ReadAll()
	if err != nil {
		return nil
	}
	num := func(s string) float64 {
		f, _ := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return f
	}
	var list []Use
	for _, f := range rows {
		list = append(list, Use{
			Index: int(num(f[0])), Name: f[1], Percent: num(f[2]),
			Memory: int64(num(f[3])) << 20, Total: int64(num(f[4])) << 20, Celsius: num(f[5]), PowerWat: num(f[6]),
		})
	}
	return list
}
