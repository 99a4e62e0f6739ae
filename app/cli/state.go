package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
		long: "The index is only a view: deleting it loses nothing. This stops the server, deletes\nthe index, starts again and compares the state with the one before; where something\nwas written meanwhile, such as by the loop, it does so once more.",
	},
}

func dump(ctx context.Context, c *call) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return copyDump(ctx, api, "/dump", c.Stdout)
}

func copyDump(ctx context.Context, api *client.Client, path string, w io.Writer) error {
	res, err := api.Send(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(w, res.Body)
	return errs.Wrap(errs.Unavailable, err, "the dump ended too early")
}

// digest is of a dump: of all its rows, and of those that change with whatever is written.
type digest struct{ rows, written [sha256.Size]byte }

var growing = []string{`{"table":"index_cursor",`, `{"table":"run_files",`} // the journal, and the points of runs

func dumpDigest(ctx context.Context, c *call) (d digest, err error) {
	api, err := c.api(ctx)
	if err != nil {
		return d, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(copyDump(ctx, api, "/dump?cursors", w)) }()
	defer r.Close()
	rows, written := sha256.New(), sha256.New()
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadBytes('\n')
		rows.Write(line)
		if slices.ContainsFunc(growing, func(head string) bool { return bytes.HasPrefix(line, []byte(head)) }) {
			written.Write(line)
		}
		if errors.Is(err, io.EOF) {
			return digest{[sha256.Size]byte(rows.Sum(nil)), [sha256.Size]byte(written.Sum(nil))}, nil
		}
		if err != nil {
			return d, err
		}
	}
}

const rebuildTries = 5 // beside what goes on by itself, such as the promotion of a new model

func rebuild(ctx context.Context, c *call) error {
	before, err := dumpDigest(ctx, c)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		began := time.Now()
		if err := c.forget(ctx); err != nil {
			return err
		}
		after, err := dumpDigest(ctx, c)
		if err != nil {
			return err
		}
		if after == before || after.written == before.written || try == rebuildTries {
			return c.rebuilt(time.Since(began).Round(time.Millisecond), before, after)
		}
		before = after // something was written meanwhile: the two cannot be compared
	}
}

func (c *call) rebuilt(took time.Duration, before, after digest) error {
	same := before == after
	switch {
	case c.json:
		return c.print(map[string]any{"same": same, "compared": before.written == after.written, "duration_ms": took.Milliseconds()})
	case same:
		c.say("The index was built anew in %v; the state is the same, row for row.", took)
		return nil
	case before.written != after.written:
		c.say("The index was built anew in %v. Whether the state is the same cannot be said, since the project is written to all the time.", took)
		return nil
	}
	return errs.New(errs.Corrupt, "the state differs from the one before").
		WithHint("`rondo fsck` looks for damage; the index before may have been behind")
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
