package mlflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/ref"
	"rondo/backend/registry"
	"rondo/backend/run"
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

// content finds the files of a version: a prompt's text, the artifacts of a run or
// logged model that have come, the content of another version, or what is at its
// address. Temp is a folder to be removed afterwards.
func (b *bringing) content(ctx context.Context, m Model, v Version, c *registry.CreateVersion) (temp string, err error) {
	if strings.EqualFold(m.Tags[promptTag], "true") || strings.EqualFold(v.Tags[promptTag], "true") {
		return b.prompt(v, c)
	}
	var missing error
	for _, uri := range []string{v.Storage, v.Source, orNothing("models:/", v.ModelID)} {
		if uri == "" {
			continue
		}
		d, err := b.sibling(ctx, uri)
		if errs.Is(err, errs.NotFound) { // its model may have another name now; the files may be elsewhere as well
			missing = err
			continue
		}
		if err != nil || !d.IsZero() {
			c.Digest = d
			return "", err
		}
		dir, none := b.own(ctx, uri, v.RunID)
		if c.Dir = dir; dir != "" {
			return "", nil
		}
		c.MayBeEmpty = c.MayBeEmpty || none
	}
	if c.MayBeEmpty {
		return "", nil
	}
	temp, err = b.fetched(ctx, v, c)
	if errs.Is(err, errs.NotFound) && missing != nil {
		err = missing
	}
	return temp, err
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

var versionURI = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^models:/([^/@]+)/([0-9]+)$`) })

// sibling is the content of another version, which has come before this one.
func (b *bringing) sibling(ctx context.Context, uri string) (d ref.Digest, err error) {
	parts := versionURI().FindStringSubmatch(uri)
	if parts == nil {
		return d, nil
	}
	n := 0
	if o, ok := b.known[originKey{"version", parts[1] + " " + parts[2]}]; ok {
		n, _ = strconv.Atoi(o.Here)
	} else {
		n, _ = strconv.Atoi(parts[2])
	}
	v, err := b.Registry.Version(ctx, parts[1], n)
	if errs.Is(err, errs.NotFound) {
		return d, errs.New(errs.NotFound, "it is a copy of %s, which did not come", uri)
	}
	return v.Digest, err
}

var (
	runURI    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^runs:/+([a-zA-Z0-9][\w-]*)/?(.*)$`) })
	loggedURI = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^models:/|/models/)(m-[\w-]+)(?:/artifacts)?/?(.*)$`)
	})
)

// ownerOf says to which run or logged model an address belongs, and what is below it.
func ownerOf(uri, runID string) (owner, below string) {
	if p := runURI().FindStringSubmatch(uri); p != nil {
		owner, below = p[1], p[2]
	} else if p := loggedURI().FindStringSubmatch(uri); p != nil {
		owner, below = p[1], p[2]
	} else if _, rest, ok := strings.Cut(uri, "/"+runID+"/artifacts"); ok && runID != "" {
		owner, below = runID, strings.TrimPrefix(rest, "/")
	}
	return owner, strings.Trim(below, "/")
}

// own is the folder here of artifacts that came with a run or logged model, "" if none did.
// None says that all artifacts of the owner came, and that there are none at this address.
func (b *bringing) own(ctx context.Context, uri, runID string) (dir string, none bool) {
	owner, below := ownerOf(uri, runID)
	if owner == "" || below != "" && !fs.ValidPath(below) {
		return "", false
	}
	if below == "" {
		below = "."
	}
	list, err := b.artifacts(owner, below)
	if len(list) > 0 {
		return filepath.Join(b.Runs.ArtifactDir(owner), filepath.FromSlash(below)), false
	}
	return "", errors.Is(err, fs.ErrNotExist) && b.cameWhole(ctx, owner)
}

func (b *bringing) artifacts(owner, below string) ([]fs.DirEntry, error) {
	root, err := os.OpenRoot(b.Runs.ArtifactDir(owner))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return fs.ReadDir(root.FS(), below)
}

// cameWhole says that a run or logged model is here with all the files that it has there.
func (b *bringing) cameWhole(ctx context.Context, owner string) bool {
	whole := true
	b.with(func() { whole = !b.partly[owner] })
	if !whole {
		return false
	}
	if _, err := b.Runs.Get(ctx, owner); err == nil {
		return true
	}
	_, err := b.Runs.LoggedModel(ctx, owner)
	return err == nil
}

// fetched brings the files at an address that is no run's or logged model's.
func (b *bringing) fetched(ctx context.Context, v Version, c *registry.CreateVersion) (temp string, err error) {
	uri := v.Source
	if v.Storage != "" {
		uri = v.Storage
	}
	if uri == "" || strings.HasPrefix(uri, "runs:") || strings.HasPrefix(uri, "models:") {
		return "", errs.New(errs.NotFound, "%s", whyNone(v, uri))
	}
	t, err := b.from.Files(ctx, Owner{Kind: "version", ID: v.Model, URI: uri})
	var no *nowhere
	if errors.As(err, &no) {
		return "", errs.New(errs.NotFound, "%s", no.why)
	}
	if err != nil {
		return "", err
	}
	if t == nil {
		return "", errs.New(errs.NotFound, "%s", whyNone(v, uri))
	}
	defer t.Close()
	if temp, err = os.MkdirTemp("", "rondo-import-"); err != nil {
		return "", errs.Wrap(errs.Unavailable, err, "copy a model")
	}
	c.Dir = temp
	return temp, b.copyTree(ctx, t, temp, v, uri)
}

func whyNone(v Version, uri string) string {
	if v.Status != "READY" {
		return "it is " + v.Status + " and has no files"
	}
	return fmt.Sprintf("it has no files: nothing came from %.200s", uri)
}

func (b *bringing) copyTree(ctx context.Context, t Tree, to string, v Version, uri string) error {
	root, err := os.OpenRoot(to)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "copy a model")
	}
	defer root.Close()
	n := 0
	err = t.List(ctx, "", func(f File) error {
		n++
		return copyInto(ctx, root, t, f.Path)
	}, func(name, why string) { b.miss("artifact", path.Join(v.Model, name), why) })
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "%s", whyNone(v, uri))
	}
	return err
}

func copyInto(ctx context.Context, root *os.Root, t Tree, name string) error {
	r, err := t.Open(ctx, name)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read %s", name)
	}
	defer r.Close()
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return errs.Wrap(errs.Unavailable, err, "copy %s", name)
	}
	w, err := root.Create(name)
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "copy %s", name)
	}
	_, err = io.Copy(w, r)
	if e := w.Close(); err == nil {
		err = e
	}
	return errs.Wrap(errs.Unavailable, err, "copy %s", name)
}

// dataset brings an evaluation dataset.
func (b *bringing) dataset(ctx context.Context, d Dataset) error {
	old, was := b.known[originKey{"evaluation dataset", d.ID}]
	print := printOf(d)
	if was && old.Print == print && print != "" {
		b.count("evaluation dataset", same)
		return nil
	}
	in := d.Dataset
	in.ExperimentIDs = []string{}
	for _, id := range d.ExperimentIDs {
		if e, ok := b.experiments[id]; ok {
			in.ExperimentIDs = append(in.ExperimentIDs, e.ID)
		}
	}
	if err := b.Evaluation.Carry(ctx, in, d.List); err != nil {
		return b.lost(err, "evaluation dataset", d.Name)
	}
	return b.came(ctx, "evaluation dataset", d.ID, d.ID, print, "", old, seen{})
}

func (b *bringing) scorers(ctx context.Context, e run.Experiment) error {
	return b.from.Scorers(ctx, e.ID, func(sc evaluation.Scorer) error {
		name := e.ID + " " + sc.Name + " " + strconv.Itoa(sc.Version)
		old, was := b.known[originKey{"scorer", name}]
		print := printOf(sc)
		if was && old.Print == print {
			b.count("scorer", same)
			return nil
		}
		if holdsCode(json.RawMessage(sc.Serialized)) {
			b.lose("scorer", sc.Name, errCode.Error())
			return nil
		}
		sc.ExperimentID = b.experiments[e.ID].ID
		n, err := b.Evaluation.CarryScorer(ctx, sc)
		if err != nil {
			return b.lost(err, "scorer", sc.Name)
		}
		return b.came(ctx, "scorer", name, strconv.Itoa(n), print, "", old, seen{})
	})
}

// holdsCode tells scorers that are Python code: whoever loaded one would run it.
func holdsCode(b json.RawMessage) bool {
	var in map[string]json.RawMessage
	if json.Unmarshal(b, &in) != nil {
		return false
	}
	for k, v := range in {
		if k == "call_source" && string(v) != "null" || holdsCode(v) {
			return true
		}
	}
	return false
}
