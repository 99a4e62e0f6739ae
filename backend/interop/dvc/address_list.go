package dvc

import (
	"context"
	"path"
	"slices"
	"strings"
)

// ListAddress tells what lies at a path or an address, as `dvc list-url` does: of a folder what is in
// it or, so many folders deep, below it; 0 is all.
func (p *Project) ListAddress(ctx context.Context, at string, recursive bool, level int) ([]Listed, error) {
	place, err := p.openOrigin(ctx, p.Dir, at, false)
	if err != nil {
		return nil, notAt(err)
	}
	defer place.Close()
	files, folder, err := place.facts(ctx)
	if err != nil {
		return nil, notAt(err)
	}
	if !folder {
		return []Listed{{Path: NameOf(redacted(at)), Size: files[0].Size, Exec: files[0].Exec}}, nil
	}
	if !recursive {
		level = 1
	}
	out, known := []Listed{}, map[string]bool{}
	for _, f := range files {
		one := Listed{Path: f.Path, Size: f.Size, Exec: f.Exec}
		if parts := strings.Split(f.Path, "/"); level > 0 && len(parts) > level {
			one = Listed{Path: path.Join(parts[:level]...), Dir: true}
		}
		if !known[one.Path] {
			known[one.Path], out = true, append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Listed) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
