package fsck

import (
	"context"
	"io/fs"
	"path/filepath"

	"rondo/backend/run/points"
)

const pointsSuffix = ".points"

// runs reads the files of runs that carry checksums: their metric points.
func (c *checker) runs(ctx context.Context) error {
	top := c.path("runs")
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return firstOf(ctx.Err(), err)
		}
		if !d.Type().IsRegular() || filepath.Ext(path) != pointsSuffix {
			return nil
		}
		c.report.Files++
		_, damaged, err := points.Scan(path, 0, func(points.Block) error { return ctx.Err() })
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(top, path)
		for _, bad := range damaged {
			if !bad.Tail { // nobody was answered for that
				c.add(Problem{Kind: KindRun, File: private("runs", rel), Offset: bad.At, Length: bad.End - bad.At, What: bad.String(), Hint: "put the file back from a backup or a teammate's copy"})
			}
		}
		return nil
	})
	if isMissing(err) {
		return nil
	}
	return err
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}
