package api

import (
	"rondo/backend/dataset"
	"rondo/backend/event"
	"rondo/backend/host"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/history"
	"rondo/backend/interop/mlflow"
	"rondo/backend/ledger"
	"rondo/backend/loop"
	"rondo/backend/monitor"
	"rondo/backend/pipeline"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/run/launch"
	"rondo/backend/serve"
	"rondo/backend/trace"
)

// API has everything its handlers need. app fills it in; a test fills in what it tests.
type API struct {
	Events  *event.Bus
	Ledger  *ledger.Ledger
	Closing <-chan struct{} // closed when the server wants its streams to end

	House    House
	Desktop  Desktop
	Datasets *dataset.Service
	Runs     *run.Service
	Traces   *trace.Service
	Launch   *launch.Launcher // nil: this server starts no runs
	Host     *host.Sampler    // nil: it does not watch its machine
	Registry *registry.Service
	Serve    *serve.Service
	Monitors monitor.Surface
	Loop     *loop.Service
	Pipeline *pipeline.Service
	MLflow   *mlflow.Importer  // nil: nothing is brought over
	DVC      *history.Importer // nil: nothing is brought over
	Tracked  *dvc.Inventory    // what DVC tracks in the project
}
