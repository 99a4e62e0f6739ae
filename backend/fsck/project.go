package fsck

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/project"
)

// marker reads what makes the folder a project. Where that is damaged the rest is read all the same.
func (c *checker) marker(dir string) (err error) {
	c.project, err = project.Open(dir)
	if errs.Is(err, errs.Corrupt) {
		c.add(Problem{Kind: KindProject, File: private("format"), What: err.Error(), Hint: errs.HintOf(err)})
		abs, err := filepath.Abs(dir)
		c.project = &project.Project{Dir: abs}
		return err
	}
	if err != nil {
		return err
	}
	for name, want := range project.Ignores {
		text, err := os.ReadFile(c.path(name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && string(text) == want {
			continue
		}
		c.add(Problem{Kind: KindProject, File: private(name), What: "it is not what was written", Hint: "remove it and run `rondo seal`, which writes it anew"})
	}
	return nil
}
