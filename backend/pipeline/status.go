package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/project"
)

// Freshness of a stage.
const (
	Fresh = "fresh" // would be skipped
	Stale = "stale"
)

// StageStatus says whether a stage would run, and why.
type StageStatus struct {
	Name     string          `json:"name"`
	Desc     string          `json:"desc,omitempty"`
	Cmd      []string        `json:"cmd"`
	Deps     []string        `json:"deps"`
	Outs     []string        `json:"outs"`
	Metrics  []string        `json:"metrics"`
	Plots    []string        `json:"plots"`
	Params   []project.Param `json:"params"`
	Upstream []string        `json:"upstream"`
	From     string          `json:"from,omitempty"` // its place in another tool's project, such as sub/dvc.yaml:train
	State    string          `json:"state"`          // fresh, stale or frozen
	Reasons  []string        `json:"reasons"`
}

// seen is what a stage has in front of it now.
type seen struct {
	deps    []Artifact
	params  map[string]string
	outs    []Artifact
	missing []string // deps that are not there
	reasons []string
	outOnly bool // nothing but missing outs speaks for running it
}

// examine compares a stage with its entry in the lock. Set are params as they would be.
func (e *eyes) examine(ctx context.Context, n *Node, lock Lock, set map[string]string) (s seen, err error) {
	old, known := lock.Stages[n.Name]
	if !known {
		s.reasons = append(s.reasons, e.never(n.Name))
	}
	if known && !slices.Equal(old.Cmd, n.Cmd) {
		s.reasons = append(s.reasons, "its cmd changed")
	}
	if known && old.Wdir != n.Wdir {
		s.reasons = append(s.reasons, "its wdir changed")
	}
	if err := e.examineDeps(ctx, n, old, known, &s); err != nil {
		return s, err
	}
	if s.params, err = e.params(n.Wdir, n.Params, set); err != nil {
		return s, err
	}
	if known {
		s.reasons = append(s.reasons, paramReasons(old.Params, s.params)...)
	}
	before := len(s.reasons)
	if err := e.examineOuts(ctx, n, old, known, &s); err != nil {
		return s, err
	}
	s.outOnly = before == 0 && len(s.reasons) > 0
	if n.AlwaysChanged {
		s.reasons, s.outOnly = append(s.reasons, "it is declared always_changed"), false
	}
	return s, nil
}

func (e *eyes) examineDeps(ctx context.Context, n *Node, old LockStage, known bool, s *seen) error {
	was := byPath(fromLock(old.Deps))
	for _, d := range n.Deps {
		a, err := e.look(ctx, d)
		if errors.Is(err, errGone) {
			s.reasons = append(s.reasons, "dep "+d+" is missing")
			s.missing = append(s.missing, d)
			continue
		}
		if err != nil {
			return err
		}
		s.deps = append(s.deps, a)
		switch o, had := was[d]; {
		case !known:
		case !had:
			s.reasons = append(s.reasons, "dep "+d+" is new")
		case o.Digest != a.Digest:
			s.reasons = append(s.reasons, "dep "+d+" changed")
		}
		delete(was, d)
	}
	for _, gone := range slices.Sorted(maps.Keys(was)) {
		s.reasons = append(s.reasons, "dep "+gone+" is no longer declared")
	}
	return nil
}

func (e *eyes) examineOuts(ctx context.Context, n *Node, old LockStage, known bool, s *seen) error {
	was := byPath(fromLock(old.Outs))
	for _, o := range n.Outs {
		a, err := e.look(ctx, o.Path)
		switch before, had := was[o.Path]; {
		case errors.Is(err, errGone) && !known: // of course
		case errors.Is(err, errGone):
			s.reasons = append(s.reasons, "out "+o.Path+" is missing")
		case err != nil:
			return err
		case known && !had:
			s.reasons = append(s.reasons, "out "+o.Path+" is new")
		case known && before.Digest != a.Digest:
			s.reasons = append(s.reasons, "out "+o.Path+" was changed by something else")
			s.outs = append(s.outs, a)
		default:
			s.outs = append(s.outs, a)
		}
	}
	return nil
}

func byPath(list []Artifact) map[string]Artifact {
	m := make(map[string]Artifact, len(list))
	for _, a := range list {
		m[a.Path] = a
	}
	return m
}

func paramReasons(old, now map[string]string) (list []string) {
	for _, k := range slices.Sorted(maps.Keys(now)) {
		was, had := old[k]
		if !had {
			list = append(list, fmt.Sprintf("param %s is new: %s", k, now[k]))
		} else if was != now[k] {
			list = append(list, fmt.Sprintf("param %s: %s → %s", k, was, now[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, still := now[k]; !still {
			list = append(list, "param "+k+" is gone")
		}
	}
	return list
}

// status looks at every stage. One that an earlier stage would feed anew is stale too.
func (e *eyes) status(ctx context.Context, g Graph, lock Lock, in Request, books Books) ([]StageStatus, error) {
	list, stale := []StageStatus{}, map[string]bool{}
	for _, n := range g {
		st := describe(n)
		s, err := e.examineAny(ctx, n, lock, in.Params, books)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			s.reasons = append(s.reasons, err.Error())
		}
		s.expect(n, g, stale)
		if in.Force {
			s.reasons = append(s.reasons, "it was forced")
		}
		for _, up := range n.Upstream {
			if stale[up] {
				s.reasons = append(s.reasons, "stage "+up+" will run before it")
			}
		}
		switch {
		case n.Frozen:
			st.State = Frozen
		case len(s.reasons) > 0:
			st.State, st.Reasons, stale[n.Name] = Stale, s.reasons, true
		}
		list = append(list, st)
	}
	return list, nil
}

// expect leaves out deps that are missing and that a stage which runs before will make.
func (s *seen) expect(n *Node, g Graph, stale map[string]bool) {
	for _, up := range g {
		if !stale[up.Name] || !slices.Contains(n.Upstream, up.Name) {
			continue
		}
		s.reasons = slices.DeleteFunc(s.reasons, func(why string) bool {
			return slices.ContainsFunc(up.Outs, func(o project.Out) bool { return why == "dep "+o.Path+" is missing" })
		})
	}
}

func describe(n *Node) StageStatus {
	st := StageStatus{
		Name: n.Name, Desc: n.Desc, Cmd: n.Cmd, Deps: nonNil(n.Deps), Upstream: nonNil(n.Upstream), State: Fresh, Reasons: []string{}, From: n.From,
		Outs: paths(n.Stage.Outs), Metrics: paths(n.Metrics), Plots: paths(n.Plots), Params: n.Params,
	}
	if st.Params == nil {
		st.Params = []project.Param{}
	}
	return st
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func paths(list project.Outs) []string {
	out := []string{}
	for _, o := range list {
		out = append(out, o.Path)
	}
	return out
}

// because joins reasons for a person.
func because(reasons []string) string { return strings.Join(reasons, "; ") }
