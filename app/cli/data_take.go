package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"unicode/utf8"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func dataAdd(ctx context.Context, c *call) error {
	if err := c.want(1, -1); err != nil {
		return err
	}
	if len(c.args) > 1 && c.value("name") != "" {
		return errs.New(errs.Invalid, "--name is that of one dataset, and %d paths are named", len(c.args)).WithHint("add that one by itself")
	}
	return ofEach(ctx, c, c.args, func(path string) (any, error) { return c.add(ctx, path) }, func(added any) { c.sayAdded(ctx, added) })
}

// add makes a path a dataset: its first snapshot, or the dataset where none is to be taken.
func (c *call) add(ctx context.Context, path string) (any, error) {
	if !utf8.ValidString(path) {
		return nil, errs.New(errs.Invalid, "the name %q is not UTF-8 text, so that not every system can hold it", path).WithHint("rename it")
	}
	path, err := c.inProject(path)
	if err != nil {
		return nil, err
	}
	in := map[string]any{"name": c.value("name"), "path": path, "desc": c.value("desc")}
	if c.isSet("no-snapshot") {
		var d dataset.Dataset
		err = c.request(ctx, http.MethodPost, "/datasets", in, &d)
		return d, err
	}
	in["message"], in["commit"] = c.value("m"), c.isSet("commit")
	var s dataset.Snapshot
	err = c.request(ctx, http.MethodPost, "/datasets/add", in, &s)
	return s, err
}

func (c *call) sayAdded(ctx context.Context, added any) {
	switch added := added.(type) {
	case dataset.Dataset:
		c.say("%s is the dataset %s now. `rondo data snapshot %s` takes its first snapshot.", added.Path, added.Name, added.Name)
	case dataset.Snapshot:
		c.sayTaken(ctx, added, false)
	}
}

// taken is a snapshot, or one that held just what lies there.
type taken struct {
	dataset.Snapshot
	old bool
}

func dataSnapshot(ctx context.Context, c *call) error {
	names := c.args
	if len(names) == 0 {
		var err error
		if names, err = c.toTake(ctx); err != nil {
			return err
		}
		if len(names) == 0 && !c.json {
			c.say("Nothing has changed; no new snapshot was needed.")
		}
	}
	return ofEach(ctx, c, names, func(name string) (taken, error) { return c.take(ctx, name, c.isSet("force")) }, func(t taken) { c.sayTaken(ctx, t.Snapshot, t.old) })
}

// toTake are the datasets that are not as their snapshots. What is not there is told and left out.
func (c *call) toTake(ctx context.Context) (names []string, err error) {
	list, err := c.statuses(ctx)
	if err != nil {
		return nil, err
	}
	for _, st := range list {
		there := c.there(st.Path)
		switch {
		case st.State == dataset.Changed, st.State == dataset.Unversioned && there:
			names = append(names, st.Dataset)
		case c.json:
		case st.State == dataset.Unversioned: // declared in rondo.yaml, such as an out of a stage that has not run
			c.say("%s: left out, %s is not there yet", st.Dataset, st.Path)
		case st.State == dataset.Missing:
			c.say("%s: left out, %s", st.Dataset, st.Text)
		}
	}
	return names, nil
}

// there reports whether something lies at a path of the project.
func (c *call) there(path string) bool {
	_, err := os.Lstat(filepath.Join(c.dir, filepath.FromSlash(path)))
	return !errors.Is(err, fs.ErrNotExist)
}

// take takes a snapshot of what lies there now.
func (c *call) take(ctx context.Context, name string, force bool) (t taken, err error) {
	api, err := c.api(ctx)
	if err != nil {
		return t, err
	}
	var before dataset.Dataset
	if err := api.Get(ctx, dataPath(name), &before); err != nil {
		return t, err
	}
	in := map[string]any{"message": c.value("m"), "commit": c.isSet("commit"), "force": force}
	if f := c.flags.Lookup("without"); f != nil {
		in["without"] = f.Value.(*paths).list
	}
	err = c.request(ctx, http.MethodPost, dataPath(name, "snapshots"), in, &t.Snapshot)
	t.old = before.Latest != nil && t.Number <= before.Latest.Number
	return t, err
}
