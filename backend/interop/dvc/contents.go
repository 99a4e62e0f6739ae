package dvc

import (
	"io/fs"
	"maps"
	"path"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Contents is how what a project has is read: as it lies in the folder or the commit, or from the
// cache as it is recorded.
type Contents struct {
	p    *Project
	outs []tracked
}

// Reader reads one file.
type Reader func() ([]byte, error)

// Contents looks at what is tracked now.
func (p *Project) Contents() Contents { return Contents{p, p.outs()} }

// Of finds the file at a path, or those of the folder there, by their paths.
func (c Contents) Of(at string) map[string]Reader {
	found := map[string]Reader{}
	info, err := fs.Stat(c.p.tree, at)
	if err == nil && !info.IsDir() || git.Lacks(err) { // then reading says so
		found[at] = func() ([]byte, error) { return c.p.Read(at) }
		return found
	}
	maps.Copy(found, c.Recorded(at))
	if err == nil {
		c.lying(found, at)
	}
	return found
}

// Recorded finds what the cache is to have at a path, or in the folder there.
func (c Contents) Recorded(at string) map[string]Reader {
	found := map[string]Reader{}
	for _, o := range c.outs {
		switch {
		case o.entry.MD5 == "" || o.out.NoCache || o.at != at && !inside(at, o.at):
		case !o.entry.IsDir() && o.at == at:
			found[at] = func() ([]byte, error) { return c.p.Cache.ReadAll(o.entry) }
		case o.entry.IsDir():
			files, _ := c.p.Cache.Tree(o.entry.Hash, o.entry.MD5)
			for _, f := range files {
				if name := path.Join(o.at, f.Path); name == at || inside(name, at) {
					found[name] = func() ([]byte, error) { return c.p.Cache.ReadAll(metafile.Entry{Hash: o.entry.Hash, MD5: f.MD5}) }
				}
			}
		}
	}
	return found
}

// Tree is the folder or the commit.
func (c Contents) Tree() fs.FS { return c.p.tree }

// lying finds the files of a folder.
func (c Contents) lying(found map[string]Reader, at string) {
	_ = fs.WalkDir(c.p.tree, at, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			found[name] = func() ([]byte, error) { return c.p.Read(name) }
		}
		return nil
	})
}

// IsFolder reports whether a folder lies at a path.
func (c Contents) IsFolder(at string) bool {
	info, err := fs.Stat(c.p.tree, at)
	return err == nil && info.IsDir()
}

// Ignored reports whether a .dvcignore names a file.
func (c Contents) Ignored(at string) bool { return c.p.ignore.Match(at, false) }

// Marked is an out that its stage calls metrics or plots.
type Marked struct {
	Path string   // in the project
	File string   // the dvc.yaml or .dvc file that says so
	Plot *doc.Map // what is said of a plot: title, x, y, …
}

// Marked are the outs of a kind, metrics or plots, in DVC's order.
func (c Contents) Marked(kind string) (list []Marked) {
	for _, o := range c.outs {
		if o.out.Kind == kind {
			list = append(list, Marked{o.at, o.file, o.out.Plot})
		}
	}
	return list
}

// Own are those that lie in the project of the paths that a dvc.yaml or a stage in dir writes.
func (p *Project) Own(dir string, names ...string) (list []string) {
	for _, name := range names {
		if at, here := p.where(dir, name); here {
			list = append(list, at)
		}
	}
	return list
}
