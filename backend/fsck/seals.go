package fsck

import (
	"context"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/seals"
)

// came compares the files that others put into a folder with what they held when they came.
func (c *checker) came(ctx context.Context, dir, name, folder string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(err, name)
	}
	defer root.Close()
	r, err := seals.Check(ctx, root, folder, "")
	if err != nil {
		return unreadable(err, name)
	}
	c.report.Files += r.Sealed
	c.report.Unsealed += len(r.Unsealed)
	for _, bad := range r.Bad {
		c.add(Problem{Kind: KindRun, File: path.Join(name, folder, bad.Name), What: bad.Why, Hint: fromBackup + ", or say that it is meant so: rondo seal --accept"})
	}
	for _, d := range r.Damage {
		c.add(Problem{
			Kind: KindRun, File: path.Join(name, d.File), Offset: d.Offset, Length: d.Size, What: d.Why,
			Hint: fromBackup + "; files whose seals are lost get new ones by: rondo seal",
		})
	}
	return nil
}

// traces reads the files that belong to traces.
func (c *checker) traces(ctx context.Context) error {
	all, err := os.ReadDir(c.path("traces"))
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return unreadable(err, "the files of traces")
	}
	for _, d := range all {
		if !d.IsDir() {
			continue
		}
		if err := c.came(ctx, filepath.Join(c.path("traces"), d.Name()), private("traces", d.Name()), "attachments"); err != nil {
			return err
		}
	}
	return nil
}
