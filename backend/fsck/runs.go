package fsck

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/proc"
	"rondo/backend/ref"
	"rondo/backend/run/points"
	"rondo/backend/run/seal"
)

const pointsSuffix = ".points"

// runs reads the files of runs: the metric points, which carry checksums, the note of the
// code, which names objects, and all that was sealed when a run ended.
func (c *checker) runs(ctx context.Context) error {
	top := c.path("runs")
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return firstOf(ctx.Err(), err)
		}
		rel, _ := filepath.Rel(top, path)
		switch {
		case d.IsDir() && filepath.Dir(rel) == "." && rel != ".":
			return c.sealed(ctx, path, private("runs", rel))
		case !d.Type().IsRegular():
		case filepath.Ext(path) == pointsSuffix:
			return c.points(ctx, path, private("runs", rel))
		case d.Name() == codeName && filepath.Dir(rel) != "." && filepath.Dir(filepath.Dir(rel)) == ".":
			return c.code(ctx, path, private("runs", rel))
		}
		return nil
	})
	if isMissing(err) {
		return nil
	}
	return err
}

func (c *checker) sealed(ctx context.Context, path, name string) error {
	n, err := seal.Check(ctx, path, func(file, why string) {
		c.add(Problem{Kind: KindRun, File: name + "/" + file, What: why, Hint: fromBackup})
	})
	c.report.Files += n
	if _, exit := os.Lstat(filepath.Join(path, proc.ExitFile)); n == 0 && exit == nil {
		c.report.Unsealed++ // all of the folder
	}
	return firstOf(err, c.came(ctx, path, name, "artifacts"))
}

func (c *checker) points(ctx context.Context, path, name string) error {
	c.report.Files++
	_, damaged, err := points.Scan(path, 0, func(points.Block) error { return ctx.Err() })
	for _, bad := range damaged {
		if !bad.Tail { // nobody was answered for that
			c.add(Problem{Kind: KindRun, File: name, Offset: bad.At, Length: bad.End - bad.At, What: bad.String(), Hint: fromBackup})
		}
	}
	return err
}

const (
	codeName   = "code.json"
	maxNote    = 64 << 20
	fromBackup = "put the file back from a backup or a teammate's copy"
)

func (c *checker) code(ctx context.Context, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var note struct{ Object ref.Digest }
	c.report.Files++
	if err := json.NewDecoder(io.LimitReader(f, maxNote)).Decode(&note); err != nil {
		c.add(Problem{Kind: KindRun, File: name, What: "it is not what was written: " + err.Error(), Hint: fromBackup})
		return nil
	}
	if !note.Object.IsZero() {
		c.follow.code(ctx, note.Object, name)
	}
	return nil
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
