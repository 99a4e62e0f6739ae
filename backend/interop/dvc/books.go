package dvc

import (
	"context"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// Books carry out the stages of a DVC project as `dvc repro` would.
type Books struct {
	p     *Project
	begun map[string]bool // the .dvc files that were looked at
	noted bool            // what lies there from before
	exp   *pipeline.Experiment
}

// OpenBooks opens the books of the DVC project in dir. What its stages name outside of it is
// read where it is among the paths that were trusted.
func OpenBooks(dir string, trusted []string) (pipeline.Books, error) {
	p, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if len(p.Problems) > 0 {
		p.Close()
		return nil, p.Problems[0]
	}
	p.Allow(trusted...)
	return &Books{p: p, begun: map[string]bool{}}, nil
}

// Close implements pipeline.Books.
func (b *Books) Close() error { return b.p.Close() }

// find returns the stage at an address, such as train or sub/dvc.yaml:train@uk.
func (p *Project) find(address string) (*metafile.Pipeline, metafile.Stage, error) {
	for _, pl := range p.Pipelines {
		for _, s := range pl.Stages {
			if Address(pl.File, s.Name) == address {
				return pl, s, nil
			}
		}
	}
	return nil, metafile.Stage{}, errs.New(errs.NotFound, "the DVC project has no stage %s", address).WithHint("`rondo stage list` shows those that there are")
}

// Ready implements pipeline.Books.
func (b *Books) Ready() error { return b.p.clash() }

// Reasons implements pipeline.Books.
func (b *Books) Reasons(ctx context.Context, address string) ([]string, error) {
	pl, s, err := b.p.find(address)
	if err != nil {
		return nil, err
	}
	st, err := b.p.stageStatus(ctx, pl, s)
	return b.p.why(pl, st), err
}

// why tells of a stage that has never run that, and what keeps it from running.
func (p *Project) why(pl *metafile.Pipeline, st StageStatus) []string {
	_, name, nested := strings.Cut(st.Name, ":")
	if !nested {
		name = st.Name
	}
	if p.Locks[pl.File].Stage(name) != nil {
		return st.Reasons()
	}
	out := []string{"it has never run here"}
	if p.parted(pl.File, name) {
		out = []string{"both sides of a merge changed what is recorded of it"}
	}
	for _, r := range st.Reasons() {
		if strings.HasPrefix(r, "dep ") && strings.HasSuffix(r, " is missing") {
			out = append(out, r)
		}
	}
	return append(out, st.closed()...)
}

// closed tells of what may not be read.
func (s StageStatus) closed() (out []string) {
	for _, at := range s.Closed {
		out = append(out, at+" lies outside of the project, and is looked at when the stages are trusted (rondo trust)")
	}
	return out
}

// Reasons are the words of a status as sentences.
func (s StageStatus) Reasons() []string {
	out := []string{}
	if s.Command {
		out = append(out, "its cmd changed")
	}
	out = append(out, reasonsOf("dep", s.Deps)...)
	out = append(out, reasonsOf("out", s.Outs)...)
	for _, at := range s.Unknown {
		out = append(out, "dep "+at+" lies elsewhere, and only DVC can look at it")
	}
	out = append(out, s.closed()...)
	if s.Always {
		out = append(out, "it is declared always_changed")
	}
	if s.Checksum {
		out = append(out, "its .dvc file was changed by hand")
	}
	return out
}

var wordReasons = map[string]string{Modified: "changed", New: "is new", Deleted: "is missing", NotInCache: "is not in the cache", Newer: "has a newer version"}

func reasonsOf(what string, words *doc.Map) (out []string) {
	for i := 0; i < words.Len(); i++ {
		at := words.Keys[i]
		switch w := words.Value(at).(type) {
		case *doc.Map:
			for _, k := range w.Keys {
				out = append(out, "param "+k+" of "+at+" "+wordReasons[w.Value(k).(string)])
			}
		case string:
			out = append(out, what+" "+at+" "+wordReasons[w])
		}
	}
	return out
}

// Begin implements pipeline.Books: data that .dvc files track and that changed is recorded
// anew before the first stage that reads it, as DVC does. What comes after a stage that
// fails stays as it was recorded.
func (b *Books) Begin(ctx context.Context, address string, force bool, say func(format string, args ...any)) error {
	_, s, err := b.p.find(address)
	if err != nil || s.Frozen {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(b.p.Singles), func(f SingleFile) bool {
		return f.Cmd != "" || b.begun[f.Path] || !b.p.reads(s, f)
	})
	if b.noted && len(fresh) == 0 { // as of most stages: nothing is locked for that, and nothing written
		return nil
	}
	unlock, err := b.p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, f := range fresh {
		b.begun[f.Path] = true
		if err := b.track(ctx, f, force, say); err != nil {
			return err
		}
	}
	b.noted = true
	return b.p.noteLinks()
}

func (b *Books) track(ctx context.Context, f SingleFile, force bool, say func(format string, args ...any)) error {
	st, err := b.p.singleStatus(ctx, f)
	if err != nil || st.Outs.Len() == 0 && !force {
		return err
	}
	err = b.p.commitSingle(ctx, f)
	if err == nil && st.Outs.Len() > 0 {
		say("%s: %s changed, and is recorded", f.Path, strings.Join(st.Outs.Keys, ", "))
	}
	return err
}

// reads reports whether a stage depends on what a .dvc file tracks.
func (p *Project) reads(s metafile.Stage, f SingleFile) bool {
	for _, o := range f.Outs {
		at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path)
		if here && slices.ContainsFunc(s.Deps, func(d string) bool {
			in, ok := p.where(s.Wdir, d)
			return ok && (in == at || inside(in, at) || inside(at, in))
		}) {
			return true
		}
	}
	return false
}
