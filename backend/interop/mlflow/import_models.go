package mlflow

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/registry"
)

const (
	promptTag  = "mlflow.prompt.is_prompt"
	promptText = "mlflow.prompt.text"
	promptFile = "prompt.txt"
)

// model brings a registered model with its versions and aliases.
func (b *bringing) model(ctx context.Context, m Model) error {
	old, was := b.known[originKey{"model", m.Name}]
	print := printOf(m)
	if was && old.Print == print && print != "" {
		b.count("model", same)
		for range m.Versions {
			b.count("version", same)
		}
		return nil
	}
	if err := b.Registry.Carry(ctx, m.Model, m.Next); err != nil {
		return b.lost(err, "model", m.Name)
	}
	whole, here := true, map[int]int{}
	for _, v := range m.Versions {
		n, err := b.version(ctx, m, v)
		if err != nil {
			return err
		}
		if n == 0 {
			whole = false
			continue
		}
		here[v.Version.Version] = n
		if n != v.Version.Version {
			b.note(fmt.Sprintf("version %d of %s has the number %d here: another one had it", v.Version.Version, m.Name, n))
		}
	}
	if err := b.aliases(ctx, m, here); err != nil {
		return err
	}
	if !whole {
		print = ""
	}
	now := seenOf(m.Tags)
	now.Aliases, now.Created = slices.Sorted(maps.Keys(m.Aliases)), m.CreatedAt.UnixMilli()
	if err := b.followModel(ctx, m.Name, old.Seen, now); err != nil {
		return err
	}
	return b.came(ctx, "model", m.Name, m.Name, print, "", old, now)
}

func (b *bringing) aliases(ctx context.Context, m Model, here map[int]int) error {
	now, err := b.Registry.Model(ctx, m.Name)
	if err != nil {
		return err
	}
	for _, alias := range slices.Sorted(maps.Keys(m.Aliases)) {
		n := here[m.Aliases[alias]]
		if n == 0 {
			b.miss("alias", m.Name+"@"+alias, "its version did not come")
			continue
		}
		if now.Aliases[alias] == n {
			continue
		}
		_, err := b.Registry.Alias(ctx, m.Name, alias, n, "as in "+b.about.Words, "")
		if err := b.lost(err, "alias", m.Name+"@"+alias); err != nil {
			return err
		}
	}
	return nil
}

// version brings one version, and returns its number here, or 0 where it did not come.
func (b *bringing) version(ctx context.Context, m Model, v Version) (int, error) {
	name := m.Name + " " + strconv.Itoa(v.Version.Version)
	old, was := b.known[originKey{"version", name}]
	print := printOf(v)
	if was && old.Print == print && print != "" {
		n, err := strconv.Atoi(old.Here)
		if err == nil {
			b.count("version", same)
			return n, nil
		}
	}
	in := registry.CarryVersion{
		Number: v.Version.Version, Status: v.Status, Stage: v.Stage, By: v.CreatedBy, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
		CreateVersion: registry.CreateVersion{
			Model: m.Name, Source: v.Source, RunID: v.RunID, Description: v.Description, Tags: v.Tags,
			Key: "mlflow:" + printOf(v.CreatedAt.UnixMilli(), v.Version.Version, v.RunID, v.Source),
		},
	}
	temp, err := b.content(ctx, m, v, &in.CreateVersion)
	if temp != "" {
		defer os.RemoveAll(temp)
	}
	if err == nil {
		err = b.measured(ctx, &in.CreateVersion)
	}
	if err != nil {
		return 0, b.lost(err, "version", name)
	}
	n, _, err := b.Registry.CarryVersion(ctx, in)
	if err != nil {
		return 0, b.lost(err, "version", name)
	}
	now := seenOf(v.Tags)
	err = gone(old.Seen.Tags, now.Tags, func(key string) error { return b.Registry.SetTag(ctx, m.Name, n, key, "", true) })
	if err != nil {
		return 0, err
	}
	return n, b.came(ctx, "version", name, strconv.Itoa(n), print, "", old, now)
}

// measured says what the version's run recorded, for comparisons.
func (b *bringing) measured(ctx context.Context, c *registry.CreateVersion) error {
	c.Metrics, c.Params = map[string]float64{}, map[string]string{}
	if c.RunID == "" {
		return nil
	}
	r, err := b.Runs.Get(ctx, c.RunID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	for k, x := range r.Metrics {
		if v := float64(x.Value); !math.IsNaN(v) && !math.IsInf(v, 0) {
			c.Metrics[k] = v
		}
	}
	maps.Copy(c.Params, r.Params)
	c.Commit = r.Tags["mlflow.source.git.commit"]
	return err
}

func orNothing(prefix, id string) string {
	if id == "" {
		return ""
	}
	return prefix + id
}

func (b *bringing) prompt(v Version, c *registry.CreateVersion) (string, error) {
	temp, err := os.MkdirTemp("", "rondo-import-")
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "keep the text of a prompt")
	}
	c.Dir = temp
	return temp, errs.Wrap(errs.Unavailable, os.WriteFile(filepath.Join(temp, promptFile), []byte(v.Tags[promptText]), 0o600), "keep the text of a prompt")
}
