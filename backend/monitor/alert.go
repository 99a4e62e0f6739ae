package monitor

import "time"

// Alert kinds and statuses.
const (
	AlertDrift   = "drift"
	AlertQuality = "quality"
	AlertData    = "data" // missing values, values out of range, new categories

	AlertOpen         = "open"
	AlertAcknowledged = "acknowledged"
	AlertResolved     = "resolved"
)

// Alert says that enough windows in a row were bad for a person, or the loop, to look.
type Alert struct {
	ID       string       `json:"id"`
	Monitor  string       `json:"monitor"`
	Endpoint string       `json:"endpoint"`
	Model    string       `json:"model"`
	Version  int          `json:"version"`
	Kind     string       `json:"kind"`
	Status   string       `json:"status"`
	Windows  []string     `json:"windows"` // the bad windows, newest first
	Number   int          `json:"number"`  // of the newest of them
	Columns  []string     `json:"columns,omitempty"`
	Verdict  Verdict      `json:"verdict"`
	OpenedAt time.Time    `json:"opened_at"`
	History  []AlertEvent `json:"history"`
}

// AlertEvent is one step in an alert's life.
type AlertEvent struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action string    `json:"action"` // open, acknowledge or resolve
	Note   string    `json:"note,omitempty"`
}
