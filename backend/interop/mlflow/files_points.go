package mlflow

import (
	"bufio"
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"rondo/backend/run"
)

const maxLine = 64 << 10 // bytes of one line of a metric's file

// Points implements Source: a file for each metric, a line for each point.
func (f *files) Points(ctx context.Context, r Run, fn func([]run.Point) error) error {
	dir, _ := r.inside.(string)
	m := newMeasured(f.models[r.ID])
	var list []run.Point
	f.walk(path.Join(dir, "metrics"), func(key, name string, _ int64) {
		f.lines(name, r.ID, func(words []string) bool {
			p, ok := pointOf(key, words)
			if ok && len(words) >= 5 {
				p.Dataset = run.Dataset{Name: strings.Join(words[3:len(words)-1], " "), Digest: words[len(words)-1]}
			}
			if ok {
				list = m.add(list, p)
			}
			return ok
		})
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fn(m.rest(list))
}

// lines reads a file of points; a line that cannot be read is told, and passed over.
func (f *files) lines(name, run string, fn func(words []string) bool) {
	info, err := f.root.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no file")
	}
	if err != nil {
		f.opts.Left("part of a run", run, fmt.Sprintf("%s cannot be read: %v", name, err))
		return
	}
	r, err := f.root.Open(name)
	if err != nil {
		f.opts.Left("part of a run", run, fmt.Sprintf("%s cannot be read: %v", name, err))
		return
	}
	defer r.Close()
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), maxLine)
	for n := 1; s.Scan(); n++ {
		if line := strings.TrimSpace(s.Text()); line != "" && !fn(strings.Split(line, " ")) {
			f.opts.Left("part of a run", run, fmt.Sprintf("line %d of %s is no point: %.80q", n, name, line))
		}
	}
	if s.Err() != nil {
		f.opts.Left("part of a run", run, fmt.Sprintf("%s cannot be read to its end: %v", name, s.Err()))
	}
}

// pointOf reads "time value" and "time value step".
func pointOf(key string, words []string) (p run.Point, ok bool) {
	if len(words) < 2 {
		return p, false
	}
	p.Key = key
	var err error
	if p.Time, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return p, false
	}
	if p.Value, err = strconv.ParseFloat(words[1], 64); err != nil && !strings.Contains(err.Error(), "range") {
		return p, false
	}
	if len(words) > 2 {
		if p.Step, err = strconv.ParseInt(words[2], 10, 64); err != nil {
			return p, false
		}
	}
	return p, true
}

// measure reads what was measured of the logged models of an experiment.
func (f *files) measure(dir string) {
	f.models = map[string][]measured{}
	for _, id := range f.folders(path.Join(dir, "models")) {
		f.walk(path.Join(dir, "models", id, "metrics"), func(key, name string, _ int64) {
			f.lines(name, id, func(words []string) bool {
				p, ok := pointOf(key, words)
				if !ok || len(words) < 4 {
					return false
				}
				p.Model = id
				if len(words) >= 6 {
					p.Dataset = run.Dataset{Name: strings.Join(words[4:len(words)-1], " "), Digest: words[len(words)-1]}
				}
				f.models[words[3]] = append(f.models[words[3]], measured{p})
				return true
			})
		})
	}
}
