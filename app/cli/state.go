package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rondo/app/client"
	"rondo/backend/errs"
)

var stateVerbs = []verb{
	{
		name: "dump", short: "print the whole state as JSON lines", run: dump,
		long: "Two dumps are equal exactly when the states are, row for row.\n\n  rondo dump | sha256sum",
	},
	{
		name: "rebuild", short: "build the index anew from the journal and compare", run: rebuild,
		long: "The index is only a view: deleting it loses nothing. This stops the server, deletes\nthe index, starts again and compares the state with the one before.",
	},
}

func dump(ctx context.Context, c *call) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return copyDump(ctx, api, c.Stdout)
}

func copyDump(ctx context.Context, api *client.Client, w io.Writer) error {
	res, err := api.Send(ctx, "GET", "/dump", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(w, res.Body)
	return errs.Wrap(errs.Unavailable, err, "the dump ended too early")
}

func dumpDigest(ctx context.Context, c *call) ([]byte, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	err = copyDump(ctx, api, h)
	return h.Sum(nil), err
}

func rebuild(ctx context.Context, c *call) error {
	before, err := dumpDigest(ctx, c)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := c.forget(ctx); err != nil {
		return err
	}
	after, err := dumpDigest(ctx, c)
	if err != nil {
		return err
	}
	took, same := time.Since(began).Round(time.Millisecond), bytes.Equal(before, after)
	if c.json {
		return c.print(map[string]any{"same": same, "duration_ms": took.Milliseconds()})
	}
	if !same {
		return errs.New(errs.Corrupt, "the state differs from the one before").
			WithHint("`rondo fsck` looks for damage; the index before may have been behind")
	}
	c.say("The index was built anew in %v; the state is the same, row for row.", took)
	return nil
}

// forget stops the server and deletes this device's index of the project.
func (c *call) forget(ctx context.Context) error {
	device, err := c.deviceDir()
	if err != nil {
		return err
	}
	if _, err := client.Stop(ctx, device); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(device, "index.db"+suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errs.Wrap(errs.Unavailable, err, "delete the index")
		}
	}
	return nil
}
