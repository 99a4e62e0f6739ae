package dataset

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
)

const maxPart = 1000 // paths that one checkout may name

// chosen are the paths of a part as the dataset has them, for those that a person gave:
// in the dataset, or in the project. Each stands for a file or a folder of the snapshot.
func (p *plan) chosen(ctx context.Context, snap Snapshot, paths []string) (part []string, err error) {
	if len(paths) > maxPart {
		return nil, errs.New(errs.TooLarge, "%d paths are more than the %d that one checkout takes", len(paths), maxPart).WithHint("name the folder that they lie in")
	}
	for _, given := range paths {
		one := path.Clean(filepath.ToSlash(given))
		if one == "." || one == p.base {
			return nil, nil // which is all of it
		}
		in, below := strings.CutPrefix(one, p.base+"/")
		for _, try := range []string{one, in} {
			if below = try != "" && filepath.IsLocal(filepath.FromSlash(try)); !below {
				continue
			}
			if below, err = p.holds(ctx, try); err != nil {
				return nil, err
			}
			if below {
				part = append(part, try)
				break
			}
		}
		if !below {
			return nil, errs.New(errs.NotFound, "%s holds no %s", snap.Ref(), given).WithHint("`rondo data files %s` lists its files", snap.Ref())
		}
	}
	return part, nil
}

// holds reports whether the snapshot has a file or folder of that path.
func (p *plan) holds(ctx context.Context, name string) (bool, error) {
	if _, ok, err := p.want.Finder().Find(ctx, name); ok || err != nil {
		return ok, err
	}
	for f, err := range p.want.All(ctx) {
		if err != nil || strings.HasPrefix(f.Path, name+"/") {
			return err == nil, err
		}
		if f.Path > name+"/" {
			break
		}
	}
	return false, nil
}

// inPart reports whether a file, by its place in the project, belongs to the part.
func (p *plan) inPart(at string) bool {
	rel := strings.TrimPrefix(at, p.base+"/")
	if p.single {
		rel = path.Base(at)
	}
	for _, one := range p.part {
		if rel == one || strings.HasPrefix(rel, one+"/") {
			return true
		}
	}
	return false
}
