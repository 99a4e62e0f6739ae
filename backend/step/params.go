package step

import (
	"path/filepath"

	"rondo/backend/errs"
)

// params are the parts of params.yaml that the steps read. Other keys are the person's own.
type params struct {
	Prepare  prepareParams  `yaml:"prepare"`
	Train    trainParams    `yaml:"train"`
	Evaluate evaluateParams `yaml:"evaluate"`
}

type prepareParams struct {
	Data    string              `yaml:"data"`    // the table to read
	Train   string              `yaml:"train"`   // where the training rows go
	Holdout string              `yaml:"holdout"` // where the held-out rows go
	Share   float64             `yaml:"holdout_share"`
	Key     []string            `yaml:"key"`   // what tells rows apart; decides their side for ever
	Where   map[string][]string `yaml:"where"` // only rows with one of these values
	From    string              `yaml:"from"`  // first date, inclusive, as 2012-01-31
	To      string              `yaml:"to"`    // last date, inclusive
	Date    string              `yaml:"date"`  // the column From and To look at
	Columns []columnParams      `yaml:"columns"`
}

// columnParams make one column of the prepared table out of one of the raw table.
type columnParams struct {
	Name  string  `yaml:"name"`
	From  string  `yaml:"from"`  // the raw column; Name where empty
	As    string  `yaml:"as"`    // number, text, day_of_year or above
	Value float64 `yaml:"value"` // what "above" compares with
}

type trainParams struct {
	Data        string         `yaml:"data"`
	Model       string         `yaml:"model"` // folder to write
	Label       string         `yaml:"label"` // a column of 0 and 1
	Features    []string       `yaml:"features"`
	Differences [][]string     `yaml:"differences"` // pairs whose difference is a further feature
	Seasons     []seasonParams `yaml:"seasons"`     // columns that enter as sine and cosine
	L2          float64        `yaml:"l2"`
	MaxIter     int            `yaml:"max_iter"`
}

type seasonParams struct {
	Column string  `yaml:"column"`
	Period float64 `yaml:"period"`
}

type evaluateParams struct {
	Model   string `yaml:"model"`
	Data    string `yaml:"data"`
	Metrics string `yaml:"metrics"`
	Plots   string `yaml:"plots"`
	Label   string `yaml:"label"`
	Segment string `yaml:"segment"` // empty: none
}

func defaults() params {
	number := func(name string) columnParams { return columnParams{Name: name, As: "number"} }
	text := func(name string) columnParams { return columnParams{Name: name, As: "text"} }
	return params{
		Prepare: prepareParams{
			Data: "data/weather.csv", Train: "work/train.csv", Holdout: "work/holdout.csv",
			Share: 0.2, Key: []string{"location", "date"}, Date: "date",
			Columns: []columnParams{
				number("temp_max"), number("temp_min"), number("wind"),
				{Name: "day", From: "date", As: "day_of_year"},
				{Name: "wet", From: "precipitation", As: "above"},
				text("location"), text("date"),
			},
		},
		Train: trainParams{
			Data: "work/train.csv", Model: "model", Label: "wet",
			Features:    []string{"temp_max", "temp_min", "wind", "day"},
			Differences: [][]string{{"temp_max", "temp_min"}},
			Seasons:     []seasonParams{{Column: "day", Period: 365.25}},
			L2:          1, MaxIter: 200,
		},
		Evaluate: evaluateParams{
			Model: "model", Data: "work/holdout.csv", Metrics: "metrics.json", Plots: "plots",
			Label: "wet", Segment: "location",
		},
	}
}

func (p *params) check() error {
	switch {
	case !(p.Prepare.Share >= 0 && p.Prepare.Share < 1):
		return bad("prepare.holdout_share", "%v is not a share from 0 up to 1", p.Prepare.Share)
	case !(p.Train.L2 >= 0):
		return bad("train.l2", "%v must be 0 or more", p.Train.L2)
	case p.Train.MaxIter < 1:
		return bad("train.max_iter", "%d must be 1 or more", p.Train.MaxIter)
	case len(p.Train.Features) == 0:
		return bad("train.features", "no feature is named")
	}
	for _, d := range p.Train.Differences {
		if len(d) != 2 {
			return bad("train.differences", "%v is not a pair of columns", d)
		}
	}
	for _, s := range p.Train.Seasons {
		if !(s.Period > 0) {
			return bad("train.seasons", "the period of %q must be above 0", s.Column)
		}
	}
	return p.checkPaths()
}

func (p *params) checkPaths() error {
	for key, path := range map[string]string{
		"prepare.data": p.Prepare.Data, "prepare.train": p.Prepare.Train, "prepare.holdout": p.Prepare.Holdout,
		"train.data": p.Train.Data, "train.model": p.Train.Model, "evaluate.model": p.Evaluate.Model,
		"evaluate.data": p.Evaluate.Data, "evaluate.metrics": p.Evaluate.Metrics, "evaluate.plots": p.Evaluate.Plots,
	} {
		if !filepath.IsLocal(path) {
			return bad(key, "%q is not a path inside the project", path)
		}
	}
	return nil
}

func bad(key, format string, args ...any) error {
	return errs.New(errs.Invalid, "params.yaml: "+key+": "+format, args...)
}
