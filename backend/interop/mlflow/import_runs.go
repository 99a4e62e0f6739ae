package mlflow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/run"
	"rondo/backend/trace"
)

type indexTx = index.Tx

func (b *bringing) runs(ctx context.Context, e run.Experiment) error {
	return each(ctx, func(ctx context.Context, fn func(Run) error) error { return b.from.Runs(ctx, e.ID, fn) }, b.run)
}

// run brings a run: first itself, whole, then its files, and then it is remembered. A
// crash in between makes the next import do it again, with the same result.
func (b *bringing) run(ctx context.Context, r Run) error {
	files, err := b.listed(ctx, Owner{"run", r.ID, r.ExperimentID, r.URI}, "run", r.ID)
	if err != nil {
		return err
	}
	defer files.close()
	old, was := b.known[originKey{"run", r.ID}]
	print := printOf(r.Run, r.Mark, files.list)
	if was && old.Print == print && print != "" {
		b.count("run", same)
		return nil
	}
	e := b.experiments[r.ExperimentID]
	in := run.Carried{Run: r.Run, Keep: was && old.Lifecycle == r.Lifecycle}
	in.ExperimentID = e.ID
	if e.Lifecycle == run.Deleted && r.Lifecycle == run.Deleted {
		in.DeletedAt = e.UpdatedAt // so that restoring the experiment restores it
	}
	in.Points = func(yield func([]run.Point) error) error { return b.from.Points(ctx, r, yield) }
	in.Left = func(what, key string, why error) { b.miss("part of a run", r.ID+" "+what+" "+key, why.Error()) }
	did, err := b.Runs.Carry(ctx, in)
	if err != nil {
		return b.lost(err, "run", r.ID)
	}
	b.with(func() { b.progress.Points += did.Points })
	whole, err := b.files(ctx, r.ID, files)
	if err != nil {
		return err
	}
	if !whole {
		print = "" // so that the next time tries again
	}
	now := seenOf(r.Tags)
	if err := gone(old.Seen.Tags, now.Tags, func(key string) error { return b.Runs.DeleteTag(ctx, r.ID, key) }); err != nil {
		return err
	}
	return b.came(ctx, "run", r.ID, r.ID, print, r.Lifecycle, old, now)
}

func (b *bringing) loggedModels(ctx context.Context, e run.Experiment) error {
	return each(ctx, func(ctx context.Context, fn func(LoggedModel) error) error { return b.from.LoggedModels(ctx, e.ID, fn) }, b.loggedModel)
}

func (b *bringing) loggedModel(ctx context.Context, m LoggedModel) error {
	if m.Lifecycle == run.Deleted {
		b.lose("logged model", m.ID, "it is deleted in MLflow")
		return nil
	}
	files, err := b.listed(ctx, Owner{"model", m.ID, m.ExperimentID, m.URI}, "logged model", m.ID)
	if err != nil {
		return err
	}
	defer files.close()
	old, was := b.known[originKey{"logged model", m.ID}]
	print := printOf(m, files.list)
	if was && old.Print == print && print != "" {
		b.count("logged model", same)
		return nil
	}
	in := m.LoggedModel
	in.ExperimentID = b.experiments[m.ExperimentID].ID
	if err := b.Runs.CarryModel(ctx, in); err != nil {
		return b.lost(err, "logged model", m.ID)
	}
	whole, err := b.files(ctx, m.ID, files)
	if err != nil {
		return err
	}
	if !whole {
		print = ""
	}
	now := seenOf(m.Tags)
	err = gone(old.Seen.Tags, now.Tags, func(key string) error {
		_, err := b.Runs.TagLoggedModel(ctx, m.ID, nil, []string{key})
		return err
	})
	if err != nil {
		return err
	}
	return b.came(ctx, "logged model", m.ID, m.ID, print, m.Lifecycle, old, now)
}

// listing is the artifacts of an owner as the source has them.
type listing struct {
	tree Tree
	list []File
}

func (l *listing) close() {
	if l.tree != nil {
		l.tree.Close()
	}
}

// listed looks at what artifacts there are. What cannot come is noted.
func (b *bringing) listed(ctx context.Context, o Owner, kind, name string) (l *listing, err error) {
	l = &listing{}
	l.tree, err = b.from.Files(ctx, o)
	var no *nowhere
	if errors.As(err, &no) {
		b.miss("files of a "+kind, name, no.why)
		b.with(func() { b.partly[o.ID] = true })
		return l, nil
	}
	if err != nil || l.tree == nil {
		return l, err
	}
	err = l.tree.List(ctx, "", func(f File) error {
		l.list = append(l.list, f)
		return nil
	}, func(file, why string) {
		b.miss("artifact", name+"/"+file, why)
		b.with(func() { b.partly[o.ID] = true })
	})
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// files copies artifacts. It is not whole where one could not be read.
func (b *bringing) files(ctx context.Context, owner string, l *listing) (whole bool, err error) {
	if len(l.list) == 0 {
		return true, nil
	}
	to, err := b.Runs.CarryFiles(ctx, owner)
	if err != nil {
		return false, err
	}
	defer to.Close()
	whole = true
	for _, f := range l.list {
		err := b.file(ctx, to, l.tree, f)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if errs.Is(err, errs.Unavailable) {
			return false, err
		}
		if err != nil {
			whole = false
			b.miss("artifact", path.Join(owner, f.Path), reason(err))
		}
	}
	if !whole {
		b.with(func() { b.partly[owner] = true })
	}
	return whole, to.Commit()
}

// reason leaves names out of an error, so that the same reasons are told once.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

func (b *bringing) file(ctx context.Context, to *run.Files, from Tree, f File) error {
	r, err := from.Open(ctx, f.Path)
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := to.Put(f.Path, r)
	if err == nil {
		b.with(func() { b.progress.Files, b.progress.Bytes = b.progress.Files+1, b.progress.Bytes+n })
	}
	return err
}

func (b *bringing) traces(ctx context.Context, e run.Experiment) error {
	return each(ctx, func(ctx context.Context, fn func(Trace) error) error { return b.from.Traces(ctx, e.ID, fn) }, b.trace)
}

func (b *bringing) trace(ctx context.Context, t Trace) error {
	old, was := b.known[originKey{"trace", t.ID}]
	print := printOf(t.Trace, t.Runs, t.Prompts, t.Mark)
	if was && old.Print == print && print != "" {
		b.count("trace", same)
		return nil
	}
	in := trace.Carried{Trace: t.Trace, Runs: t.Runs, Prompts: t.Prompts}
	in.ExperimentID = b.experiments[t.ExperimentID].ID
	var err error
	if in.Spans, err = t.Spans(ctx); err != nil {
		var no *nowhere
		switch {
		case errors.As(err, &no):
			err = errs.New(errs.NotFound, "its spans did not come: %s", no.why)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if p := stops(err); errs.KindOf(p) == errs.Unavailable {
			return err
		}
		b.miss("spans of a trace", t.ID, err.Error())
		print = ""
	}
	if err := b.Traces.Carry(ctx, in); err != nil {
		return b.lost(err, "trace", t.ID)
	}
	whole, err := b.attachments(ctx, t, in.Spans)
	if err != nil {
		return err
	}
	if !whole {
		print = "" // another try may find more
	}
	now := seenOf(t.Tags)
	if err := gone(old.Seen.Tags, now.Tags, func(key string) error { return b.Traces.DeleteTag(ctx, t.ID, key) }); err != nil {
		return err
	}
	return b.came(ctx, "trace", t.ID, t.ID, print, "", old, now)
}

var errCode = fmt.Errorf("it is Python code, which Rondo does not keep")
