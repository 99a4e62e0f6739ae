package dataset

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// plan is what a checkout does. What is to be done with each file is told anew by the
// two listings whenever it is asked for, since there may be millions.
type plan struct {
	there  *store.Listing // what lies at the path
	want   *store.Listing
	lost   lost            // of it
	was    bool            // what lies there is one file
	single bool            // what is wanted is one file
	base   string          // the dataset's path
	rules  *folder.Rules   // what of what lies there was not looked at
	left   map[string]bool // by place, files of the snapshot where something lies that is ignored; true where it differs
	part   portion         // what is to be brought back; nil: all
	fresh  bool            // nothing is at the path
	writes int             // files to bring in
	idle   bool            // there is nothing to do at all
	force  bool            // what no snapshot has is overwritten
	looked time.Time       // when it was begun to look at what lies there
	later  *settling       // nil: the disk is waited for
	starts []int           // of the parcels that they were staged in: how many files came before
	stamps []store.Stamp   // how the files that were brought in look
	moved  time.Time       // when a fresh folder came into its place
	count  *store.Count
	of     total
}

// deed is what a checkout does with one file.
type deed struct {
	kind string
	at   string         // slash-separated, in the project
	file store.TreeFile // as it is to be; as it was where it is removed
	was  ref.Digest     // what is replaced or removed; Zero where nothing is
}

// Kinds of deeds.
const (
	bring    = "bring"
	takeAway = "remove"
	turn     = "chmod" // whose content is right
)

// deeds hands out what is to be done, by path.
func (p *plan) deeds(ctx context.Context, fn func(deed) error) error {
	if p.part == nil && len(p.left) == 0 {
		return p.allDeeds(ctx, fn)
	}
	return p.allDeeds(ctx, func(d deed) error {
		if _, left := p.left[d.at]; left || p.part != nil && !p.part.has(p.relative(d.at)) {
			return nil
		}
		return fn(d)
	})
}

// relative is a file's path in the snapshot, for its place in the project.
func (p *plan) relative(at string) string {
	if p.single {
		return path.Base(at)
	}
	return strings.TrimPrefix(at, p.base+"/")
}

func (p *plan) allDeeds(ctx context.Context, fn func(deed) error) error {
	if p.was == p.single {
		return store.Differences(ctx, p.there, p.want, func(d store.Difference) error { return fn(p.deed(d)) })
	}
	for f, err := range p.there.All(ctx) { // a file gives way to a folder, or the reverse
		if err == nil {
			err = fn(deed{kind: takeAway, at: place(p.base, p.was, f.Path), file: f, was: f.Digest})
		}
		if err != nil {
			return err
		}
	}
	for f, err := range p.want.All(ctx) {
		if err == nil {
			err = fn(deed{kind: bring, at: place(p.base, p.single, f.Path), file: f})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) deed(d store.Difference) deed {
	at := place(p.base, p.single, d.Path())
	switch {
	case d.To == nil:
		return deed{takeAway, at, *d.From, d.From.Digest}
	case d.From == nil:
		return deed{kind: bring, at: at, file: *d.To}
	case d.From.Digest == d.To.Digest:
		return deed{kind: turn, at: at, file: *d.To}
	}
	return deed{bring, at, *d.To, d.From.Digest}
}

// only hands out the deeds of one kind, with how many of it came before.
func (p *plan) only(ctx context.Context, kind string, fn func(i int, d deed) error) error {
	i := 0
	return p.deeds(ctx, func(d deed) error {
		if d.kind != kind {
			return nil
		}
		i++
		return fn(i-1, d)
	})
}

func (s *Service) planCheckout(ctx context.Context, d Dataset, snap Snapshot, how Bring) (*plan, error) {
	p := &plan{base: d.Path, single: snap.Single, count: how.Count, force: how.Force, looked: time.Now()}
	if p.count == nil {
		p.count = &store.Count{}
	}
	var err error
	if p.want, err = s.listing(ctx, d, snap.Tree, snap.Single); err != nil {
		return nil, unlisted(snap, err)
	}
	paths, err := choose(ctx, p.want, p.base, snap, how.Paths)
	if err != nil {
		return nil, s.inPast(ctx, snap, how.Paths, err)
	}
	p.part = portionOf(paths)
	if err := s.allHere(ctx, snap, p); err != nil {
		return nil, err
	}
	if err := s.lookForPlan(ctx, d, p); err != nil {
		return nil, err
	}
	if err := s.leave(ctx, p); err != nil {
		return nil, err
	}
	if p.part != nil && p.was != p.single && p.there.Files > 0 {
		return nil, errs.New(errs.Conflict, "%s is a file on one side and a folder on the other, so that no part of it can be brought back", d.Path).
			WithHint("bring all of it back: rondo data checkout %s", snap.Ref())
	}
	if p.there.Files == 0 && p.part == nil && len(p.left) == 0 { // so all is brought in, and nothing is lost
		p.writes = int(p.want.Files)
		p.of.set(p.want.Files, p.want.Size)
		return p, nil
	}
	return p, s.weigh(ctx, d, snap, p, how.Force)
}

// weigh counts what is to be brought in, and refuses what would lose work.
func (s *Service) weigh(ctx context.Context, d Dataset, snap Snapshot, p *plan, force bool) error {
	saved := s.savedBefore(ctx, d, snap)
	var work []string
	unsaved, size := 0, int64(0)
	p.idle = true
	err := p.deeds(ctx, func(one deed) error {
		p.idle = false
		if one.kind == bring {
			p.writes++
			size += one.file.Size
		}
		if one.was.IsZero() || force {
			return nil
		}
		ok, err := saved(one.at, one.was)
		if !ok && err == nil {
			if unsaved++; len(work) < maxWork {
				work = append(work, one.at)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	p.of.set(int64(p.writes), size)
	dmg, err := s.damaged(ctx, d, content{single: p.was, list: p.there, rules: p.rules})
	if err == nil {
		err = refuse(work, unsaved, d, snap, p.part != nil)
	}
	switch {
	case err != nil && dmg != nil:
		return dmg.err()
	case err != nil && p.lost.count > 0:
		return s.lostError(ctx, d, content{single: p.was, list: p.there, rules: p.rules, lost: p.lost})
	}
	return err
}

// listing is what a snapshot of the dataset wants to lie at its path.
func (s *Service) listing(ctx context.Context, d Dataset, tree ref.Digest, single bool) (*store.Listing, error) {
	l, err := s.opts.Store.OpenListing(ctx, tree)
	if err != nil || !single {
		return l, err
	}
	return s.renamed(ctx, l, path.Base(d.Path))
}

// renamed gives the one file of a listing another name.
func (s *Service) renamed(ctx context.Context, l *store.Listing, name string) (*store.Listing, error) {
	t, err := l.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if len(t.Files) != 1 {
		return nil, errs.New(errs.Invalid, "tree %s is not that of one file", l.Digest().Short())
	}
	t.Files[0].Path = name
	return s.opts.Store.ListingOf(ctx, t.Files...)
}

// lookForPlan sees what lies at the path.
func (s *Service) lookForPlan(ctx context.Context, d Dataset, p *plan) error {
	if _, err := s.root.Lstat(d.Path); missing(err) {
		p.fresh, p.was = !p.single, p.single
		p.there, err = s.opts.Store.ListingOf(ctx)
		return err
	}
	m := s.memory(d.Name)
	defer m.close()
	c, err := s.look(ctx, m, d.Path, nil)
	if err != nil {
		return err
	}
	s.save(m, d.Name)
	p.there, p.was, p.lost, p.rules = c.list, c.single, c.lost, c.rules
	return nil
}

const maxWork = 5 // files that are named

// refuse says what a checkout would overwrite that no snapshot has.
func refuse(work []string, n int, d Dataset, snap Snapshot, part bool) error {
	if n == 0 {
		return nil
	}
	away := "rondo data checkout --force " + snap.Ref()
	if part { // all of it would take more away than was asked for
		away = "the same with --force"
	}
	return errs.New(errs.Conflict, "%s holds work that no snapshot has: %s", d.Path, firstNamed(work, n)).
		WithHint("keep it: rondo data snapshot %s; or throw it away: %s", d.Name, away)
}

// savedBefore tells whether some snapshot of the dataset has a file as it is now. It
// opens them from the one that was probably there, and only as far as it must.
func (s *Service) savedBefore(ctx context.Context, d Dataset, target Snapshot) func(at string, now ref.Digest) (bool, error) {
	var queue []Snapshot
	var trees []*finder
	begun := false
	return func(at string, now ref.Digest) (bool, error) {
		if !begun {
			begun = true
			var err error
			if queue, err = s.Snapshots(ctx, d.Name); err != nil {
				return false, err
			}
			slices.SortStableFunc(queue, func(a, b Snapshot) int { return likely(b, target) - likely(a, target) })
		}
		for i := 0; i < len(trees) || len(queue) > 0; i++ {
			if i == len(trees) {
				trees, queue = append(trees, s.finder(ctx, d.Path, queue[0])), queue[1:]
			}
			if ok, err := trees[i].has(ctx, at, now); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	}
}

func likely(s, target Snapshot) int {
	if s.ID == target.Parent || s.Parent == target.ID || s.ID == target.ID {
		return 1
	}
	return 0
}

// finder finds files of a snapshot by their place in the project.
type finder struct {
	base   string
	single *store.TreeFile
	files  *store.Finder // nil: nothing can be found
}

func (s *Service) finder(ctx context.Context, base string, snap Snapshot) *finder {
	f := &finder{base: base}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return f // what is damaged or not here saves nothing
	}
	f.files = l.Finder()
	if snap.Single {
		for one, err := range l.All(ctx) {
			if err == nil {
				f.single = &one
			}
			break
		}
	}
	return f
}

func (f *finder) has(ctx context.Context, at string, now ref.Digest) (bool, error) {
	if f.single != nil {
		return at == f.base && f.single.Digest == now, nil
	}
	rel, below := strings.CutPrefix(at, f.base+"/")
	if f.files == nil || !below {
		return false, nil
	}
	file, ok, err := f.files.Find(ctx, rel)
	if errs.Is(err, errs.Corrupt) || notFound(err) {
		return false, nil
	}
	return ok && file.Digest == now, err
}
