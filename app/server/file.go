package server

import (
	"context"
	"os"
	"sync"
	"time"

	"rondo/backend/project"
)

const lookEvery = 500 * time.Millisecond

// file is rondo.yaml as it was last read well, and why it cannot be read now.
type file struct {
	project *project.Project

	mu      sync.Mutex
	stamp   stamp
	good    *project.File
	problem error
}

type stamp struct {
	size int64
	time time.Time
}

func openFile(p *project.Project) *file {
	f := &file{project: p, good: &project.File{Queue: project.Queue{Parallel: 1}}}
	f.look()
	return f
}

// current returns what holds now, and the problem of the file as it lies there.
func (f *file) current() (*project.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.good, f.problem
}

func (f *file) get() *project.File {
	good, _ := f.current()
	return good
}

// look reads the file again if it was touched, and reports whether it was.
func (f *file) look() bool {
	now := stampOf(f.project.Path(project.FileName))
	f.mu.Lock()
	defer f.mu.Unlock()
	if now == f.stamp {
		return false
	}
	f.stamp = now
	good, err := f.project.Read()
	if f.problem = err; err == nil {
		f.good = good
	}
	return true
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{size: -1}
	}
	return stamp{info.Size(), info.ModTime()}
}

// watch calls changed whenever the file was touched. It looks instead of being
// told: that works on every file system and in every container.
func (f *file) watch(ctx context.Context, changed func()) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if f.look() {
				changed()
			}
		}
	}
}
