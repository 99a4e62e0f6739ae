package monitor

import (
	"time"

	"rondo/backend/ref"
)

// Window statuses.
const (
	StatusQuiet    = "quiet"
	StatusDrift    = "drift"
	StatusTooSmall = "not_enough_data"
	StatusNoBasis  = "no_baseline"
)

// Column kinds and roles.
const (
	KindNumeric     = "numeric"
	KindCategorical = "categorical"
	RoleInput       = "input"
	RoleText        = "text" // a number derived from a text column
	RolePrediction  = "prediction"
	RoleScore       = "score"
)

// The measures of how far two distributions are apart, and the data checks.
const (
	MeasureKS          = "ks"          // Kolmogorov–Smirnov D, 0 to 1
	MeasurePSI         = "psi"         // population stability index over ten baseline quantile bins
	MeasureJS          = "js"          // Jensen–Shannon distance, base 2, 0 to 1
	MeasureWasserstein = "wasserstein" // in baseline standard deviations
	MeasureChi2        = "chi2"        // Cramér's V of the 2×K table, 0 to 1
	CheckMissing       = "missing"
	CheckOutOfRange    = "out_of_range"
	CheckNewCategory   = "new_category"
)

// Verdict says one thing in words, and again as a code with numbers for translation.
type Verdict struct {
	Code   string         `json:"code"` // such as "window.quiet"
	Text   string         `json:"text"` // English, plain words
	Values map[string]any `json:"values,omitempty"`
}

// Window is the whole result of comparing one stretch of captures with the baseline.
// It never changes. The record "monitor.window" holds all of it but Columns, which
// are an object that it names.
type Window struct {
	ID             string     `json:"id"` // digest of monitor, version, first and last capture
	Monitor        string     `json:"monitor"`
	Endpoint       string     `json:"endpoint"`
	Model          string     `json:"model"`
	Version        int        `json:"version"`
	Number         int        `json:"number"` // 1, 2, … per monitor
	FirstCapture   string     `json:"first_capture"`
	LastCapture    string     `json:"last_capture"`
	After          string     `json:"after"` // cursors of the captures: from after this one …
	Until          string     `json:"until"` // … to this one
	From           time.Time  `json:"from"`
	To             time.Time  `json:"to"`
	Rows           int        `json:"rows"`
	Failed         int        `json:"failed"` // captures of failed requests, not judged
	BaselineDigest string     `json:"baseline_digest,omitempty"`
	BaselineRows   int        `json:"baseline_rows"`
	Rule           Config     `json:"rule"`   // the monitor as it was then
	Status         string     `json:"status"` // quiet, drift, not_enough_data or no_baseline
	Needed         int        `json:"needed,omitempty"`
	Verdict        Verdict    `json:"verdict"`
	Task           string     `json:"task"`              // classification or regression
	DriftShare     float64    `json:"drift_share"`       // drifted columns per judged column
	Drifted        []string   `json:"drifted"`           // names of drifted columns, strongest first
	Faults         []string   `json:"faults"`            // names of columns that fail a data check
	Columns        []Column   `json:"columns"`           // empty in lists
	Brief          []Brief    `json:"brief"`             // the columns in short, strongest effect first
	Details        ref.Digest `json:"details,omitzero"`  // the object that holds Columns
	At             time.Time  `json:"at"`                // when it was judged
	Quality        *Quality   `json:"quality,omitempty"` // newest, joined when read; never in the record
}

// Column is one column's comparison. Prediction and score are columns too.
type Column struct {
	Name      string    `json:"name"`
	Parent    string    `json:"parent,omitempty"` // the text column that a derived number belongs to
	Role      string    `json:"role"`
	Kind      string    `json:"kind"`
	Test      string    `json:"test"`   // ks or chi2
	Method    string    `json:"method"` // exact or asymptotic
	Statistic float64   `json:"statistic"`
	P         float64   `json:"p"`
	PAdjusted float64   `json:"p_adjusted"`
	Effects   []Effect  `json:"effects"`
	Drifted   bool      `json:"drifted"`
	Direction string    `json:"direction,omitempty"` // higher, lower, wider, narrower, shape
	Verdict   Verdict   `json:"verdict"`
	Checks    []Check   `json:"checks,omitempty"`
	Baseline  Summary   `json:"baseline"`
	Window    Summary   `json:"window"`
	Histogram Histogram `json:"histogram"`
	NewValues []string  `json:"new_values,omitempty"` // the commonest values or words the baseline has not
}

// Brief is what a list of windows says of a column: its leading measure.
type Brief struct {
	Name      string  `json:"name"`
	Role      string  `json:"role"`
	Measure   string  `json:"measure"`
	Effect    float64 `json:"effect"`
	Threshold float64 `json:"threshold"`
	PAdjusted float64 `json:"p_adjusted"`
	Drifted   bool    `json:"drifted"`
}

// Effect is how large a difference is, by one measure.
type Effect struct {
	Measure   string  `json:"measure"`
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold,omitempty"` // 0: shown, not judged
	Reached   bool    `json:"reached"`
	Reason    string  `json:"reason,omitempty"` // why the threshold is where it is
}

// Check is a plain data check of a column: a share that should not have grown.
type Check struct {
	Code      string  `json:"code"`     // missing, out_of_range or new_category
	Baseline  float64 `json:"baseline"` // share, 0 to 1
	Window    float64 `json:"window"`
	Threshold float64 `json:"threshold"` // largest allowed growth of the share
	P         float64 `json:"p_adjusted"`
	Failed    bool    `json:"failed"`
	Reason    string  `json:"reason"`
}

// Summary describes one side of a column. Numbers are absent for categories.
type Summary struct {
	Rows     int      `json:"rows"`
	Missing  int      `json:"missing"`
	Distinct int      `json:"distinct"`
	Mean     *float64 `json:"mean,omitempty"`
	Std      *float64 `json:"std,omitempty"`
	Min      *float64 `json:"min,omitempty"`
	P25      *float64 `json:"p25,omitempty"`
	Median   *float64 `json:"median,omitempty"`
	P75      *float64 `json:"p75,omitempty"`
	Max      *float64 `json:"max,omitempty"`
}

// Histogram holds both distributions over the same bins: Edges (one more than
// counts) for numbers, Labels for categories.
type Histogram struct {
	Edges    []float64 `json:"edges,omitempty"`
	Labels   []string  `json:"labels,omitempty"`
	Baseline []int     `json:"baseline"`
	Window   []int     `json:"window"`
}
