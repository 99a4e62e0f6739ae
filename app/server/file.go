package server

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

const lookEvery = 500 * time.Millisecond

// file is rondo.yaml as it was last read well, and why it cannot be read now.
type file struct {
	project *project.Project

	mu      sync.Mutex
	stamp   stamp
	inputs  map[string]stamp // what of another tool's project was read, too
	texts   dvc.Readings
	touched bool // since the last call of changed
	good    *project.File
	problem error
	refused error // why the nouns did not take what was last read well, or not all of it
}

type stamp struct {
	size int64
	time time.Time
}

func openFile(p *project.Project) *file {
	f := &file{project: p, good: &project.File{Queue: project.Queue{Parallel: 1}}}
	f.changed()
	return f
}

// current returns what was last read well, and the problem of the file as it lies there now.
func (f *file) current() (*project.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	if f.problem == nil {
		return f.good, f.refused
	}
	return f.good, f.problem
}

// lies returns what was last read well, and why the file as it lies there cannot be read.
func (f *file) lies() (*project.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	return f.good, f.problem
}

// waits reports whether the nouns could not take all of the file, which may pass.
func (f *file) waits() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused != nil
}

// taken notes what the nouns said of what was last read well, and whether they had said it before.
func (f *file) taken(err error) (news bool) {
	if err != nil {
		err = errs.New(errs.KindOf(err), "%s cannot be used as it is: %w", project.FileName, err).WithHint("%s", errs.HintOf(err))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.refused
	f.refused = err
	return fmt.Sprint(was) != fmt.Sprint(err)
}

func (f *file) get() *project.File {
	good, _ := f.current()
	return good
}

// replace writes the file for one who had read it as it was; of several at once, one does.
func (f *file) replace(text, was string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.project.Replace(text, was)
}

// changed reports whether the file was touched since the last call.
func (f *file) changed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	was := f.touched
	f.touched = false
	return was
}

// look reads the file again if it was touched.
func (f *file) look() {
	now := stampOf(f.project.Path(project.FileName))
	if now == f.stamp && maps.Equal(f.inputs, stampsOf(f.project, slices.Collect(maps.Keys(f.inputs)))) {
		return
	}
	f.stamp, f.touched = now, true
	good, inputs, err := read(f.project, &f.texts)
	f.inputs = stampsOf(f.project, inputs)
	if f.problem = err; err == nil {
		f.good = good
	}
}

// again reads what may have come beside the files that are known, before something is
// begun by it.
func (f *file) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
	if len(f.inputs) == 0 {
		return
	}
	touched, inputs := f.touched, f.inputs
	f.stamp = stamp{size: -2}
	f.look()
	f.touched = touched || !maps.Equal(inputs, f.inputs)
}

func stampsOf(p *project.Project, names []string) map[string]stamp {
	out := map[string]stamp{}
	for _, name := range names {
		out[name] = stampOf(p.Path(filepath.FromSlash(name)))
	}
	return out
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{size: -1}
	}
	return stamp{info.Size(), info.ModTime()}
}

// watch calls fn again and again. It looks instead of being told: that works on every
// file system and in every container.
func watch(ctx context.Context, fn func()) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fn()
		}
	}
}
