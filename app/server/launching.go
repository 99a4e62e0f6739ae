package server

import (
	"context"
	"time"

	"rondo/backend/event"
	"rondo/backend/git"
	"rondo/backend/host"
	"rondo/backend/pipeline"
	"rondo/backend/run"
	"rondo/backend/run/launch"
)

func (h *house) openLauncher(ctx context.Context) (err error) {
	s := h.server
	if s.readOnly != nil {
		h.sample(nil)
		return nil
	}
	h.launcher, err = launch.Open(ctx, launch.Options{
		Runs: h.runs, Events: h.events, Dir: s.project.Dir, DeviceDir: s.deviceDir, Device: s.device, Parallel: h.file.get().Queue.Parallel,
		Trusted: func(context.Context, launch.Request) error { return h.trusted() }, Code: h.codeOf, ChildEnv: h.childEnv,
	})
	if err == nil {
		h.closers.add(h.launcher.Close)
		h.native.Launch = h.launcher
		h.sample(h.launcher.Uses)
	}
	return err
}

// sample readies what is known of the machine; runs tells what takes it.
func (h *house) sample(runs func() ([]host.Use, int)) {
	h.host = host.New(host.Options{Dir: h.server.project.Dir, Runs: runs})
	h.native.Host = h.host
}

// childEnv tells a run where to track: the ordinary mlflow client then finds this server.
func (h *house) childEnv(run.Run) []string {
	i := h.server.info
	return []string{"MLFLOW_TRACKING_URI=" + i.URL, "MLFLOW_TRACKING_TOKEN=" + i.Token, "MLFLOW_REGISTRY_URI=" + i.URL, "RONDO_URL=" + i.URL}
}

// codeOf records the code that a run ran, with what is in no commit.
func (h *house) codeOf(ctx context.Context, dir string) (launch.Code, error) {
	repo, err := git.Open(dir)
	if err != nil {
		return launch.Code{}, err
	}
	head, err := repo.Head()
	if err != nil {
		return launch.Code{}, err
	}
	d, err := repo.Status(ctx)
	if err != nil {
		return launch.Code{}, err
	}
	c := launch.Code{Commit: head.Commit, Branch: head.Branch, Dirty: d.Any(), Changed: append(d.Changed, d.Deleted...), Untracked: d.Untracked}
	for _, skip := range d.Skipped {
		c.Skipped = append(c.Skipped, skip.Path+": "+skip.Reason)
	}
	diff, err := repo.Diff(ctx, d)
	if err != nil {
		return c, err
	}
	c.Diff = string(diff)
	c.Object, err = repo.Capture(ctx, h.store, d)
	return c, err
}

// launchStage starts the runs that the pipeline asks for.
func (h *house) launchStage(ctx context.Context, l pipeline.Launch) error {
	_, err := h.launcher.Launch(ctx, launch.Request{
		ID: l.ID, Name: l.Name, Experiment: "pipeline", Kind: l.Kind, Command: l.Command, Dir: l.Dir, Tags: l.Tags, Env: l.Env,
	})
	return err
}

// lookAgain covers ends whose event was missed.
const lookAgain = 5 * time.Second

// followRuns tells the pipeline when a run of its own has ended.
func (h *house) followRuns(ctx context.Context) error {
	sub := h.events.Subscribe(h.events.Last(), 256)
	defer sub.Close()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		if err := h.pipeline.Recover(ctx); err != nil && ctx.Err() == nil {
			h.report("the end of an execution", err)
		}
		if !h.runEnds(ctx, sub.C, tick.C) {
			return nil
		}
	}
}

// runEnds waits until a run may have ended; false at the end of ctx.
func (h *house) runEnds(ctx context.Context, events <-chan event.Event, tick <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick:
			return true
		case e, ok := <-events:
			if !ok || e.Kind == "run.update" {
				return ok
			}
		}
	}
}
