package dataset

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// judgeRemote looks for everything that the snapshots of a remote stand on, and tells what is
// missing, what is damaged, and who needs it.
func (s *Service) judgeRemote(ctx context.Context, f *there, v *VerifiedRemote) error {
	j := judge(s, f)
	j.v = v
	theirs, err := f.snapshotsBut(ctx, nil, func(name string, err error) error {
		j.blind = true
		v.Problems = append(v.Problems, farProblem(name, err))
		return nil
	})
	if err != nil {
		return err
	}
	for _, snap := range theirs {
		v.Snapshots++
		if err := j.snapshot(ctx, snap); err != nil {
			return err
		}
	}
	j.name()
	v.OK = len(v.Problems) == 0
	return ctx.Err()
}

// judgement gathers what is not there and who wants it.
type judgement struct {
	s     *Service
	f     *there
	v     *VerifiedRemote
	lacks map[ref.Digest][]want // by what is not there: objects, or chunks of them
	paths map[want][]string
	blind bool // it cannot be told what all snapshots need
}

// want is an object that a snapshot stands on.
type want struct {
	snapshot string
	object   ref.Digest
}

func judge(s *Service, f *there) *judgement {
	return &judgement{s: s, f: f, v: &VerifiedRemote{}, lacks: map[ref.Digest][]want{}, paths: map[want][]string{}}
}

// unlisted notes a snapshot whose list of files cannot be had.
func (j *judgement) unlisted(snap Snapshot, err error) {
	j.blind = true
	j.v.Problems = append(j.v.Problems, FarProblem{
		Objects: []ref.Digest{snap.Tree}, Needs: []Need{{Snapshot: snap.Ref(), Paths: []string{}}},
		Message: err.Error(), Hint: j.hint(snap.Tree),
	})
}

// snapshot notes what one of them lacks.
func (j *judgement) snapshot(ctx context.Context, snap Snapshot) error {
	all, err := j.s.standsOn(ctx, j.f, snap)
	switch {
	case notFound(err) || errs.Is(err, errs.Corrupt):
		j.unlisted(snap, err)
		return nil
	case err != nil:
		return err
	}
	lacks, err := j.f.Objects.Lacks(ctx, all.digests())
	if err != nil || len(lacks) == 0 {
		return err
	}
	lost := map[ref.Digest]bool{}
	for _, l := range lacks {
		lost[l.Object] = true
		j.lacks[l.Part] = append(j.lacks[l.Part], want{snap.Ref(), l.Object})
	}
	paths, err := store.TreePaths(ctx, snap.Tree, lost, j.s.sourcesOf(j.f)...)
	for d := range lost {
		j.paths[want{snap.Ref(), d}] = append(paths[d], beside(snap, d)...)
	}
	return err
}

// beside names an object that a snapshot has beside its files.
func beside(snap Snapshot, d ref.Digest) []string {
	switch {
	case d == snap.Profile:
		return []string{"(profile)"}
	case snap.Git != nil && d == snap.Git.Diff:
		return []string{"(git diff)"}
	}
	return nil
}

// name says what is wrong: file by file, and then what no file has.
func (j *judgement) name() {
	files, explained := map[string]*FarProblem{}, map[ref.Digest]bool{}
	wants := map[string][]want{}
	var missing []ref.Digest
	for _, d := range j.f.Objects.Damaged() {
		switch {
		case d.Digest.IsZero():
			files[d.File] = &FarProblem{File: d.File, Objects: []ref.Digest{}, Message: "nothing in it can be used: " + d.Reason}
		case !explained[d.Digest]:
			explained[d.Digest] = j.lacks[d.Digest] != nil
			j.add(FarProblem{
				File: d.File, Objects: []ref.Digest{d.Digest}, Needs: j.needs(j.lacks[d.Digest]),
				Message: fmt.Sprintf("object %s is damaged: %s", d.Digest.Short(), d.Reason),
			})
		}
	}
	for _, d := range slices.SortedFunc(maps.Keys(j.lacks), ref.Compare) {
		in, known := j.f.Objects.WasIn(d)
		switch file := files[in]; {
		case explained[d]:
		case known && file != nil:
			file.Objects, wants[in] = append(file.Objects, d), append(wants[in], j.lacks[d]...)
		default:
			missing, wants[""] = append(missing, d), append(wants[""], j.lacks[d]...)
		}
	}
	j.blind = j.blind || len(missing) > 0 // some of it may have been in a file of which nothing is known
	for _, file := range slices.Sorted(maps.Keys(files)) {
		files[file].Needs = j.needs(wants[file])
		j.add(*files[file], missing...)
	}
	if len(missing) > 0 {
		j.add(FarProblem{Objects: missing, Needs: j.needs(wants[""]), Message: absent(missing)})
	}
}

func absent(all []ref.Digest) string {
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.Short()
	}
	if len(all) == 1 {
		return "object " + names[0] + " is missing"
	}
	return fmt.Sprintf("%d objects are missing: %s", len(all), enumerate(names, maxWork))
}

// add takes a problem, or what is none because no snapshot needs it. More objects may have been in its file.
func (j *judgement) add(p FarProblem, more ...ref.Digest) {
	if len(p.Needs) > 0 || j.blind {
		p.Hint = j.hint(slices.Concat(p.Objects, more)...)
		j.v.Problems = append(j.v.Problems, p)
		return
	}
	p.Hint = "no snapshot needs it: rondo data gc --remote " + j.f.Name + " removes it"
	j.v.Spare = append(j.v.Spare, p)
}

// needs puts together who wants what, snapshot by snapshot.
func (j *judgement) needs(wants []want) []Need {
	all, seen := []Need{}, map[want]bool{}
	for _, w := range wants {
		if seen[w] {
			continue // for several of its chunks
		}
		seen[w] = true
		i := slices.IndexFunc(all, func(n Need) bool { return n.Snapshot == w.snapshot })
		if i < 0 {
			i, all = len(all), append(all, Need{Snapshot: w.snapshot, Paths: []string{}})
		}
		n := &all[i]
		for _, path := range j.paths[w] {
			if n.Count++; n.Count <= maxWork {
				n.Paths = append(n.Paths, path)
			}
		}
	}
	slices.SortFunc(all, func(a, b Need) int { return strings.Compare(a.Snapshot, b.Snapshot) })
	return all
}

// hint is who can send objects again.
func (j *judgement) hint(digests ...ref.Digest) string {
	if !slices.ContainsFunc(digests, func(d ref.Digest) bool { return !j.s.opts.Store.Has(d) }) && len(digests) > 0 {
		return "it is whole here: rondo data push --remote " + j.f.Name + " sends it again"
	}
	return "where a project has the data: rondo data verify --remote " + j.f.Name + ", and then rondo data push, which sends it again"
}
