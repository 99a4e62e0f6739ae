package dataset

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/errs"
)

// placed leaves out the snapshots of a remote whose dataset would lie where another one of this
// project does, or of the remote; the error names the first. With own, datasets that neither this
// project nor one of its pointers knows are left out, too.
func (s *Service) placed(ctx context.Context, theirs []Snapshot, own bool) (list []Snapshot, clash, err error) {
	places, err := s.places(ctx)
	if err != nil {
		return nil, nil, err
	}
	pointed := map[string]bool{}
	if own {
		all, err := s.Pointed(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range all {
			pointed[p.Dataset] = true
		}
	}
	left := map[string]bool{}
	for _, snap := range theirs {
		_, known := places[snap.Dataset]
		other := ""
		switch {
		case known:
		case left[snap.Dataset] || own && !pointed[snap.Dataset]:
			continue
		default:
			other = places.at(snap.Path)
		}
		if other == "" {
			places[snap.Dataset] = snap.Path
			list = append(list, snap)
			continue
		}
		if left[snap.Dataset] = true; clash == nil {
			clash = noPlace(snap, other)
		}
	}
	return list, clash, nil
}

// places are the paths of datasets by their names.
type places map[string]string

func (s *Service) places(ctx context.Context) (places, error) {
	all, err := s.List(ctx)
	known := places{}
	for _, d := range all {
		known[d.Name] = d.Path
	}
	return known, err
}

// at is the first dataset by name that has a path, or a part of it.
func (p places) at(path string) string {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if overlaps(p[name], path) {
			return name
		}
	}
	return ""
}

func noPlace(snap Snapshot, other string) error {
	return errs.New(errs.Conflict, "the remote's dataset %s did not come: its place %s is that of %s", snap.Dataset, snap.Path, other).
		WithHint("all else is here; if it belongs to another project, name what you mean (rondo data fetch %s), or give each project a folder of its own on the remote", other)
}
