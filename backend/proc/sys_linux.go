package proc

import "golang.org/x/sys/unix"

const (
	canAdopt = true
	rssUnit  = 1024 // getrusage(2): kilobytes
)

// adopt makes orphaned descendants our children instead of init's.
func adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

func waitFor(int) int { return -1 }
