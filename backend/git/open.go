package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing/cache"
	format "github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// find looks for the work tree that dir lies in, and for the folder of its repository;
// both empty where there is none.
func find(dir string) (top, gitDir string) {
	for top = dir; ; top = filepath.Dir(top) {
		if at := pointed(filepath.Join(top, ".git")); at != "" {
			return top, at
		}
		if filepath.Dir(top) == top {
			return "", ""
		}
	}
}

// pointed returns the folder that a .git is, or that it names where it is a file, as in
// submodules and in work trees that were added.
func pointed(at string) string {
	fi, err := os.Stat(at)
	if err != nil {
		return ""
	}
	if !fi.IsDir() {
		text, ok := strings.CutPrefix(outside(at), "gitdir:")
		if !ok {
			return ""
		}
		place := strings.TrimSpace(text)
		if !filepath.IsAbs(place) {
			place = filepath.Join(filepath.Dir(at), place)
		}
		at = place
	}
	if _, err := os.Lstat(filepath.Join(at, "HEAD")); err != nil {
		return ""
	}
	return at
}

// commonOf is the folder of the repository itself, which all its work trees share.
func commonOf(gitDir string) string {
	common := strings.TrimSpace(outside(filepath.Join(gitDir, "commondir")))
	switch {
	case common == "":
		return gitDir
	case filepath.IsAbs(common):
		return common
	}
	return filepath.Join(gitDir, common)
}

// open reads the repository in gitDir, whose work tree is top; nil where it has none.
func open(top, gitDir string) (*gogit.Repository, error) {
	own := osfs.New(gitDir)
	var both billy.Filesystem = own
	common := commonOf(gitDir)
	if common != gitDir {
		both = dotgit.NewRepositoryFilesystem(own, osfs.New(common))
	}
	s := storageIn(both, common)
	c, err := s.Config()
	if err != nil {
		return nil, err
	}
	if c.Core.IsBare && common == gitDir {
		return nil, nil
	}
	repo, err := gogit.Open(s, osfs.New(top))
	if errors.Is(err, gogit.ErrRepositoryNotExists) {
		return nil, nil
	}
	return repo, err
}

// storage hides what go-git refuses to open though it changes nothing that is read here, and has
// the objects of others that the repository shares.
type storage struct {
	*filesystem.Storage
	hidden format.Options
	shared []*filesystem.ObjectStorage
}

// storageIn is that of a repository, whose objects lie in a folder of the folder common.
func storageIn(files billy.Filesystem, common string) *storage {
	known := cache.NewObjectLRUDefault()
	return &storage{Storage: filesystem.NewStorage(files, known), shared: sharedOf(filepath.Join(common, "objects"), known)}
}

var harmless = map[string]bool{"worktreeconfig": true, "preciousobjects": true, "partialclone": true}

func (s *storage) Config() (*config.Config, error) {
	c, err := s.Storage.Config()
	if err != nil || !c.Raw.HasSection("extensions") {
		return c, err
	}
	section := c.Raw.Section("extensions")
	s.hidden = nil
	var left format.Options
	for _, o := range section.Options {
		if harmless[strings.ToLower(o.Key)] {
			s.hidden = append(s.hidden, o)
		} else {
			left = append(left, o)
		}
	}
	section.Options = left
	return c, nil
}

func (s *storage) SetConfig(c *config.Config) error {
	if len(s.hidden) > 0 {
		section := c.Raw.Section("extensions")
		section.Options = append(section.Options, s.hidden...)
	}
	return s.Storage.SetConfig(c)
}
