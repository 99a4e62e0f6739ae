package dataset

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// needing finds the snapshots that stand on objects which are damaged here, with the files that do.
type needing struct {
	*Service
	bad   map[ref.Digest]bool
	known map[ref.Digest][]ref.Digest // the damaged ones that an object is made of
	needs map[ref.Digest][]Need
}

func (s *Service) needing(ctx context.Context, bad map[ref.Digest]bool) (map[ref.Digest][]Need, error) {
	if len(bad) == 0 {
		return nil, nil
	}
	n := &needing{s, bad, map[ref.Digest][]ref.Digest{}, map[ref.Digest][]Need{}}
	snaps, err := s.chosen(ctx, nil)
	for _, snap := range snaps {
		if err := n.snapshot(ctx, snap); err != nil {
			return nil, err
		}
	}
	return n.needs, err
}

func (n *needing) snapshot(ctx context.Context, snap Snapshot) error {
	all, err := n.standsOn(ctx, nil, snap)
	switch {
	case notFound(err) || errs.Is(err, errs.Corrupt): // its list of files is damaged itself
		if n.bad[snap.Tree] {
			n.needs[snap.Tree] = append(n.needs[snap.Tree], Need{Snapshot: snap.Ref(), Paths: []string{}})
		}
		return nil
	case err != nil:
		return err
	}
	hurt := map[ref.Digest]bool{}
	for _, d := range all.digests() {
		if len(n.damagedIn(d)) > 0 {
			hurt[d] = true
		}
	}
	if len(hurt) == 0 {
		return nil
	}
	paths, err := store.TreePaths(ctx, snap.Tree, hurt, n.sourcesOf(nil)...)
	wanted := map[ref.Digest][]string{}
	for d := range hurt {
		for _, object := range n.damagedIn(d) {
			wanted[object] = slices.Concat(wanted[object], paths[d], beside(snap, d))
		}
	}
	for object, names := range wanted {
		slices.Sort(names)
		n.needs[object] = append(n.needs[object], Need{snap.Ref(), names[:min(len(names), maxWork)], len(names)})
	}
	return err
}

// damagedIn are the damaged objects that one is made of: itself, or some of its chunks.
func (n *needing) damagedIn(d ref.Digest) []ref.Digest {
	if n.bad[d] {
		return []ref.Digest{d}
	}
	list, ok := n.known[d]
	if !ok {
		chunks, _ := n.opts.Store.Chunks(d) // of one whose list cannot be read, that is what is damaged
		list = slices.DeleteFunc(chunks, func(c ref.Digest) bool { return !n.bad[c] })
		n.known[d] = list
	}
	return list
}

// nameNeeds says who needs what is damaged.
func (s *Service) nameNeeds(ctx context.Context, damaged map[ref.Digest]Problem) error {
	bad := map[ref.Digest]bool{}
	for d := range maps.Keys(damaged) {
		bad[d] = true
	}
	needs, err := s.needing(ctx, bad)
	for d, p := range damaged {
		p.Needs = needs[d]
		damaged[d] = p
	}
	return err
}
