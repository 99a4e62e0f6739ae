package dvc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
	"rondo/backend/interop/dvc/past"
	"rondo/backend/pipeline"
)

// turn is one thing that is done with experiments, by either program.
type turn struct {
	args []string // in dvc's words, without exp
	do   func(p *dvc.Project) error
}

// someTurn is one at random, with experiments that there are.
func (h *history) someTurn(n int, names []string) turn {
	ctx := context.Background()
	name := fmt.Sprintf("turn-%d", n)
	run := expRun{Experiment: pipeline.Experiment{Name: name, Set: []string{fmt.Sprintf("n=%d", h.r.Intn(9)), fmt.Sprintf("more.yaml:deep.a=%d", h.r.Intn(9))}[:1+h.r.Intn(2)]}}
	some := ""
	if len(names) > 0 {
		some = names[h.r.Intn(len(names))]
	}
	switch what := h.r.Intn(8); {
	case what < 3 || some == "":
		return turn{run.args()[1:], func(p *dvc.Project) error { _, err := run.carryOut(p); return err }}
	case what == 3:
		return turn{[]string{"apply", some}, func(p *dvc.Project) error { _, err := p.Apply(ctx, some, true); return err }}
	case what == 4:
		return turn{[]string{"branch", some, name}, func(p *dvc.Project) error { _, err := p.Branch(ctx, some, name); return err }}
	case what == 5:
		return turn{[]string{"rename", some, name}, func(p *dvc.Project) error { return p.Rename(ctx, some, name, false) }}
	case what == 6:
		return turn{[]string{"save", "-n", name}, func(p *dvc.Project) error { _, err := p.SaveExp(ctx, dvc.SaveExp{Name: name}); return err }}
	}
	return turn{[]string{"remove", some}, func(p *dvc.Project) error {
		_, err := p.RemoveExps(ctx, dvc.RemoveExps{Choice: exp.Choice{Names: []string{some}}})
		return err
	}}
}

// TestExperimentsInTurns has both programs work on the experiments of one project, one after the
// other at random. Whatever the one did, both list the same experiments with the same values.
func TestExperimentsInTurns(t *testing.T) {
	for seed := range int64(setting("DVC_HISTORIES", 2)) {
		h := newExpRuns(t, int64(setting("DVC_SEED", 0))+seed+40)
		for n := range 8 {
			names := slices.Collect(maps.Keys(h.toldByRondo()))
			slices.Sort(names)
			tr := h.someTurn(n, names)
			if h.r.Intn(2) == 0 {
				h.note("dvc exp %v", tr.args)
				h.d.must(h.main, append([]string{"exp"}, tr.args...)...)
			} else {
				h.note("rondo exps %v", tr.args)
				if err := tr.do(open(t, h.main)); err != nil {
					t.Fatalf("%s\n%v", joined(h.log), err)
				}
			}
			sameText(t, joined(h.log), toldText(h.toldByRondo()), toldText(h.toldByDVC()))
		}
		gitSaid(t, h.main, "fsck", "--strict")
	}
}

// toldExp is what is told of an experiment.
type toldExp struct {
	Commit          string
	Params, Metrics map[string]string
}

func toldText(all map[string]toldExp) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&out, "%s %v\n", name, all[name])
	}
	return out.String()
}

func (h *history) toldByRondo() map[string]toldExp {
	list, err := past.Experiments(context.Background(), open(h.t, h.main))
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]toldExp{}
	for _, e := range list {
		one := toldExp{e.Commit, e.Params, map[string]string{}}
		for k, v := range e.Metrics {
			one.Metrics[k] = fmt.Sprint(v)
		}
		out[e.Name] = one
	}
	return out
}

// toldByDVC reads `dvc exp show --json` of all commits.
func (h *history) toldByDVC() map[string]toldExp {
	h.t.Helper()
	said := h.d.must(h.main, "exp", "show", "-A", "--json")
	var all []struct {
		Experiments []struct {
			Name string
			Revs []struct {
				Rev  string
				Data struct {
					Params, Metrics map[string]struct{ Data map[string]any }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(said[strings.IndexByte(said, '['):]), &all); err != nil {
		h.t.Fatalf("%v\n%s", err, said)
	}
	out := map[string]toldExp{}
	for _, base := range all {
		for _, e := range base.Experiments {
			one := toldExp{e.Revs[0].Rev, map[string]string{}, map[string]string{}}
			for file, p := range e.Revs[0].Data.Params {
				flatten(one.Params, strings.TrimPrefix(file+":", "params.yaml:"), p.Data)
			}
			for _, m := range e.Revs[0].Data.Metrics {
				flatten(one.Metrics, "", m.Data)
			}
			out[e.Name] = one
		}
	}
	return out
}

// flatten writes leaves under their dotted keys, lists as Python does.
func flatten(into map[string]string, key string, values map[string]any) {
	for k, v := range values {
		switch x := v.(type) {
		case map[string]any:
			flatten(into, key+k+".", x)
		case []any:
			list := make([]string, len(x))
			for i, it := range x {
				if list[i] = fmt.Sprint(it); fmt.Sprintf("%T", it) == "string" {
					list[i] = "'" + list[i] + "'"
				}
			}
			into[key+k] = "[" + strings.Join(list, ", ") + "]"
		default:
			into[key+k] = fmt.Sprint(x)
		}
	}
}
