package cli

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"rondo/backend/dataset"
)

// ofOne asks for one thing of the one argument, and tells what came.
func ofOne[T any](c *call, ask func(name string) (T, error), tell func(T)) error {
	one, err := ask(c.args[0])
	switch {
	case err != nil:
		return err
	case c.json:
		return c.sayJSON(one)
	}
	tell(one)
	return nil
}

// ofEach does so with several, and prints a list where that is to be JSON. One that fails keeps nobody
// from the rest; the error is the first one's.
func ofEach[T any](ctx context.Context, c *call, names []string, ask func(name string) (T, error), tell func(T)) error {
	if len(c.args) == 1 {
		return ofOne(c, ask, tell)
	}
	done := []T{}
	var failed error
	for _, name := range names {
		one, err := ask(name)
		switch {
		case err == nil && !c.json:
			tell(one)
		case err == nil:
			done = append(done, one)
		case ctx.Err() != nil:
			return err
		case c.json && failed == nil:
			failed = err
		case !c.json:
			c.complain(err)
			if failed == nil {
				failed = exitWith(codeOf(err))
			}
		}
	}
	if c.json {
		if err := c.sayJSON(done); err != nil {
			return err
		}
	}
	return failed
}

// request is act that tells how far the work is, and leaves telling what came to the caller.
func (c *call) request(ctx context.Context, method, path string, in, out any) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return c.followed(ctx, "data.progress", dataLine, func() error { return api.Do(ctx, method, path, in, out) })
}

// datasets are the names of those that tell so.
func (c *call) datasets(ctx context.Context, which func(dataset.Dataset) bool) (names []string, err error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	var list []dataset.Dataset
	if err := api.Get(ctx, "/datasets", &list); err != nil {
		return nil, err
	}
	for _, d := range list {
		if which(d) {
			names = append(names, d.Name)
		}
	}
	return names, nil
}

// pointed reports whether a pointer says which snapshot belongs at a dataset's path.
func (c *call) pointed(d dataset.Dataset) bool {
	_, err := os.Lstat(filepath.Join(c.dir, filepath.FromSlash(dataset.PointerAt(d.Path))))
	return err == nil && d.Latest != nil
}

// checkoutAll brings back the snapshots that pointers name.
func (c *call) checkoutAll(ctx context.Context) error {
	names, err := c.datasets(ctx, c.pointed)
	if err != nil {
		return err
	}
	if err := c.stillPointed(ctx); len(names) == 0 && err != nil {
		return err // as in a fresh clone, of which nothing has come
	}
	if len(names) == 0 && !c.json {
		c.say("No pointer names a snapshot. `rondo data status` tells what there is.")
		return nil
	}
	in := map[string]any{"force": c.isSet("force")}
	return ofEach(ctx, c, names, func(name string) (s dataset.CheckedOut, err error) {
		err = c.request(ctx, http.MethodPost, dataPath(name, "checkout"), in, &s)
		return s, err
	}, c.sayCheckedOut)
}

// pullAll fetches all datasets that this project has or its pointers name, and brings back what the pointers do.
func (c *call) pullAll(ctx context.Context) error {
	var x dataset.Exchanged
	if err := c.request(ctx, http.MethodPost, "/remotes/fetch", dataset.Exchange{Remote: c.value("remote"), Own: true}, &x); err != nil {
		return err
	}
	if !c.json {
		c.sayExchanged(x, "here")
	}
	amiss, err := c.amiss(x), c.checkoutAll(ctx)
	if err == nil {
		err = c.stillPointed(ctx)
	}
	if err != nil {
		return err
	}
	return amiss
}

// stillPointed is the error where pointers name what the remote did not have either.
func (c *call) stillPointed(ctx context.Context) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	var list []dataset.Pointed
	if err := api.Get(ctx, "/pointers", &list); err != nil || len(list) == 0 {
		return err
	}
	return c.notYet(ctx, list[0].Dataset)
}
