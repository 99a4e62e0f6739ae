package dataset

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// Repair asks for damaged and missing objects to be replaced.
type Repair struct {
	From string `json:"from,omitempty"` // a remote's name, or the full path of another copy of the project; empty: all remotes
}

// Repaired is the account of a repair.
type Repaired struct {
	OK      bool      `json:"ok"`      // nothing is damaged or missing now
	Checked int       `json:"checked"` // objects that were read
	Damaged int       `json:"damaged"` // objects that were
	Missing int       `json:"missing"` // objects that snapshots stand on and that were not here
	Healed  []Healed  `json:"healed"`
	Aside   []string  `json:"aside"` // packs that could not be read, or not all of them; they are kept under these names
	Left    []Problem `json:"left"`  // what no source could heal
	Asked   []string  `json:"asked"` // sources that were looked at
	Unasked []Problem `json:"unasked"`
}

// Healed is an object that is intact again.
type Healed struct {
	Digest ref.Digest `json:"digest"`
	From   string     `json:"from"`
}

// Repair reads everything, and takes what is damaged or missing from remotes or from
// another copy of the project. What is taken is verified before it takes any place.
func (s *Service) Repair(ctx context.Context, in Repair) (r Repaired, err error) {
	r = Repaired{Healed: []Healed{}, Aside: []string{}, Left: []Problem{}, Asked: []string{}, Unasked: []Problem{}}
	sick, err := s.examine(ctx, &r)
	if err != nil {
		return r, err
	}
	if err := s.healAtHome(ctx, sick, &r); err != nil {
		return r, err
	}
	sources, err := s.sources(in.From)
	if err != nil {
		return r, err
	}
	for _, from := range sources {
		if sick.well() {
			break
		}
		if err := s.healFrom(ctx, from, sick, &r); err != nil {
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			r.Unasked = append(r.Unasked, Problem{File: from.name, Message: err.Error(), Hint: errs.HintOf(err)})
		}
	}
	if len(sick.packs) > 0 && len(sick.missing) == 0 {
		stay, err := s.opts.Store.SetAside()
		if err != nil {
			return r, err
		}
		sick.packs = slices.DeleteFunc(sick.packs, func(p Problem) bool {
			return !slices.Contains(stay, filepath.FromSlash(p.File))
		})
	}
	r.Aside = append(r.Aside, s.opts.Store.Asides()...)
	if err := s.nameNeeds(ctx, sick.damaged); err != nil {
		return r, err
	}
	sick.tell(&r)
	seen := map[ref.Digest]bool{}
	r.Healed = slices.DeleteFunc(r.Healed, func(h Healed) bool { // mentioned in two ways
		twice := seen[h.Digest]
		seen[h.Digest] = true
		return twice
	})
	r.OK = len(r.Left) == 0
	return r, nil
}

// AtHome is where objects were healed from of which the project has another copy.
const AtHome = "the project itself"

// healAtHome drops damaged copies of what lies in another pack, too, and is sound there.
func (s *Service) healAtHome(ctx context.Context, k *sick, r *Repaired) error {
	healed, err := s.opts.Store.HealByCopies(ctx, maps.Keys(k.damaged))
	for d := range healed {
		delete(k.damaged, d)
		r.Healed = append(r.Healed, Healed{d, AtHome})
	}
	return err
}

// sick is what is wrong with the objects.
type sick struct {
	damaged map[ref.Digest]Problem
	missing map[ref.Digest]Problem
	packs   []Problem // whose index is damaged
}

func (s sick) well() bool { return len(s.damaged)+len(s.missing) == 0 }

func (s sick) tell(r *Repaired) {
	r.Left = append(r.Left, s.packs...)
	for _, all := range []map[ref.Digest]Problem{s.damaged, s.missing} {
		r.Left = slices.AppendSeq(r.Left, maps.Values(all))
	}
	slices.SortFunc(r.Left, func(a, b Problem) int { return strings.Compare(a.File+a.Message, b.File+b.Message) })
}

// examine reads all objects, and follows all snapshots to what they stand on.
func (s *Service) examine(ctx context.Context, r *Repaired) (*sick, error) {
	k := &sick{damaged: map[ref.Digest]Problem{}, missing: map[ref.Digest]Problem{}}
	count := &store.Count{}
	defer s.FollowAll("repair", count)()
	err := s.opts.Store.Reread()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	r.Checked, err = s.opts.Store.Check(ctx, store.Check{Count: count}, func(i store.Info, err error) {
		p := Problem{File: filepath.ToSlash(i.File), Message: err.Error(), Hint: errs.HintOf(err)}
		if i.Digest.IsZero() {
			k.packs = append(k.packs, p)
			return
		}
		k.damaged[i.Digest] = p
	})
	if err == nil {
		err = s.findMissing(ctx, k)
	}
	r.Damaged, r.Missing = len(k.damaged)+len(k.packs), len(k.missing)
	return k, err
}

// findMissing looks for everything that snapshots stand on.
func (s *Service) findMissing(ctx context.Context, k *sick) error {
	snaps, err := s.chosen(ctx, nil)
	if err != nil {
		return err
	}
	lacks := func(d ref.Digest, what string) {
		if _, known := k.damaged[d]; !known && !s.opts.Store.Has(d) {
			k.missing[d] = Problem{File: what, Message: "object " + d.Short() + ", on which it stands, is missing", Hint: "fetch what is missing from a remote (`rondo data fetch`), or take it from another copy of the project: `rondo data repair --from FOLDER`"}
		}
	}
	for _, snap := range snaps {
		lacks(snap.Tree, snap.Ref())
		all, err := s.standsOn(ctx, nil, snap)
		if err != nil && !notFound(err) {
			return err
		}
		never, err := s.neverCameOf(ctx, []Snapshot{snap})
		if err != nil {
			return err
		}
		for _, d := range all.digests() {
			if !never[d] {
				lacks(d, snap.Ref())
			}
		}
	}
	return ctx.Err()
}

// source is where intact objects may be.
type source struct {
	name    string
	address remote.Address
}

func (s *Service) sources(from string) (list []source, err error) {
	if filepath.IsAbs(from) {
		dir := filepath.Join(from, ".rondo")
		if _, err := os.Stat(filepath.Join(dir, "objects")); err != nil {
			return nil, errs.New(errs.NotFound, "%s is no copy of a project: it has no .rondo/objects", from).WithHint("give the folder that holds rondo.yaml")
		}
		return []source{{from, remote.Address{Kind: remote.KindFolder, Path: dir}}}, nil
	}
	all, err := s.remotes.List()
	if from != "" {
		var one far.Remote
		one, err = s.remotes.Find(from)
		all = []far.Remote{one}
	}
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		a, err := remote.ParseAddress(r.Address)
		if err != nil {
			return nil, err
		}
		list = append(list, source{r.Name, a})
	}
	return list, nil
}

// healFrom takes from one source what it has.
func (s *Service) healFrom(ctx context.Context, from source, k *sick, r *Repaired) error {
	open, err := remote.Open(ctx, from.address)
	if err != nil {
		return err
	}
	defer open.Close()
	f, err := store.OpenFar(ctx, from.name, open, s.remotes.Cache("repair "+from.name))
	if err != nil {
		return err
	}
	r.Asked = append(r.Asked, from.name)
	count, of := &store.Count{}, &total{}
	f.Track(count, of.more)
	defer s.follow("repair", "", count, of)()
	damaged := map[ref.Digest]bool{}
	for d := range k.damaged {
		damaged[d] = true
	}
	healed, err := s.opts.Store.Heal(ctx, f, damaged)
	for d := range healed {
		delete(k.damaged, d)
		r.Healed = append(r.Healed, Healed{d, from.name})
	}
	return errors.Join(err, s.bring(ctx, f, from.name, k, r))
}

// bring copies what is missing. A tree that has come says what else there should be, so
// that it goes on as long as something comes.
func (s *Service) bring(ctx context.Context, f *store.Far, name string, k *sick, r *Repaired) error {
	for {
		all := append(slices.Collect(maps.Keys(k.missing)), s.perhaps(ctx)...)
		not, err := f.Whole(ctx, all)
		if err != nil {
			return err
		}
		gone := map[ref.Digest]bool{}
		for _, d := range not {
			gone[d] = true
		}
		have := slices.DeleteFunc(all, func(d ref.Digest) bool { return gone[d] })
		if len(have) == 0 {
			return nil
		}
		if _, err := s.opts.Store.Receive(ctx, f, have); err != nil {
			return err
		}
		for _, d := range have {
			r.Healed = append(r.Healed, Healed{d, name})
		}
		k.missing = map[ref.Digest]Problem{}
		if err := s.findMissing(ctx, k); err != nil {
			return err
		}
	}
}

// perhaps are the digests that anything in the project mentions, such as a model's
// version, and that are not here although they were. Some are digests of something else; a
// remote that has one of them knows better.
func (s *Service) perhaps(ctx context.Context) (list []ref.Digest) {
	m, err := s.mentioned(ctx)
	if err != nil {
		return nil // what is damaged there is named by fsck
	}
	reached, err := s.opts.Store.Reach(ctx, m.roots)
	if err == nil {
		return s.wereHere(ctx, reached.Absent())
	}
	for d := range m.roots {
		if !s.opts.Store.Has(d) {
			list = append(list, d)
		}
	}
	return list
}

// wereHere leaves out what was never fetched of snapshots that are here in part.
func (s *Service) wereHere(ctx context.Context, list []ref.Digest) []ref.Digest {
	snaps, err := s.chosen(ctx, nil)
	if err != nil {
		return nil
	}
	never, err := s.neverCameOf(ctx, snaps)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(list, func(d ref.Digest) bool { return never[d] })
}
