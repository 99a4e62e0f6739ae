// Package evaluation keeps what answers are judged with: datasets of questions with
// what is expected of the answers, and scorers. Both belong to experiments, which this
// package knows by id. A scorer is kept and never run here.
package evaluation

import (
	"context"
	"encoding/json"
	"regexp"
	"sync"
	"time"
	"unicode/utf8"

	"rondo/backend/errs"
	"rondo/backend/ledger"
)

// Dataset is a named set of records.
type Dataset struct {
	ID            string            `json:"id"` // d- and 32 hex digits
	Name          string            `json:"name"`
	Tags          map[string]string `json:"tags"`
	ExperimentIDs []string          `json:"experiment_ids"`
	Schema        json.RawMessage   `json:"schema,omitempty"` // the type of each field of the records
	Records       int               `json:"records"`
	Created       int64             `json:"created"` // ms since 1970
	Updated       int64             `json:"updated"`
	CreatedBy     string            `json:"created_by,omitempty"`
	UpdatedBy     string            `json:"updated_by,omitempty"`
}

// Record is one question: inputs, and what is known about the answer.
type Record struct {
	ID           string                     `json:"id"`
	Inputs       map[string]json.RawMessage `json:"inputs"`
	Outputs      json.RawMessage            `json:"outputs,omitempty"`
	Expectations map[string]json.RawMessage `json:"expectations,omitempty"`
	Tags         map[string]string          `json:"tags,omitempty"`
	Source       json.RawMessage            `json:"source,omitempty"` // where it comes from: a trace, a person, a document or code
	Created      int64                      `json:"created"`
	Updated      int64                      `json:"updated"`
	CreatedBy    string                     `json:"created_by,omitempty"`
	UpdatedBy    string                     `json:"updated_by,omitempty"`
}

// Scorer is one version of a named way to judge.
type Scorer struct {
	ID           string `json:"id"` // the same for all versions
	ExperimentID string `json:"experiment_id"`
	Name         string `json:"name"`
	Version      int    `json:"version"`
	Serialized   string `json:"serialized"`
	Created      int64  `json:"created"`
}

const userTag = "mlflow.user"

// Limits of what one call may bring.
const (
	maxRecords = 10_000
	maxPairs   = 1000
	maxText    = 5000
)

// Options say what a Service works with.
type Options struct {
	Ledger     *ledger.Ledger
	Experiment func(ctx context.Context, id string) error // refuses one that is not there or not active
	Now        func() time.Time
}

// Service keeps the evaluation datasets and scorers of one project.
type Service struct{ opts Options }

// New returns the service.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{opts}
}

func (s *Service) now() int64 { return s.opts.Now().UnixMilli() }

var nameShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\x00-\x1f]{1,255}$`) })

func checkName(what, name string) error {
	if !nameShape().MatchString(name) || !utf8.ValidString(name) {
		return errs.New(errs.Invalid, "%.80q is not the name of a %s: want 1 to 255 characters on one line", name, what)
	}
	return nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxPairs {
		return errs.New(errs.TooLarge, "a dataset has at most %d tags, not %d", maxPairs, len(tags))
	}
	for k, v := range tags {
		if !nameShape().MatchString(k) || utf8.RuneCountInString(v) > maxText {
			return errs.New(errs.Invalid, "the tag %.80q has an unfit key, or a value of more than %d characters", k, maxText)
		}
	}
	return nil
}
