package monitor

import (
	"strings"
	"time"

	"rondo/backend/errs"
)

// Config is a monitor as the project file declares it. Zero fields mean the defaults of Normal.
type Config struct {
	Name     string             `json:"name"`
	Endpoint string             `json:"endpoint"`
	Rows     int                `json:"rows,omitempty"`     // a window is this many captures …
	Every    time.Duration      `json:"every,omitempty"`    // … or this long (nanoseconds in JSON)
	Alpha    float64            `json:"alpha"`              // significance after Benjamini–Hochberg
	Drift    map[string]float64 `json:"drift"`              // effect thresholds by measure: ks psi js chi2 wasserstein missing out_of_range new_category
	Columns  []string           `json:"columns,omitempty"`  // inputs to compare; empty means all
	Alert    AlertRule          `json:"alert"`              // how many windows make an alert
	Quality  map[string]Bound   `json:"quality,omitempty"`  // floors and ceilings by metric: accuracy f1_macro recall:CLASS mae rmse …
	MinRows  int                `json:"min_rows,omitempty"` // below this a window is "not enough data"
}

// AlertRule opens an alert when Windows of the last Of judged windows are bad.
type AlertRule struct {
	Windows int `json:"windows"`
	Of      int `json:"of"`
}

// Bound is what a quality metric must keep to.
type Bound struct {
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// The defaults, with their reasons in docs/monitoring.md.
const (
	DefaultRows    = 200
	DefaultAlpha   = 0.01
	DefaultMinRows = 50
	MinLabels      = 30 // fewer labels say too little about quality
)

// Measures that count when they are declared, and the two that count by default.
var measures = map[string]float64{
	MeasureKS: 0.15, MeasureChi2: 0.1, MeasurePSI: 0, MeasureJS: 0, MeasureWasserstein: 0,
	CheckMissing: 0.05, CheckOutOfRange: 0.05, CheckNewCategory: 0.02,
}

// Normal returns the monitor with its defaults filled in, or says what is wrong with it.
func (c Config) Normal() (Config, error) {
	if c.Name == "" || c.Endpoint == "" {
		return c, errs.New(errs.Invalid, "monitor %q names no endpoint", c.Name).WithHint("give it an endpoint in rondo.yaml, such as endpoint: weather")
	}
	if c.Rows < 0 || c.Every < 0 || (c.Rows > 0 && c.Every > 0) {
		return c, errs.New(errs.Invalid, "monitor %s: a window has either rows or every", c.Name).WithHint("write window: {rows: 200} or window: {every: 24h}")
	}
	if c.Rows == 0 && c.Every == 0 {
		c.Rows = DefaultRows
	}
	if c.Rows > maxWindow {
		return c, errs.New(errs.TooLarge, "monitor %s: a window of %d rows is over the limit of %d", c.Name, c.Rows, maxWindow).WithHint("smaller windows lose nothing: an alert can ask for several of them")
	}
	if c.Alpha == 0 {
		c.Alpha = DefaultAlpha
	}
	if !(c.Alpha > 0 && c.Alpha < 1) {
		return c, errs.New(errs.Invalid, "monitor %s: alpha %v is not between 0 and 1", c.Name, c.Alpha)
	}
	if c.MinRows <= 0 {
		c.MinRows = DefaultMinRows
	}
	if c.Rows > 0 && c.Rows < c.MinRows {
		return c, errs.New(errs.Invalid, "monitor %s: a window of %d rows never has the %d rows that a verdict needs", c.Name, c.Rows, c.MinRows).
			WithHint("make the window larger, or lower its min: in rondo.yaml if you can live with false alarms")
	}
	return c.normalRules()
}

func (c Config) normalRules() (Config, error) {
	for name := range c.Quality {
		if !isMetric(name) {
			return c, errs.New(errs.Invalid, "monitor %s: %q is no quality metric", c.Name, name).WithHint("use accuracy, f1_macro, recall:CLASS, precision:CLASS, f1:CLASS; mae, rmse or bias for a regression")
		}
	}
	if c.Alert.Windows <= 0 {
		c.Alert.Windows = 1
	}
	if c.Alert.Of < c.Alert.Windows {
		c.Alert.Of = c.Alert.Windows
	}
	drift := map[string]float64{}
	for name, at := range measures {
		if at > 0 {
			drift[name] = at
		}
	}
	for name, at := range c.Drift {
		if _, ok := measures[name]; !ok {
			return c, errs.New(errs.Invalid, "monitor %s: %q is no drift measure", c.Name, name).WithHint("use ks, psi, js, chi2, wasserstein, missing, out_of_range or new_category")
		}
		if !(at > 0) {
			return c, errs.New(errs.Invalid, "monitor %s: the threshold of %s must be above 0, not %v", c.Name, name, at)
		}
		drift[name] = at
	}
	c.Drift = drift
	return c, nil
}

func isMetric(name string) bool {
	kind, _, perClass := strings.Cut(name, ":")
	if perClass {
		return kind == "recall" || kind == "precision" || kind == "f1"
	}
	switch name {
	case "accuracy", "f1_macro", "mae", "rmse", "bias":
		return true
	}
	return false
}
