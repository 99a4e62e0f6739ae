package dvc

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// wants reports whether a file of the out is asked for.
func (o tracked) wants(name string) bool {
	return len(o.parts) == 0 || slices.ContainsFunc(o.parts, func(part string) bool { return name == part || inside(name, part) })
}

// unknown tells of a part that is asked for, and is none of some files and holds none.
func (o tracked) unknown(files []metafile.TreeFile) error {
	for _, part := range o.parts {
		if !slices.ContainsFunc(files, func(f metafile.TreeFile) bool { return f.Path == part || inside(f.Path, part) }) {
			return errs.New(errs.NotFound, "DVC tracks %s, and there is no %s in it", o.at, part).WithHint("`dvc list . %s` lists what is", o.at)
		}
	}
	return nil
}

// mayHold reports whether a path is one in a folder that is tracked, or that may turn out to be one.
func (o tracked) mayHold(at string) bool {
	return inside(at, o.at) && (o.entry.IsDir() || o.entry.Sum() == "")
}

// entryOf is what is recorded of an out, or, of an import of which nothing is, what was brought.
func (p *Project) entryOf(o tracked) metafile.Entry {
	if e, ok := p.partials[o.at]; ok && o.entry.Sum() == "" {
		return e
	}
	return o.entry
}

// asked lists the files that are asked for of an out.
func (p *Project) asked(o tracked) ([]metafile.TreeFile, error) {
	files, err := p.filesOf(o.entry)
	return slices.DeleteFunc(files, func(f metafile.TreeFile) bool { return !o.wants(f.Path) }), err
}

// pushedAll reports whether a remote has all files of a folder. Of a part that is always asked
// before its list is sent: a dvc that finds a list takes all that it names for sent.
func (p *Project) pushedAll(ctx context.Context, f far, o tracked) (bool, error) {
	if len(o.parts) == 0 {
		return true, nil
	}
	list := farName(o.entry.Hash, o.entry.Sum())
	if there, err := f.Sizes(ctx, []string{list}); err != nil || len(there) > 0 {
		return err == nil, err
	}
	files, err := p.filesOf(o.entry)
	if err != nil {
		return false, err
	}
	var names []string
	for _, one := range objectsOf(o.entry.Hash, files) {
		names = append(names, farName(one.Hash, one.MD5))
	}
	there, err := lookFar(ctx, f, names)
	return len(there) == len(names), err
}

// has reports whether the cache has all that is asked for of an out, and how many files it is.
func (p *Project) has(ctx context.Context, o tracked) (n int, has bool, err error) {
	files, err := p.asked(o)
	if err != nil {
		return 0, false, nil // what is fetched in its place will tell
	}
	if has, err = p.Cache.Holds(ctx, o.entry.Hash, o.entry.MD5); err != nil || !has {
		return 0, has, err
	}
	for _, f := range files {
		if f.MD5 == o.entry.MD5 {
			continue // a file
		}
		if has, err = p.Cache.Holds(ctx, o.entry.Hash, f.MD5); err != nil || !has {
			return 0, has, err
		}
	}
	return len(files), true, nil
}

// unknown tells of a part that is asked for, and that the folder's list does not have.
func (p *Project) unknown(o tracked) error {
	if o.entry = p.entryOf(o); len(o.parts) == 0 || o.entry.Sum() == "" {
		return nil
	}
	files, err := p.filesOf(o.entry)
	if err != nil {
		return nil // nobody knows what is in it
	}
	return o.unknown(files)
}
