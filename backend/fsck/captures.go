package fsck

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"rondo/backend/serve/capture"
)

// captures reads what endpoints were asked and answered. A block that is only begun at the
// end of the newest file is an unfinished write, which nobody was answered for.
func (c *checker) captures(ctx context.Context) error {
	devices, err := os.ReadDir(c.path("captures"))
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return unreadable(err, "the captures")
	}
	for _, d := range devices {
		if !d.IsDir() {
			continue
		}
		dir := c.path("captures", d.Name())
		files, err := capture.Files(dir)
		if err != nil {
			return unreadable(err, "the captures")
		}
		for i, n := range files {
			if err := c.captured(ctx, dir, n, i == len(files)-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) captured(ctx context.Context, dir string, n int, newest bool) error {
	c.report.Files++
	_, damaged, err := capture.Scan(dir, n, 0, func(int64, int64, []byte) error { return ctx.Err() })
	for _, bad := range damaged {
		if bad.Begun && newest {
			continue
		}
		c.add(Problem{
			Kind: KindRun, File: private("captures", filepath.Base(dir), fmt.Sprintf("%06d.log", n)), Offset: bad.Offset, Length: bad.Size,
			What: fmt.Sprintf("%d bytes at offset %d are not what was written: %s", bad.Size, bad.Offset, bad.Reason), Hint: fromBackup,
		})
	}
	return err
}
