package launch

import (
	"context"
	"strings"

	"rondo/backend/run"
)

// Traits says what is known of a launched run's code and environment, for comparing.
func Traits(ctx context.Context, runDir string) (list []run.Trait) {
	if c, err := ReadCode(ctx, runDir); err == nil && c.Commit != "" {
		state := "clean"
		if c.Dirty {
			state = "with changes that are in no commit"
		}
		list = append(list, run.Trait{Group: "code", Key: "commit", Value: c.Commit}, run.Trait{Group: "code", Key: "state", Value: state},
			run.Trait{Group: "code", Key: "diff", Value: c.Diff})
	}
	e, err := ReadEnvironment(ctx, runDir)
	if err != nil {
		return list
	}
	add := func(key, value string) {
		list = append(list, run.Trait{Group: "environment", Key: key, Value: value})
	}
	add("command", strings.Join(e.Command, " "))
	add("folder", e.Dir)
	add("host", e.Host.Name)
	add("cpu", e.Host.CPU)
	for k, v := range e.Variables {
		add(k, v)
	}
	if e.Python == nil {
		return list
	}
	add("python", strings.TrimSpace(e.Python.Version+" "+e.Python.Executable))
	for _, p := range e.Python.Packages {
		list = append(list, run.Trait{Group: "package", Key: p.Name, Value: p.Version})
	}
	return list
}
