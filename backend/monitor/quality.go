package monitor

import "time"

// Quality statuses.
const (
	QualityOK       = "ok"
	QualityBelow    = "below"
	QualityTooFew   = "not_enough_labels"
	QualityNoLabels = "no_labels"
)

// Quality is how right the answers of a window were, as far as labels had arrived
// when it was computed. Later labels make a new revision; old ones stay.
type Quality struct {
	Monitor  string             `json:"monitor"`
	WindowID string             `json:"window_id"`
	Model    string             `json:"model"`
	Version  int                `json:"version"`
	Revision int                `json:"revision"` // 1, 2, … per window
	From     time.Time          `json:"from"`
	To       time.Time          `json:"to"`
	Rows     int                `json:"rows"`
	Labelled int                `json:"labelled"`
	Coverage float64            `json:"coverage"` // labelled / rows
	Task     string             `json:"task"`     // classification or regression
	Metrics  map[string]float64 `json:"metrics"`  // accuracy, accuracy_low, accuracy_high, f1_macro, … or mae, rmse, bias
	Classes  []ClassQuality     `json:"classes,omitempty"`
	Breaches []Breach           `json:"breaches,omitempty"`
	Status   string             `json:"status"`
	Verdict  Verdict            `json:"verdict"`
	At       time.Time          `json:"at"`
}

// ClassQuality is the quality for one class.
type ClassQuality struct {
	Class     string  `json:"class"`
	Support   int     `json:"support"`   // rows that truly are of the class
	Predicted int     `json:"predicted"` // rows that were said to be
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Breach is a metric beyond its bound.
type Breach struct {
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	Bound  float64 `json:"bound"`
	Below  bool    `json:"below"` // under a floor, else over a ceiling
	Reason string  `json:"reason"`
}
