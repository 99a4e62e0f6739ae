// Package gate judges a model version on rows that it never saw: how good it is,
// whether it beats what it must beat, and how sure that is. It is arithmetic over
// labels and answers; where those come from, and what follows from a verdict, is
// decided elsewhere.
package gate

// Tasks.
const (
	Classification = "classification"
	Regression     = "regression"
)

// Majority, as the Over of a Rule, stands for always answering the commonest class
// (or, for regression, the mean).
const Majority = "majority"

// Rule is one thing that a version must fulfil.
type Rule struct {
	Name       string   `json:"name"`
	Metric     string   `json:"metric"`           // accuracy recall precision f1; mae rmse for regression
	Over       string   `json:"over,omitempty"`   // majority or an alias; empty for an absolute bound
	Per        string   `json:"per,omitempty"`    // class or segment
	Margin     *float64 `json:"margin,omitempty"` // how much better than Over it must be
	Min        *float64 `json:"min,omitempty"`
	Max        *float64 `json:"max,omitempty"`
	Confidence float64  `json:"confidence,omitempty"` // 0 judges the point estimate
}

// Data is a hold-out with the answers of the versions in question. All slices have
// one element per row.
type Data struct {
	Task     string
	Labels   []string         // what was right, in the form of Canonical
	Segments []string         // nil without a segment column
	Answers  []string         // of the version that is judged
	Others   map[string]Other // by alias
	Seed     uint64           // of the resampling: the same data gives the same interval
}

// Other is a version to compare with.
type Other struct {
	Version int
	Answers []string
}

// Result is what judging found.
type Result struct {
	Passed   bool      `json:"passed"`
	Rows     int       `json:"rows"`
	Task     string    `json:"task"`
	Scores   Scores    `json:"scores"`
	Majority *Scores   `json:"majority,omitempty"`
	Verdicts []Verdict `json:"gates"`
	// Comparison is the paired comparison with the version under the first alias that
	// a rule names.
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Verdict is one rule with its outcome.
type Verdict struct {
	Rule
	Passed     bool      `json:"passed"`
	Value      float64   `json:"value"`               // of the judged version
	Reference  *float64  `json:"reference,omitempty"` // of what it is compared with
	Difference *float64  `json:"difference,omitempty"`
	Interval   *Interval `json:"interval,omitempty"` // of the difference
	Parts      []Part    `json:"parts,omitempty"`    // per class or segment
	Text       string    `json:"text"`
}

// Part is a rule's value for one class or segment.
type Part struct {
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	Value  float64 `json:"value"`
	Passed bool    `json:"passed"`
	Text   string  `json:"text,omitempty"`
}

// Interval is a percentile interval of a paired bootstrap.
type Interval struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	Resamples  int     `json:"resamples"`
}

// Comparison sets two versions side by side on the same rows.
type Comparison struct {
	Alias      string        `json:"alias,omitempty"`
	Version    int           `json:"version"` // of the other
	Metric     string        `json:"metric"`
	Value      float64       `json:"value"`
	Reference  float64       `json:"reference"`
	Difference float64       `json:"difference"`
	Interval   Interval      `json:"interval"`
	Better     int           `json:"better"` // rows that only the judged version has right
	Worse      int           `json:"worse"`  // rows that only the other has right
	Segments   []SegmentPair `json:"segments"`
	Other      Scores        `json:"other"`
	Text       string        `json:"text"`
}

// SegmentPair is a Comparison within one segment.
type SegmentPair struct {
	Name       string   `json:"name"`
	Rows       int      `json:"rows"`
	Value      float64  `json:"value"`
	Reference  float64  `json:"reference"`
	Difference float64  `json:"difference"`
	Interval   Interval `json:"interval"`
}
