package monitor

import (
	"context"
	"time"
)

// Monitor is a monitor with its present state.
type Monitor struct {
	Config
	Live       *VersionRef `json:"live,omitempty"` // the version that answered last
	Status     string      `json:"status"`         // of the last window, or not_enough_data
	Verdict    Verdict     `json:"verdict"`
	Last       *Window     `json:"last,omitempty"` // without histograms
	Quality    *Quality    `json:"quality,omitempty"`
	Pending    int         `json:"pending"` // captures since the last window
	OpenAlerts int         `json:"open_alerts"`
	Windows    int         `json:"windows"`
}

// Evaluation is what one call of Evaluate found.
type Evaluation struct {
	Monitor string    `json:"monitor"`
	Windows []Window  `json:"windows"` // new ones
	Quality []Quality `json:"quality"` // new revisions
	Alerts  []Alert   `json:"alerts"`  // newly opened or resolved
	Pending int       `json:"pending"` // captures that do not fill a window yet
}

// AlertQuery filters alerts; empty fields match everything.
type AlertQuery struct {
	Monitor string
	Status  string // open, acknowledged, resolved, or "active" for the first two
	Limit   int
}

// Surface is what a Service does, for readers.
type Surface interface {
	List(ctx context.Context) ([]Monitor, error)
	Get(ctx context.Context, name string) (Monitor, error)
	Windows(ctx context.Context, name string, limit int, before int) ([]Window, error)
	Window(ctx context.Context, name, id string) (Window, error)
	Evaluate(ctx context.Context, name string) (Evaluation, error)
	Quality(ctx context.Context, name string) ([]Quality, error)
	Revisions(ctx context.Context, name, window string) ([]Quality, error)
	Alerts(ctx context.Context, q AlertQuery) ([]Alert, error)
	Acknowledge(ctx context.Context, id, note string) (Alert, error)
	Resolve(ctx context.Context, id, note string) (Alert, error)
	Serve(ctx context.Context) error
}

const settle = time.Second // how long Serve lets captures gather before it looks
