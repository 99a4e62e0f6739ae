//go:build !windows && !linux

package proc

import (
	"runtime"

	"golang.org/x/sys/unix"
)

const canAdopt = false

// rssUnit is what getrusage counts in: bytes on macOS, kilobytes elsewhere.
var rssUnit = map[bool]int64{true: 1, false: 1024}[runtime.GOOS == "darwin"]

func adopt() error { return nil }

func waitFor(main int) int { return main }

func groupOf(pid int) int {
	g, err := unix.Getpgid(pid)
	if err != nil {
		return 0
	}
	return g
}
