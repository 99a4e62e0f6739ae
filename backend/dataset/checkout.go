package dataset

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// Checkout makes the dataset's path what a snapshot holds: number 0 means the one that
// the pointer names, which git may just have changed. Work that no snapshot has is not
// overwritten unless force says so. Until every file is verified and on disk, nothing
// of the path is touched; a crash after that leaves files of both versions, and the
// same checkout again ends it.
func (s *Service) Checkout(ctx context.Context, name string, number int, force bool) (Snapshot, error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	defer s.lock(name)()
	snap, err := s.wanted(ctx, d, number)
	if err != nil {
		return snap, err
	}
	snap.Path = d.Path // where the dataset is now
	tree, err := s.opts.Store.OpenTree(ctx, snap.Tree)
	if err != nil {
		return snap, err
	}
	m := s.memory(name)
	p, err := s.planCheckout(ctx, m, d, snap, tree, force)
	if err != nil {
		return snap, err
	}
	if err := s.carryOut(ctx, p); err != nil {
		return snap, err
	}
	if err := s.point(snap); err != nil {
		return snap, err
	}
	s.note(ctx, m, p, content{single: snap.Single, tree: tree}) // which costs only time if it fails
	return snap, nil
}

// wanted is the snapshot to check out.
func (s *Service) wanted(ctx context.Context, d Dataset, number int) (Snapshot, error) {
	if number < 0 {
		return Snapshot{}, errs.New(errs.Invalid, "%d is no snapshot's number", number)
	}
	if number > 0 {
		return s.Find(ctx, Ref(d.Name, number))
	}
	p, err := s.pointer(d.Path)
	if err != nil {
		return Snapshot{}, err
	}
	if p == nil {
		return s.Find(ctx, d.Name)
	}
	snap, err := s.Find(ctx, p.ID)
	if notFound(err) {
		return snap, errs.New(errs.NotFound, "%s%s points at snapshot %s, which this project does not have", d.Path, pointerSuffix, Ref(p.Dataset, p.Number)).
			WithHint("copy .rondo from where the snapshot was taken")
	}
	return snap, err
}

// plan is what a checkout does.
type plan struct {
	write  []planned // files to bring in, by place
	remove []string  // files to take away
	chmod  []planned // files whose content is right
	base   string    // the dataset's path
	single bool
	fresh  bool // nothing is at the path
}

type planned struct {
	at    string // slash-separated, in the project
	file  store.TreeFile
	stamp store.Stamp // how the staged file looks
}

func (s *Service) planCheckout(ctx context.Context, m *memory, d Dataset, snap Snapshot, tree store.Tree, force bool) (plan, error) {
	p := plan{base: d.Path, single: snap.Single}
	there, err := s.present(ctx, m, d.Path)
	if err != nil {
		return p, err
	}
	if _, err := s.root.Lstat(d.Path); missing(err) {
		p.fresh = !snap.Single
	}
	var work []string
	saved := s.savedBefore(ctx, d, snap)
	want, replaced := map[string]bool{}, map[string]bool{}
	for _, f := range tree.Files {
		at := place(d.Path, snap.Single, f.Path)
		want[at] = true
		now, ok := there[at]
		switch {
		case ok && now.Digest == f.Digest && now.Exec == f.Exec:
			continue
		case ok && now.Digest == f.Digest:
			p.chmod = append(p.chmod, planned{at: at, file: f})
			continue
		}
		p.write = append(p.write, planned{at: at, file: f})
		replaced[at] = ok
	}
	for at, now := range there {
		if !want[at] {
			p.remove = append(p.remove, at)
		}
		if !force && (!want[at] || replaced[at]) {
			ok, err := saved(at, now.Digest)
			if err != nil {
				return p, err
			}
			if !ok {
				work = append(work, at)
			}
		}
	}
	slices.Sort(p.remove)
	return p, refuse(work, d, snap)
}

// refuse says what a checkout would overwrite that no snapshot has.
func refuse(work []string, d Dataset, snap Snapshot) error {
	if len(work) == 0 {
		return nil
	}
	slices.Sort(work)
	return errs.New(errs.Conflict, "%s holds work that no snapshot has: %s", d.Path, shortList(work)).
		WithHint("keep it: rondo data snapshot %s; or throw it away: rondo data checkout --force %s", d.Name, snap.Ref())
}

func shortList(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// present returns what lies at the path now, by place; nothing where it does not exist.
func (s *Service) present(ctx context.Context, m *memory, at string) (map[string]store.TreeFile, error) {
	c, err := s.look(ctx, m, at)
	if notFound(err) {
		return nil, nil
	}
	files := make(map[string]store.TreeFile, len(c.tree.Files))
	for _, f := range c.tree.Files {
		files[place(at, c.single, f.Path)] = f
	}
	return files, err
}

// savedBefore tells whether some snapshot of the dataset has a file as it is now. It
// opens them from the one that was probably there, and only as far as it must.
func (s *Service) savedBefore(ctx context.Context, d Dataset, target Snapshot) func(at string, now ref.Digest) (bool, error) {
	var queue []Snapshot
	var trees []map[string]ref.Digest
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
				known, err := s.places(ctx, d.Path, queue[0])
				if err != nil && !errs.Is(err, errs.Corrupt) && !notFound(err) {
					return false, err
				}
				trees, queue = append(trees, known), queue[1:]
			}
			if have, ok := trees[i][at]; ok && have == now {
				return true, nil
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

func (s *Service) places(ctx context.Context, base string, snap Snapshot) (map[string]ref.Digest, error) {
	t, err := s.opts.Store.OpenTree(ctx, snap.Tree)
	files := make(map[string]ref.Digest, len(t.Files))
	for _, f := range t.Files {
		files[place(base, snap.Single, f.Path)] = f.Digest
	}
	return files, err
}
