package loop

import (
	"context"
	"fmt"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/ref"
	"rondo/backend/serve"
)

// feedback plans which labelled captures become rows of the dataset. Nothing is
// written to the file yet: once the plan is on record, writing it can be repeated.
func (s *Service) feedback(ctx context.Context, d Decision, _ project.Model) (Step, error) {
	set, ok := s.opts.File().Datasets[d.Dataset]
	if !ok || set.Feedback == nil {
		return Step{Skipped: true, Text: "the dataset declares no feedback"}, nil
	}
	fresh, err := s.fresh(ctx, d.Dataset, set.Feedback.Endpoint)
	if err != nil {
		return Step{}, err
	}
	if len(fresh) == 0 {
		return Step{Skipped: true, Text: "no newly labelled predictions"}, nil
	}
	rows, err := s.plan(ctx, set, fresh)
	if err != nil {
		return Step{}, err
	}
	text := fmt.Sprintf("%d labelled predictions become rows of %s", rows.Count, set.Path)
	if rows.Skipped > 0 {
		text += fmt.Sprintf("; %d lack a column and stay out: they have no %s", rows.Skipped, strings.Join(rows.Lacking, ", no "))
	}
	return Step{Rows: rows, Text: text}, nil
}

// page is how many captures are read at a time; most bounds one retrain's new rows.
const (
	page = 5000
	most = 1_000_000
)

// fresh lists the labelled captures of an endpoint that are not in the dataset yet,
// in the order in which they were asked.
func (s *Service) fresh(ctx context.Context, dataset, endpoint string) ([]serve.Capture, error) {
	used, err := s.used(ctx, dataset)
	if err != nil {
		return nil, err
	}
	if err := s.opts.Serving.Flush(ctx); err != nil {
		return nil, err
	}
	yes := true
	q := serve.Query{Endpoint: endpoint, Labelled: &yes, Limit: page}
	var list []serve.Capture
	for len(list) < most {
		batch, err := s.opts.Serving.Captures(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range batch {
			if c.Truth != nil && !used[c.ID] {
				list = append(list, c)
			}
		}
		if len(batch) < page {
			break
		}
		q.After = batch[len(batch)-1].Cursor
	}
	return list, nil
}

// used returns the ids of the captures that earlier decisions turned into rows.
func (s *Service) used(ctx context.Context, dataset string) (map[string]bool, error) {
	list, err := s.list(ctx, "SELECT data FROM loop_decisions WHERE data LIKE '%\"captures\":%' ORDER BY opened")
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, d := range list {
		step, ok := d.Step(Feedback)
		if _, written := d.Step(Snapshot); !ok || !written || step.Rows == nil || d.Dataset != dataset {
			continue
		}
		b, err := s.opts.Store.ReadAll(ctx, step.Rows.Captures, 1<<30)
		if err != nil {
			return nil, err
		}
		for id := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n") {
			ids[id] = true
		}
	}
	return ids, nil
}

// plan makes the lines and works out what the file will be with them.
func (s *Service) plan(ctx context.Context, set project.Dataset, captures []serve.Capture) (*Rows, error) {
	file, err := s.table(set.Path)
	if err != nil {
		return nil, err
	}
	if err := file.check(set.Feedback.Columns); err != nil {
		return nil, err
	}
	rows := &Rows{Path: set.Path, Base: file.digest}
	var added, ids strings.Builder
	if file.unfinished {
		added.WriteString("\n")
	}
	for _, c := range captures {
		line, lacks := file.line(set.Feedback.Columns, c)
		if len(lacks) > 0 {
			rows.skip(lacks)
			continue
		}
		rows.Count++
		added.WriteString(line)
		ids.WriteString(c.ID + "\n")
	}
	if rows.Count == 0 {
		return nil, errs.New(errs.Precondition, "none of the %d labelled predictions holds all columns of %s: there is no %s", rows.Skipped, set.Path, strings.Join(rows.Lacking, ", no ")).
			WithHint("send the missing attributes with the request, or the facts with the truth; feedback: in rondo.yaml says which")
	}
	if rows.Added, err = s.opts.Store.PutBytes(ctx, []byte(added.String())); err != nil {
		return nil, err
	}
	if rows.Captures, err = s.opts.Store.PutBytes(ctx, []byte(ids.String())); err != nil {
		return nil, err
	}
	rows.Result, err = s.digest(set.Path, strings.NewReader(added.String()))
	return rows, err
}

// applyRows writes the planned rows, unless they are there already.
func (s *Service) applyRows(ctx context.Context, d Decision) error {
	step, ok := d.Step(Feedback)
	if !ok || step.Rows == nil {
		return nil
	}
	now, err := s.digest(step.Rows.Path, nil)
	switch {
	case err != nil:
		return err
	case now == step.Rows.Result:
		return nil
	case now != step.Rows.Base:
		return errs.New(errs.Conflict, "%s was changed while its new rows were being added; nothing was written", step.Rows.Path).
			WithHint("take a snapshot of what is there now, and fire the trigger again")
	}
	added, err := s.opts.Store.ReadAll(ctx, step.Rows.Added, 1<<30)
	if err != nil {
		return err
	}
	return s.extend(step.Rows.Path, added, ref.Digest(step.Rows.Result))
}
