package pipeline

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
)

// doubted is in front of the place of a file of which what is remembered is not believed.
const doubted = "doubted "

// note remembers what a file was read to hold, unless it could change again and look the same. One that
// holds something else than before, though nothing gave it a new time, has lost what it held: what is
// remembered of it stays, and is believed no more.
func (e *eyes) note(full string, now glance, began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	was, doubt := e.known[doubted+full]
	if !doubt {
		was = e.known[full]
	}
	if e.lost[full] = !e.justMade(full) && !was.digest.IsZero() && was.digest != now.digest && was.stamp.SameTime(now.stamp); e.lost[full] {
		delete(e.known, full)
		e.known[doubted+full], e.fresh = was, true
		return
	}
	if doubt {
		delete(e.known, doubted+full)
		e.fresh = true
	}
	if now.stamp.Settled(began) {
		e.known[full], e.fresh = now, true
	}
}

// makes notes that a stage is run, whose outs have lost nothing then, whatever time they are given.
func (e *eyes) makes(n *Node) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range n.Outs {
		e.made[filepath.Join(e.dir, filepath.FromSlash(o.Path))] = true
	}
}

// justMade reports whether a place is, or lies in, an out that a stage was run for.
func (e *eyes) justMade(full string) bool {
	for ; len(full) > len(e.dir); full = filepath.Dir(full) {
		if e.made[full] {
			return true
		}
	}
	return false
}

// lostIn are files at or below a path that were read and have lost what they held.
func (e *eyes) lostIn(p string) (list []string) {
	full, err := e.resolve(p)
	if err != nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, at := range slices.Sorted(maps.Keys(e.lost)) {
		if e.lost[at] && (at == full || strings.HasPrefix(at, full+string(filepath.Separator))) {
			list = append(list, at)
		}
	}
	return list
}

// notLost refuses to let a stage read such files, all of which were looked at.
func (e *eyes) notLost(paths []string) error {
	var names []string
	for _, p := range paths {
		for _, at := range e.lostIn(p) {
			if rel, err := filepath.Rel(e.dir, at); err == nil {
				names = append(names, filepath.ToSlash(rel))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	text, files := strings.Join(names[:min(maxLost, len(names))], ", "), strings.Join(names[:min(maxLost, len(names))], " ")
	if more := len(names) - maxLost; more > 0 {
		text, files = fmt.Sprintf("%s and %d more", text, more), "FILE…"
	}
	return errs.New(errs.Conflict, "%s changed without a new time: a disk that lost a write leaves that", text).
		WithHint("bring back what was there (of a dataset: rondo data checkout --force NAME); or, if it is meant to be as it is, give it a new time: touch %s", files)
}

const maxLost = 5 // files that are named

// takenOver believes of files that have lost what they held that they are meant so where a snapshot has them as they are.
func (s *Service) takenOver(ctx context.Context, paths []string) error {
	if !s.eyes.doubts() {
		return nil
	}
	defer s.eyes.save()
	for _, p := range paths {
		a, err := s.eyes.look(ctx, p)
		lost := s.eyes.lostIn(p)
		if err != nil || len(lost) == 0 {
			continue // what is not there, or cannot be read, is told when it is its turn
		}
		ids, err := s.opts.SnapshotOf(ctx, a.Digest.String())
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			s.eyes.accept(lost)
		}
	}
	return nil
}

func (e *eyes) doubts() bool {
	e.learn()
	e.mu.Lock()
	defer e.mu.Unlock()
	for at := range e.known {
		if strings.HasPrefix(at, doubted) {
			return true
		}
	}
	return false
}

// accept takes files as they are.
func (e *eyes) accept(files []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, at := range files {
		delete(e.known, doubted+at)
		delete(e.lost, at)
		e.fresh = true
	}
}
