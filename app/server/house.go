package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"rondo/app/lineage"
	"rondo/backend/api"
	"rondo/backend/dataset"
	"rondo/backend/door/mlflow"
	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/event"
	"rondo/backend/host"
	"rondo/backend/index"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/history"
	interop "rondo/backend/interop/mlflow"
	"rondo/backend/journal"
	"rondo/backend/ledger"
	"rondo/backend/loop"
	"rondo/backend/monitor"
	"rondo/backend/pipeline"
	"rondo/backend/proc"
	"rondo/backend/project"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/run/launch"
	"rondo/backend/serve"
	"rondo/backend/store"
	"rondo/backend/trace"
	"rondo/backend/webhook"
)

// house is a project with all its nouns, open and joined.
type house struct {
	server   *Server
	events   *event.Bus
	store    *store.Store
	ledger   *ledger.Ledger
	trust    *project.Trust
	own      *own
	settings *settings
	file     *file
	taking   sync.Mutex // held while what file says is handed to the nouns

	datasets *dataset.Service
	runs     *run.Service
	traces   *trace.Service
	registry *registry.Service
	serve    *serve.Service
	monitors *monitor.Service
	launcher *launch.Launcher
	host     *host.Sampler
	native   *api.API
	pipeline *pipeline.Service
	loop     *loop.Service

	api     *api.Router
	doors   doors
	closers closers
}

// nouns is every noun's part of the index, each before those that refer to it.
func (h *house) nouns() []index.Noun {
	dir := h.server.project.Dir
	return []index.Noun{
		dataset.Index(), run.Index(dir), trace.Index(), evaluation.Index(), registry.Index(), webhook.Index(), serve.Index(dir), monitor.Index(),
		pipeline.Index(), loop.Index(), interop.Index(),
	}
}

// openHouse opens ground first, then the nouns, then what joins them.
func openHouse(ctx context.Context, s *Server) (*house, error) {
	h := &house{server: s, events: event.NewBus(), trust: project.OpenTrust(s.deviceDir), settings: openSettings(s.deviceDir)}
	h.file = openFile(s.project)
	h.own = &own{sub: h.events.Subscribe(0, 4096), trust: h.trust}
	for _, step := range []func(context.Context) error{
		h.openGround, h.openData, h.openRuns, h.openModels, h.openServing, h.openMonitors,
		h.openPipeline, h.openLoop, h.begin,
	} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, h.closers.close())
		}
	}
	h.api, h.doors = h.routes(), h.openDoors()
	return h, nil
}

func (h *house) openGround(ctx context.Context) (err error) {
	s := h.server
	if h.store, err = s.openStore(); err != nil {
		return err
	}
	records := s.project.Path(project.PrivateDir, "journal")
	s.info.Device = s.device
	if s.info.Others, err = journal.Others(records, s.device); err != nil {
		return err
	}
	h.ledger, err = ledger.Open(ctx, ledger.Options{
		JournalDir: records, Device: s.device,
		IndexPath: s.path("index.db"), Nouns: h.nouns(), Events: h.events, ReadOnly: s.readOnly,
	})
	if err == nil {
		h.closers.add(h.ledger.Close)
	}
	return err
}

func (h *house) openData(ctx context.Context) (err error) {
	h.datasets, err = dataset.Open(ctx, dataset.Options{
		Ledger: h.ledger, Store: h.store, Dir: h.server.project.Dir, Device: h.server.deviceDir, Users: h.users, Lineage: h.lineage, Log: h.server.opts.Log,
		Declared: h.declared,
		Progress: func(p dataset.Progress) { h.events.Publish("data.progress", p.Dataset, p) }, Compare: compareSpreads, Boot: proc.Boot(),
	})
	if err == nil {
		h.closers.add(h.datasets.Close)
	}
	return err
}

func (h *house) openRuns(ctx context.Context) (err error) {
	h.runs, err = run.Open(ctx, run.Options{Ledger: h.ledger, Dir: h.server.project.Dir, DeviceDir: h.server.deviceDir, Events: h.events})
	if err == nil {
		h.closers.add(h.runs.Close)
		h.traces = mlflow.Traces(h.ledger, h.runs, h.server.project.Dir)
	}
	return err
}

func (h *house) openModels(context.Context) error {
	h.registry = registry.New(registry.Options{
		Ledger: h.ledger, Store: h.store, Device: h.server.deviceDir, Describe: describe, Predict: h.predict,
	})
	return nil
}

// lineage asks nouns that are opened after the datasets.
func (h *house) lineage(ctx context.Context, snap dataset.Snapshot) (dataset.Lineage, error) {
	n := lineage.Nouns{Datasets: h.datasets, Pipeline: h.pipeline, Runs: h.runs, Registry: h.registry, Serve: h.serve}
	return n.Of(ctx, snap)
}

// predict answers rows for the gates; only the labels matter to them.
func (h *house) predict(ctx context.Context, model string, version int, rows []map[string]any) ([]any, error) {
	list, err := h.serve.Predict(ctx, model, version, rows)
	labels := make([]any, len(list))
	for i, p := range list {
		labels[i] = p.Label
	}
	return labels, err
}

func (h *house) openServing(ctx context.Context) (err error) {
	chosen, err := h.settings.read()
	if err != nil {
		return err
	}
	h.serve, err = serve.Open(ctx, serve.Options{
		Ledger: h.ledger, Registry: servedVersions{h.registry}, Events: h.events, Dir: h.server.project.Dir,
		Device: h.server.device, Load: h.load, Keep: retention(chosen), Captures: h.server.captures(),
	})
	if err == nil {
		h.closers.add(h.serve.Close)
	}
	return err
}

// routes joins the nouns to the native API.
func (h *house) routes() *api.Router {
	a := &api.API{
		Events: h.events, Ledger: h.ledger, Closing: h.server.closing, House: h.server, Desktop: newDesktop(),
		Datasets: h.datasets, Runs: h.runs, Traces: h.traces, Registry: h.registry, Serve: h.serve, Monitors: h.monitors,
		Pipeline: h.pipeline, Loop: h.loop, MLflow: h.mlflow(),
		DVC:     &history.Importer{Dir: h.server.project.Dir, Runs: h.runs, Datasets: h.datasets},
		Tracked: &dvc.Inventory{Dir: h.server.project.Dir},
	}
	h.native = a // the launcher comes later, when the address is known
	r := a.Handler()
	r.Explain = h.explain
	return r
}

// explain adds to the way out of a failure what the machine tells.
func (h *house) explain(err error) error { return host.Explain(h.server.project.Dir, err) }

// mlflow brings people over from MLflow, and back.
func (h *house) mlflow() *interop.Importer {
	return &interop.Importer{
		Ledger: h.ledger, Runs: h.runs, Registry: h.registry, Traces: h.traces, Evaluation: mlflow.Evaluation(h.ledger, h.runs),
	}
}

// sync hands the parts of rondo.yaml to the nouns that live by them.
func (h *house) sync(ctx context.Context) error {
	f := h.file.get()
	if h.launcher != nil {
		h.launcher.SetParallel(f.Queue.Parallel)
	}
	h.datasets.SetLink(linkOf(f))
	if h.server.readOnly != nil {
		return nil // what it declares and no record has is not told
	}
	return errors.Join(
		h.datasets.Sync(ctx, datasetSettings(f)),
		h.serve.Sync(ctx, endpointSpecs(f)),
		h.monitors.Sync(monitor.Declared(f)),
	)
}

// work starts what goes on beside the requests, until ctx ends.
func (h *house) work(ctx context.Context) *sync.WaitGroup {
	var all sync.WaitGroup
	all.Go(func() { h.own.watch(ctx, func(err error) { h.report("trusting what is registered here", err) }) })
	all.Go(func() { h.report("monitors", h.monitors.Serve(ctx)) })
	all.Go(func() { h.report("runs", h.followRuns(ctx)) })
	all.Go(func() { h.report("webhooks", h.doors.webhooks.Serve(ctx, h.events)) })
	all.Go(func() { h.report("the machine", h.host.Serve(ctx)) })
	all.Go(func() { h.report("the loop", h.loop.Serve(ctx)) })
	all.Go(func() { watch(ctx, func() { h.upToDate(ctx) }) })
	return &all
}

// report logs why something that goes on beside the requests has ended too early.
func (h *house) report(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		h.server.opts.Log.Error("stopped", "what", what, "err", err)
	}
}

// begin takes rondo.yaml as it is when the project is opened. What cannot be taken is the
// file's problem, and keeps nobody out of the project.
func (h *house) begin(ctx context.Context) error {
	err := h.sync(ctx)
	if errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) {
		return err
	}
	h.file.taken(err)
	return nil
}

// upToDate takes rondo.yaml if it was changed, before a request is answered as well: who
// has written it finds in the next answer what it says.
func (h *house) upToDate(ctx context.Context) {
	h.taking.Lock()
	defer h.taking.Unlock()
	changed := h.file.changed()
	if !changed && !h.file.waits() {
		return
	}
	if news := h.reload(context.WithoutCancel(ctx)); changed || news {
		_, problem := h.file.current()
		h.events.Publish("project.file", "", asFailure(problem))
	}
}

// reload hands rondo.yaml to the nouns, and reports whether they say another thing than
// before; one that cannot be read changes nothing.
func (h *house) reload(ctx context.Context) (news bool) {
	if _, problem := h.file.lies(); problem != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := h.sync(ctx)
	if news = h.file.taken(err); news && err != nil {
		h.server.opts.Log.Error("rondo.yaml could not be applied", "err", err)
	}
	return news
}
