package mlflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/registry"
)

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
	if len(list) > 0 && b.Runs.CheckArtifacts(ctx, owner, below) == nil {
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
