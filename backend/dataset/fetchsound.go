package dataset

import (
	"context"
	"maps"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// receive brings all that is sound of what the snapshots stand on. One of which content is damaged
// or missing there is here in part then, as after a fetch of the paths that came.
func (s *Service) receive(ctx context.Context, f *there, group []Snapshot, x *Exchanged) error {
	j := judge(s, f)
	group, all, err := s.standOnSound(ctx, j, group)
	if err != nil {
		return err
	}
	lost := store.Lost{}
	for _, wave := range [][]ref.Digest{all.files, all.nodes} {
		m, gone, err := s.opts.Store.ReceiveSound(ctx, f.Objects, wave)
		x.Moved.Add(m)
		maps.Copy(lost, gone)
		if err != nil {
			return notCopied(group, err)
		}
	}
	for _, snap := range group {
		if err := s.adoptSound(ctx, j, snap, lost, x); err != nil {
			return err
		}
	}
	x.damaged(j, lost)
	return nil
}

// standOnSound is standOn that leaves out the snapshots whose list of files cannot be had.
func (s *Service) standOnSound(ctx context.Context, j *judgement, group []Snapshot) (sound []Snapshot, all objectsOf, err error) {
	each, bad := make([]objectsOf, len(group)), make([]error, len(group))
	err = eachSnapshot(ctx, group, func(ctx context.Context, i int) (err error) {
		if each[i], err = s.standsOn(ctx, j.f, group[i]); notFound(err) || errs.Is(err, errs.Corrupt) {
			bad[i], err = err, nil
		}
		return err
	})
	if err != nil {
		return nil, all, err
	}
	for i, snap := range group {
		if bad[i] != nil {
			j.unlisted(snap, bad[i])
			continue
		}
		sound = append(sound, snap)
		all.nodes, all.files = append(all.nodes, each[i].nodes...), append(all.files, each[i].files...)
	}
	return sound, all, nil
}

// adoptSound records a snapshot, or the part of it that is here; nothing where that is none.
func (s *Service) adoptSound(ctx context.Context, j *judgement, snap Snapshot, lost store.Lost, x *Exchanged) error {
	lacks, err := s.lacksOf(ctx, j.f, snap, lost)
	if err != nil {
		return err
	}
	if len(lacks) == 0 {
		x.Snapshots++
		return s.adopt(ctx, snap, x)
	}
	if err := j.snapshot(ctx, snap); err != nil {
		return err
	}
	if snap.Fetched, err = s.soundPart(ctx, snap, nil, lacks); err != nil || len(snap.Fetched) == 0 {
		return err
	}
	x.Partly++
	return s.adopt(ctx, snap, x)
}

// lacksOf are the lost objects that a snapshot stands on.
func (s *Service) lacksOf(ctx context.Context, f *there, snap Snapshot, lost store.Lost) (lacks map[ref.Digest]bool, err error) {
	if len(lost) == 0 {
		return nil, nil
	}
	all, err := s.standsOn(ctx, f, snap)
	lacks = map[ref.Digest]bool{}
	for _, d := range all.digests() {
		if lost[d] != nil {
			lacks[d] = true
		}
	}
	return lacks, err
}

// soundOf is what of a part is here, where some of it could not be had.
func (s *Service) soundOf(ctx context.Context, f *there, snap Snapshot, part []string, lost store.Lost, x *Exchanged) ([]string, error) {
	j := judge(s, f)
	if err := j.snapshot(ctx, snap); err != nil {
		return nil, err
	}
	x.damaged(j, lost)
	lacks, err := s.lacksOf(ctx, f, snap, lost)
	if err != nil {
		return nil, err
	}
	part, err = s.soundPart(ctx, snap, portionOf(part), lacks)
	if err == nil && len(part) == 0 {
		err = notCopied([]Snapshot{snap}, x.lacking())
	}
	return part, err
}

// mostPaths is how many paths a record takes that says what is here of a snapshot.
const mostPaths = 20_000

// soundPart covers the files of a part of a snapshot that are here by as few paths as can be.
// There are none where the list of its files is not here, no file is, or they would be too many.
func (s *Service) soundPart(ctx context.Context, snap Snapshot, part portion, lacks map[ref.Digest]bool) (paths []string, err error) {
	here := func(f store.TreeFile) bool { return part.has(f.Path) && !lacks[f.Digest] }
	broken := map[string]bool{} // folders that are not here whole
	err = s.eachFile(ctx, snap, func(f store.TreeFile) {
		for dir := f.Path; !here(f) && dir != "."; dir = path.Dir(dir) {
			broken[dir] = true
		}
	})
	if err == nil {
		err = s.eachFile(ctx, snap, func(f store.TreeFile) {
			if top := unbroken(f.Path, broken); top != "" && (len(paths) == 0 || paths[len(paths)-1] != top) {
				paths = append(paths, top)
			}
		})
	}
	slices.Sort(paths)
	if paths = slices.Compact(paths); notFound(err) || errs.Is(err, errs.Corrupt) || len(paths) > mostPaths {
		return nil, nil
	}
	return paths, err
}

func (s *Service) eachFile(ctx context.Context, snap Snapshot, fn func(store.TreeFile)) error {
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return err
	}
	for f, err := range l.All(ctx) {
		if err != nil {
			return err
		}
		fn(f)
	}
	return nil
}

// unbroken is the file itself, or the outermost folder around it that is here whole; empty
// where the file is not here.
func unbroken(file string, broken map[string]bool) (top string) {
	for at := file; at != "." && !broken[at]; at = path.Dir(at) {
		top = at
	}
	return top
}

// damaged tells what could not be had and who needs it.
func (x *Exchanged) damaged(j *judgement, lost store.Lost) {
	j.name()
	for _, p := range j.v.Problems {
		if len(p.Needs) > 0 {
			p.Hint += "; or, from another copy of this project: rondo data import FOLDER " + p.Needs[0].Snapshot
			x.Damaged = append(x.Damaged, p)
		}
	}
	if len(x.Damaged) == 0 {
		for d, err := range lost { // which only all its chunks together have shown
			p := farProblem("", err)
			p.Objects = append(p.Objects, d)
			x.Damaged = append(x.Damaged, p)
		}
	}
}

// lacking is what could not be had as an error; nil where there is nothing.
func (x *Exchanged) lacking() error {
	if len(x.Damaged) == 0 {
		return nil
	}
	p := x.Damaged[0]
	return errs.New(errs.Corrupt, "remote %s: %s", x.Remote.Name, p.Message).WithHint("%s", p.Hint)
}
