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

// Device is one processor as a machine's fact.
type Device struct {
	Name   string `json:"name"`
	Memory int64  `json:"memory_bytes"`
	Driver string `json:"driver,omitempty"` // its version, which decides what a computation gives
}

var tool = sync.OnceValue(look)

func look() string {
	path, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return ""
	}
	return path
}

var last struct {
	sync.Mutex
	at  time.Time
	use []Use
}

// shelfLife keeps what asking costs (a process of some 25 ms) below two percent of a core.
const shelfLife = 2 * time.Second

// Sample returns the state of every processor, at most two seconds old.
func Sample(now time.Time) []Use {
	if tool() == "" {
		return nil
	}
	last.Lock()
	defer last.Unlock()
	if now.Sub(last.at) >= shelfLife {
		last.at, last.use = now, Parse(query("index,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw"))
	}
	return last.use
}

// List returns the processors of this machine.
func List() []Device {
	if tool() == "" {
		return nil
	}
	return parseDevices(query("name,memory.total,driver_version"))
}

func query(fields string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	// The exit status may be taken by whoever reaps all children; what counts is the output.
	out, _ := exec.CommandContext(ctx, tool(), "--query-gpu="+fields, "--format=csv,noheader,nounits").Output()
	return string(out)
}

// Parse reads nvidia-smi's CSV; what a processor does not tell ("[N/A]") is zero.
func Parse(text string) []Use {
	var list []Use
	for _, f := range rows(text, 7) {
		list = append(list, Use{
			Index: int(num(f[0])), Name: f[1], Percent: num(f[2]),
			Memory: mib(f[3]), Total: mib(f[4]), Celsius: num(f[5]), PowerWat: num(f[6]),
		})
	}
	return list
}

// parseDevices reads name, memory in MiB and driver.
func parseDevices(text string) []Device {
	var list []Device
	for _, f := range rows(text, 3) {
		list = append(list, Device{Name: f[0], Memory: mib(f[1]), Driver: f[2]})
	}
	return list
}

// rows is empty for what is no table of that many columns, such as a message that the driver does not answer.
func rows(text string, columns int) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, columns
	list, err := r.ReadAll()
	if err != nil {
		return nil
	}
	return list
}

func num(s string) float64 {
	f, _ := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return f
}

func mib(s string) int64 { return int64(num(s)) << 20 }
