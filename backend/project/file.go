package project

// File is what rondo.yaml says. Maps are keyed by the name a person gave.
type File struct {
	Rondo     int                 `yaml:"rondo" json:"rondo"` // format of the file, 1
	Name      string              `yaml:"name" json:"name"`
	Data      Data                `yaml:"data" json:"data,omitzero"`
	Datasets  map[string]Dataset  `yaml:"datasets" json:"datasets,omitempty"`
	Stages    map[string]Stage    `yaml:"stages" json:"stages,omitempty"`
	Models    map[string]Model    `yaml:"models" json:"models,omitempty"`
	Endpoints map[string]Endpoint `yaml:"endpoints" json:"endpoints,omitempty"`
	Monitors  map[string]Monitor  `yaml:"monitors" json:"monitors,omitempty"`
	Triggers  map[string]Trigger  `yaml:"triggers" json:"triggers,omitempty"`
	Queue     Queue               `yaml:"queue" json:"queue"`

	name   string            // of the file that it was read from
	places map[string][2]int // line and column by path of keys
}

// Data says how the content of all datasets is kept.
type Data struct {
	Link string `yaml:"link" json:"link,omitempty"` // auto (default), reflink, hardlink or copy
}

// Dataset is a path under version control.
type Dataset struct {
	Path     string    `yaml:"path" json:"path"`
	Desc     string    `yaml:"desc" json:"desc,omitempty"`
	Feedback *Feedback `yaml:"feedback" json:"feedback,omitempty"`
	Keep     *Keep     `yaml:"keep" json:"keep,omitempty"`     // which snapshots are kept; absent: all
	Header   *bool     `yaml:"header" json:"header,omitempty"` // whether CSV files begin with the names of their columns; absent: what stands there decides
}

// Keep says which snapshots `rondo data retain` does not forget.
type Keep struct {
	Last   int   `yaml:"last" json:"last,omitempty"`     // so many of the newest
	Days   int   `yaml:"days" json:"days,omitempty"`     // those younger than so many days
	Tagged *bool `yaml:"tagged" json:"tagged,omitempty"` // those with a tag; absent means true
	Used   *bool `yaml:"used" json:"used,omitempty"`     // those that a run or version used; absent means true
}

// Feedback says how a labelled, captured prediction becomes a new row.
// A column's source is input.NAME, attribute.NAME, truth.NAME or truth.label.
type Feedback struct {
	Endpoint string            `yaml:"endpoint" json:"endpoint"`
	Columns  map[string]string `yaml:"columns" json:"columns"`
}

// Model says which out of the pipeline becomes a version, and what it must pass.
type Model struct {
	Path     string `yaml:"path" json:"path"` // the out: a file or a directory
	Metrics  string `yaml:"metrics" json:"metrics,omitempty"`
	Dataset  string `yaml:"dataset" json:"dataset,omitempty"`
	Baseline string `yaml:"baseline" json:"baseline,omitempty"` // rows it was trained on
	Holdout  string `yaml:"holdout" json:"holdout,omitempty"`   // rows it never saw
	Label    string `yaml:"label" json:"label,omitempty"`
	Segment  string `yaml:"segment" json:"segment,omitempty"` // column whose values are judged apart
	Task     string `yaml:"task" json:"task,omitempty"`       // classification (default) or regression
	Gates    []Gate `yaml:"gates" json:"gates,omitempty"`
	Alias    string `yaml:"alias" json:"alias,omitempty"` // set when all gates pass
}

// Gate is a rule that a version must pass.
type Gate struct {
	Name       string   `yaml:"name" json:"name"`
	Metric     string   `yaml:"metric" json:"metric"`
	Over       string   `yaml:"over" json:"over,omitempty"` // majority or an alias; empty for an absolute bound
	Per        string   `yaml:"per" json:"per,omitempty"`   // class or segment
	Margin     *float64 `yaml:"margin" json:"margin,omitempty"`
	Min        *float64 `yaml:"min" json:"min,omitempty"`
	Max        *float64 `yaml:"max" json:"max,omitempty"`
	Confidence float64  `yaml:"confidence" json:"confidence,omitempty"` // 0 judges the point estimate
}

// Endpoint serves a model under a name.
type Endpoint struct {
	Model   string   `yaml:"model" json:"model"`
	Alias   string   `yaml:"alias" json:"alias,omitempty"`
	Version int      `yaml:"version" json:"version,omitempty"`
	Capture *float64 `yaml:"capture" json:"capture,omitempty"` // share of predictions kept, 0…1; absent means 1
}

// CaptureShare returns the share of predictions to keep.
func (e Endpoint) CaptureShare() float64 {
	if e.Capture == nil {
		return 1
	}
	return *e.Capture
}

// Monitor watches an endpoint.
type Monitor struct {
	Endpoint string             `yaml:"endpoint" json:"endpoint"`
	Window   Window             `yaml:"window" json:"window"`
	Alpha    float64            `yaml:"alpha" json:"alpha,omitempty"` // false discovery rate; 0 means the default
	Drift    map[string]float64 `yaml:"drift" json:"drift,omitempty"` // effect thresholds by statistic
	Columns  []string           `yaml:"columns" json:"columns,omitempty"`
	Alert    AlertRule          `yaml:"alert" json:"alert"`
	Quality  map[string]Bound   `yaml:"quality" json:"quality,omitempty"`
}

// Window is a number of rows or a length of time.
type Window struct {
	Rows  int      `yaml:"rows" json:"rows,omitempty"`
	Every Duration `yaml:"every" json:"every,omitempty"`
	Min   int      `yaml:"min" json:"min,omitempty"` // rows below which a window says "not enough data"
}

// AlertRule raises an alert when Windows of the last Of windows were bad.
type AlertRule struct {
	Windows int `yaml:"windows" json:"windows,omitempty"`
	Of      int `yaml:"of" json:"of,omitempty"`
}

// Bound is an interval that a value must stay in.
type Bound struct {
	Min *float64 `yaml:"min" json:"min,omitempty"`
	Max *float64 `yaml:"max" json:"max,omitempty"`
}

// Trigger starts a decision when something happens.
type Trigger struct {
	On       string   `yaml:"on" json:"on"` // manual, schedule, data, drift or quality
	Cron     string   `yaml:"cron" json:"cron,omitempty"`
	Dataset  string   `yaml:"dataset" json:"dataset,omitempty"`
	Monitor  string   `yaml:"monitor" json:"monitor,omitempty"`
	Windows  int      `yaml:"windows" json:"windows,omitempty"`
	Require  Require  `yaml:"require" json:"require"`
	Model    string   `yaml:"model" json:"model,omitempty"`
	Policy   string   `yaml:"policy" json:"policy,omitempty"` // notify, ask (default) or automatic
	Cooldown Duration `yaml:"cooldown" json:"cooldown,omitempty"`
	PerDay   int      `yaml:"per_day" json:"per_day,omitempty"` // 0 means no limit
}

// Require says what must be there before a trigger may act.
type Require struct {
	Labelled int `yaml:"labelled" json:"labelled,omitempty"` // labelled captures since the last retrain
}

// Queue says how many launched runs may run at once on this device.
type Queue struct {
	Parallel int `yaml:"parallel" json:"parallel"` // 1 where the file says nothing
}
