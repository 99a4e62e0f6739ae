package cli

import (
	"errors"
	"io/fs"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// sayReplaced tells what takes place that no gc frees: what lay where stages write, which was put aside.
func (c *call) sayReplaced() error {
	at := filepath.Join(project.PrivateDir, pipeline.ReplacedDir)
	bytes := int64(0)
	err := filepath.WalkDir(filepath.Join(c.dir, at), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // there is nothing, or it is being deleted
	}
	if err == nil && bytes > 0 {
		c.say("%s beside that in %s: what lay where stages write and none had made; delete what you do not want", size(bytes), at)
	}
	return errs.Wrap(errs.Unavailable, err, "look at what stages have put aside")
}
