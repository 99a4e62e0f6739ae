package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/store"
)

// compare checks everything that the record tells against what came out again.
func (r *Reproduction) compare(e Execution, results map[string]StageResult, env map[string]string, run RunState, inside differences) {
	r.Checks = []Check{}
	models := e.Spec.modelAt()
	for _, st := range e.Stages {
		again, ok := results[st.Name]
		if st.State == Frozen {
			continue
		}
		r.check(CheckStage, "stage "+st.Name+" runs", Ran, stateWord(again, ok))
		if !ok {
			continue
		}
		for _, k := range slices.Sorted(maps.Keys(st.Params)) {
			r.check(CheckParam, "param "+k, st.Params[k], again.Params[k])
		}
		now := byPath(again.Deps)
		for _, a := range st.Deps {
			r.check(CheckDep, "dep "+a.Path, a.Digest.String(), now[a.Path].Digest.String())
		}
		outs := byPath(again.Outs)
		for _, a := range st.Outs {
			kind, what := CheckOut, "out "+a.Path
			if model, ok := models[a.Path]; ok {
				kind, what = CheckModel, "model "+model
			}
			found, o := "", outs[a.Path]
			if o.Path != "" {
				found = o.Digest.String()
			}
			r.check(kind, what, a.Digest.String(), found)
			if found != "" && a.Digest != o.Digest && a.Tree && o.Tree {
				r.Checks = append(r.Checks, inside(a, o)...)
			}
		}
	}
	r.compareEnvironments(e, results)
	for _, k := range slices.Sorted(maps.Keys(e.Env)) {
		r.check(CheckEnvironment, "environment "+k, e.Env[k], env[k])
	}
	for _, k := range slices.Sorted(maps.Keys(env)) {
		if _, had := e.Env[k]; !had {
			r.check(CheckEnvironment, "environment "+k, "", env[k])
		}
	}
	r.judge(run)
}

// differences tells the files in which two folders differ.
type differences func(a, b Artifact) []Check

// differences reads both folders' lists. Where one cannot be read there is nothing more to say.
func (s *Service) differences(ctx context.Context) differences {
	return func(a, b Artifact) (list []Check) {
		was, err1 := s.opts.Store.OpenTree(ctx, a.Digest)
		now, err2 := s.opts.Store.OpenTree(ctx, b.Digest)
		if err1 != nil || err2 != nil {
			return nil
		}
		before, after := digests(was), digests(now)
		all := maps.Clone(before)
		maps.Copy(all, after)
		same := 0
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if before[name] == after[name] {
				same++
				continue
			}
			list = append(list, Check{CheckFile, "file " + a.Path + "/" + name, before[name], after[name], false})
		}
		if same > 0 {
			text := fmt.Sprintf("%d files", same)
			list = append(list, Check{CheckFile, "other files of " + a.Path, text, text, true})
		}
		return list
	}
}

func digests(t store.Tree) map[string]string {
	out := map[string]string{}
	for _, f := range t.Files {
		out[f.Path] = f.Digest.String()
	}
	return out
}

// modelAt names the models by the path of their out.
func (p Spec) modelAt() map[string]string {
	out := map[string]string{}
	for name, path := range p.Models {
		out[path] = name
	}
	return out
}

func stateWord(r StageResult, ok bool) string {
	if !ok || r.State == Running {
		return "cut off"
	}
	return r.State
}

func (r *Reproduction) check(kind, what, expected, found string) {
	r.Checks = append(r.Checks, Check{kind, what, expected, found, expected == found})
}

// judge sums up. Another environment alone is said, and does not make a difference.
func (r *Reproduction) judge(run RunState) {
	outs := 0
	var differ, elsewhere []string
	for _, c := range r.Checks {
		switch {
		case c.Kind == CheckEnvironment && !c.Same:
			elsewhere = append(elsewhere, strings.TrimPrefix(c.What, "environment "))
		case !c.Same:
			differ = append(differ, c.What)
		case c.Kind == CheckOut, c.Kind == CheckModel:
			outs++
		}
	}
	r.Verdict, r.Text = Identical, fmt.Sprintf("the same data, code and params gave the same bytes: %d outs are identical", outs)
	if len(differ) > 0 {
		r.Verdict, r.Text = Different, strings.Join(differ, ", ")+" came out different"+r.models()
	}
	if !run.OK {
		r.Verdict, r.Text = NotRun, "the stages did not run through again: "+run.Reason
	}
	if len(elsewhere) > 0 {
		r.Text += "; the environment is another one: " + strings.Join(elsewhere, ", ")
	}
}

// models says what holds for the models where not everything is the same.
func (r *Reproduction) models() (text string) {
	for _, c := range r.Checks {
		if c.Kind == CheckModel && c.Same {
			text += "; the " + c.What + " is the same, bit by bit"
		}
	}
	return text
}
