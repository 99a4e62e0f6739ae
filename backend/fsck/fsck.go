// Package fsck reads a whole project, offline or beside its server, and names every
// place that is not what was written: damaged records, damaged or missing objects,
// pointers to nowhere, metric points, and an index that says other than the journal.
// It changes nothing.
package fsck

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Kinds of problems.
const (
	KindRecord    = "record"    // of the journal
	KindObject    = "object"    // content that is damaged
	KindReference = "reference" // content that a record needs and that is not here
	KindPointer   = "pointer"   // a .snap file
	KindRun       = "run"       // a file of a run
	KindIndex     = "index"     // the view, which can be rebuilt
	KindProject   = "project"   // what makes the folder a project
)

// Problem is one place that is not what was written.
type Problem struct {
	Kind   string `json:"kind"`
	File   string `json:"file"` // slash-separated, in the project folder
	Offset int64  `json:"offset,omitempty"`
	Length int64  `json:"length,omitempty"` // 0: the whole file, or not known
	What   string `json:"what"`
	Hint   string `json:"hint,omitempty"`
}

// Report is what a check found.
type Report struct {
	OK         bool      `json:"ok"`
	Records    int       `json:"records"`
	Objects    int       `json:"objects"`
	References int       `json:"references"` // from records to objects
	Files      int       `json:"files"`      // of runs and traces
	Unsealed   int       `json:"unsealed"`   // files of runs and traces of which nobody knows what they held when they came
	Pointers   int       `json:"pointers"`
	NotFetched int       `json:"not_fetched"` // files of snapshots of which only a part was ever brought here
	Index      bool      `json:"index"`       // it was compared with the journal
	Problems   []Problem `json:"problems"`
	Count      int       `json:"count"` // of all problems; the first 10,000 are listed
	At         time.Time `json:"at"`
	Duration   int64     `json:"duration_ms"`
}

// Options widen a check.
type Options struct {
	// Nouns and Dump let the index be compared with what the journal gives: Dump writes
	// the rows as they are shown now. Without them the index is not looked at.
	Nouns []index.Noun
	Dump  func(ctx context.Context, w io.Writer) error
	Now   func() time.Time
	Count *store.Count // how many objects were read, if somebody wants to know
}

const maxListed = 10_000

type checker struct {
	opts    Options
	project *project.Project
	store   *store.Store
	report  Report
	follow  *follower
	broken  map[string]bool // digests that are reported already
}

// Check reads the project in dir to the last byte. The error says why that could not
// be done; what is wrong with the project is in the report.
func Check(ctx context.Context, dir string, opts Options) (Report, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	begin := opts.Now()
	c := &checker{opts: opts, broken: map[string]bool{}, report: Report{Problems: []Problem{}, At: begin.UTC()}}
	c.follow = &follower{c: c, seen: map[ref.Digest]bool{}, taken: map[string]taken{}, sets: map[string]*set{}, came: dataset.Came{}}
	var err error
	if err := c.marker(dir); err != nil {
		return c.report, err
	}
	if c.store, err = store.View(c.path("objects")); err != nil {
		return c.report, unreadable(err, "the objects")
	}
	for _, step := range []func(context.Context) error{c.journal, c.objects, c.references, c.runs, c.traces, c.captures, c.index} {
		if err := step(ctx); err != nil {
			return c.report, err
		}
	}
	r := &c.report
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset))
	})
	r.OK, r.Duration = r.Count == 0, opts.Now().Sub(begin).Milliseconds()
	return *r, nil
}

func unreadable(err error, what string) error {
	return errs.New(errs.Unavailable, "%s cannot be read: %w", what, err).WithHint("see whether you may read the folder, and whether the disk is well")
}

func (c *checker) path(elem ...string) string {
	return c.project.Path(append([]string{project.PrivateDir}, elem...)...)
}

func private(elem ...string) string {
	return filepath.ToSlash(filepath.Join(append([]string{project.PrivateDir}, elem...)...))
}

func (c *checker) add(p Problem) {
	if c.report.Count++; len(c.report.Problems) < maxListed {
		c.report.Problems = append(c.report.Problems, p)
	}
}

func (c *checker) journal(context.Context) error {
	n, damaged, err := journal.Verify(c.path("journal"))
	if err != nil {
		return unreadable(err, "the journal")
	}
	c.report.Records = n
	for _, d := range damaged {
		p := Problem{Kind: KindRecord, File: private("journal"), What: d.Error(), Hint: errs.HintOf(d)}
		var at *journal.Place
		if errors.As(d, &at) {
			p.File, p.Offset, p.Length = private("journal", at.File), at.Offset, at.Size
		}
		c.add(p)
	}
	return nil
}

func (c *checker) objects(ctx context.Context) (err error) {
	c.report.Objects, err = c.store.Check(ctx, store.Check{Count: c.opts.Count}, func(i store.Info, err error) {
		p := Problem{Kind: KindObject, File: private("objects", i.File), What: err.Error(), Hint: errs.HintOf(err)}
		if !i.Digest.IsZero() {
			p.Offset, p.Length = i.Offset, i.Stored
			c.broken[i.Digest.String()] = true
		}
		c.add(p)
	})
	return err
}

// isMissing reports that a name leads to nothing.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, os.ErrNotExist)
}
