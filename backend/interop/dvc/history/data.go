package history

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/past"
	"rondo/backend/ref"
)

// messageMD5 finds DVC's name of the content in the message of a snapshot that came so.
var messageMD5 = regexp.MustCompile(`\(dvc (md5(?:-dos2unix)? [0-9a-f]{32}(?:\.dir)?)\)$`)

func namedMD5(message string) string {
	if m := messageMD5.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

// nameOfData is DVC's name of content. DVC 2 has the same hash for other line ends.
func nameOfData(d dvc.Data) string { return d.Hash() + " " + d.MD5() }

// data makes a snapshot of what a .dvc file named at a commit, and gives it the names of
// the commit's tags.
func (b *bringing) data(ctx context.Context, p *past.Commit, d dvc.Data) error {
	set, ok := b.sets[d.Path]
	if !ok {
		b.lose("%s: its earlier contents stay DVC's, because it is no dataset now", d.Path)
		return nil
	}
	key := set.Name + " " + nameOfData(d)
	snap, ok := b.known[key]
	if b.lost[key] { // told of the first commit that names it
		return nil
	}
	if !ok {
		var err error
		if snap, err = b.snapshot(ctx, p, d, set.Name); err != nil {
			b.lost[key] = !errs.Is(err, errs.Unavailable) // a disk may do its work again
			return b.unlessLost(ctx, err, d, p)
		}
		b.known[key] = snap
	}
	return b.tags(ctx, p, snap)
}

// unlessLost goes on where only this content cannot come.
func (b *bringing) unlessLost(ctx context.Context, err error, d dvc.Data, p *past.Commit) error {
	if ctx.Err() != nil || errs.Is(err, errs.Internal) {
		return err
	}
	b.lose("%s as commit %.12s has it: %s", d.Path, p.Commit, err)
	return nil
}

func (b *bringing) snapshot(ctx context.Context, p *past.Commit, d dvc.Data, name string) (dataset.Snapshot, error) {
	at := ".rondo/tmp/dvc-" + ref.NewID()
	defer b.from.Drop(at)
	if err := b.from.Bring(ctx, d, at); err != nil {
		return dataset.Snapshot{}, err
	}
	message := fmt.Sprintf("as %s named it at commit %.12s of %s (dvc %s)", d.From, p.Commit, p.At.Format("2006-01-02"), nameOfData(d))
	snap, fresh, err := b.Datasets.Carry(ctx, name, at, dataset.Git{Commit: p.Commit}, message)
	if err != nil {
		return snap, err
	}
	if fresh {
		b.account.Snapshots++
	} else {
		b.account.There++
	}
	return snap, nil
}

// tags names the snapshot as git names the commit. A name that is taken stays where it is.
func (b *bringing) tags(ctx context.Context, p *past.Commit, snap dataset.Snapshot) error {
	if len(p.Tags) == 0 {
		return nil
	}
	have, err := b.Datasets.Tags(ctx, snap.Dataset)
	if err != nil {
		return err
	}
	for _, tag := range p.Tags {
		if slices.ContainsFunc(have, func(t dataset.Tag) bool { return t.Name == tag }) {
			continue
		}
		if _, err := b.Datasets.SetTag(ctx, snap.Dataset, snap.Number, tag); err != nil {
			if !errs.Is(err, errs.Invalid) {
				return err
			}
			b.lose("the tag %s of git is no name for a snapshot", tag)
			continue
		}
		b.account.Tags++
	}
	return nil
}
