package dvc

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// importsFile has the folders that an import was bringing when it was last heard of, each with where
// from. One that ended badly left a folder there, which is no place to put the same into when the
// import is said again.
var importsFile = path.Join(ownTmp, "imports.json")

func (p *Project) importsBegun() map[string]string {
	all := map[string]string{}
	if b, err := p.Read(importsFile); err == nil && json.Unmarshal(b, &all) != nil {
		return map[string]string{}
	}
	return all
}

// begun reports whether a folder is what an import of the same has left that did not end.
func (p *Project) begun(at string, in Import) bool {
	from, is := p.importsBegun()[path.Clean(at)]
	return is && from == in.origin()
}

// origin is where an import comes from, in one line.
func (in Import) origin() string { return redacted(in.From) + " " + in.Path }

// beginImport notes that a folder is about to come; the project is locked.
func (p *Project) beginImport(at string, in Import) error {
	all := p.importsBegun()
	all[at] = in.origin()
	return p.writeImports(all)
}

// endImport notes that it has come, or that nothing of it has.
func (p *Project) endImport(at string) error {
	all := p.importsBegun()
	delete(all, at)
	if len(all) > 0 {
		return p.writeImports(all)
	}
	if err := p.root.Remove(importsFile); err != nil && !missing(err) {
		return cannotWrite(importsFile, err)
	}
	return nil
}

func (p *Project) writeImports(all map[string]string) error {
	b, err := json.Marshal(all)
	if err == nil {
		err = p.root.MkdirAll(ownTmp, 0o755)
	}
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(p.Dir, filepath.FromSlash(importsFile)), b, os.FileMode(0o644))
	}
	return errs.Unwritten(importsFile, err)
}
