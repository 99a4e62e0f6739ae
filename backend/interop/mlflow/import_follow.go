package mlflow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// What another import finds renamed or taken away in the source is renamed or taken away
// here: but only what had come from there. What was added here stays.

// seen is what the source said when something came last.
type seen struct {
	Name    string   `json:"name,omitempty"`
	Tags    []string `json:"tags,omitempty"` // their keys
	Aliases []string `json:"aliases,omitempty"`
	Created int64    `json:"created,omitempty"` // ms since 1970; of a model, whose id is its name
}

func seenOf(tags map[string]string) seen { return seen{Tags: slices.Sorted(maps.Keys(tags))} }

// gone takes away what was in the source and is there no more.
func gone(before, now []string, remove func(key string) error) error {
	for _, key := range before {
		if slices.Contains(now, key) {
			continue
		}
		err := remove(key)
		switch errs.KindOf(err) {
		case errs.NotFound, errs.Precondition, errs.Invalid, errs.Denied: // it is gone here as well, or what it was on does not change
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bringing) followExperiment(ctx context.Context, old origin, now seen, here run.Experiment) error {
	if old.Seen.Name != "" && old.Seen.Name != now.Name && here.Name == old.Seen.Name {
		if err := b.Runs.RenameExperiment(ctx, here.ID, now.Name); errs.Is(err, errs.Conflict) || errs.Is(err, errs.Precondition) {
			b.note(fmt.Sprintf("experiment %q is called %q in the source now, and keeps its name here: %v", here.Name, now.Name, err))
		} else if err != nil {
			return err
		}
	}
	return gone(old.Seen.Tags, now.Tags, func(key string) error { return b.Runs.SetExperimentTag(ctx, here.ID, key, "", true) })
}

func (b *bringing) followModel(ctx context.Context, name string, before, now seen) error {
	err := gone(before.Tags, now.Tags, func(key string) error { return b.Registry.SetTag(ctx, name, 0, key, "", true) })
	if err != nil {
		return err
	}
	return gone(before.Aliases, now.Aliases, func(alias string) error {
		_, err := b.Registry.Alias(ctx, name, alias, 0, "as in "+b.about.Words, "")
		return err
	})
}

// renamedModels finds models that have another name than when they came: a model of the
// old name is gone from the source, and one that was made at the same moment is new there.
func (b *bringing) renamedModels(ctx context.Context) error {
	missing := map[int64]origin{}
	for k, o := range b.known {
		if k.kind == "model" && o.Seen.Created > 0 {
			missing[o.Seen.Created] = o
		}
	}
	if len(missing) == 0 {
		return nil
	}
	fresh := map[int64]string{}
	err := b.from.Models(ctx, func(m Model) error {
		if _, was := b.known[originKey{"model", m.Name}]; was {
			delete(missing, m.CreatedAt.UnixMilli())
		} else {
			fresh[m.CreatedAt.UnixMilli()] = m.Name
		}
		return nil
	})
	for created, name := range fresh {
		if old, ok := missing[created]; ok && err == nil {
			err = b.renameModel(ctx, old, name)
		}
	}
	return err
}

func (b *bringing) renameModel(ctx context.Context, old origin, name string) error {
	err := b.Registry.Rename(ctx, old.Here, name)
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Conflict: // it is gone here, or another one has the name
		return nil
	}
	if err != nil {
		return err
	}
	b.note(fmt.Sprintf("model %q is called %q now", old.ID, name))
	was := old.ID
	old.ID, old.Here, old.Print = name, name, ""
	b.known[originKey{"model", name}] = old
	for k, v := range maps.Clone(b.known) {
		if n, ok := strings.CutPrefix(k.id, was+" "); ok && k.kind == "version" {
			v.ID, v.Print = name+" "+n, ""
			b.known[originKey{"version", v.ID}] = v
		}
	}
	return nil
}
