package dataset

import (
	"cmp"
	"context"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/git"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/store"
)

const maxMessage = 4000

// Snapshot takes a snapshot. Content that an earlier snapshot of the dataset has is
// that snapshot, which comes back. In this order: the content is durable, the record
// is, the pointer is; a crash in between is mended by taking the snapshot again.
func (s *Service) Snapshot(ctx context.Context, name string, in Take) (Snapshot, error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	return s.snapshot(ctx, d, in)
}

func (s *Service) snapshot(ctx context.Context, d Dataset, in Take) (Snapshot, error) {
	if len(in.Message) > maxMessage {
		return Snapshot{}, errs.New(errs.TooLarge, "the message is longer than %d characters", maxMessage)
	}
	name := d.Name
	defer s.lock(name)()
	m := s.memory(name)
	defer m.close()
	if in.Count == nil {
		in.Count = &store.Count{}
	}
	of := &total{guess: true}
	foreseen := func() {}
	if d.Latest != nil {
		of.set(int64(d.Latest.Files), d.Latest.Size)
	} else {
		foreseen = s.foresee(ctx, d.Path, of)
	}
	stop := s.follow("snapshot", name, in.Count, of)
	c, err := s.take(ctx, m, d.Path, in.Count, in.meant())
	stop()
	foreseen()
	if err != nil {
		return Snapshot{}, err
	}
	if c.list.Files == 0 {
		return Snapshot{}, errs.New(errs.Precondition, "%s holds no file", d.Path).WithHint("put the data there first")
	}
	if err := s.meant(ctx, d, c, in); err != nil {
		return Snapshot{}, err
	}
	c, here, err := s.withRest(ctx, d, c, in)
	if err != nil {
		return Snapshot{}, err
	}
	if err := s.opts.Store.Settle(ctx); err != nil {
		return Snapshot{}, err
	}
	fault.Point("dataset.stored")
	if in.add != nil {
		if err := in.add(); err != nil {
			return Snapshot{}, err
		}
	}
	snap, err := s.record(ctx, d, c, here, in)
	if err != nil {
		return Snapshot{}, err
	}
	fault.Point("dataset.recorded")
	if err := s.point(snap); err != nil {
		return snap, err
	}
	s.save(m, name)
	s.settled(s.doubts(d.Path)...) // what is there now is wanted, and in the store
	if in.Commit {
		if err := s.commit(snap); err != nil {
			return snap, err
		}
	}
	return s.profiled(ctx, snap, c.facts)
}

// record returns the snapshot that has the content, making it if there is none. Where here
// names paths, only these are.
func (s *Service) record(ctx context.Context, d Dataset, c content, here []string, in Take) (Snapshot, error) {
	if old, err := s.withContent(ctx, d, c); err == nil || !notFound(err) {
		return old, err
	}
	one, err := c.of(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	state := in.git
	if state == nil {
		if state, err = s.gitState(ctx); err != nil {
			return Snapshot{}, err
		}
	}
	snap := Snapshot{
		Dataset: d.Name, Path: d.Path, Single: c.single, Tree: c.digest(), Content: one, Files: int(c.list.Files),
		Size: c.list.Size, Message: in.Message, Git: state, Decision: in.Decision, Origin: in.origin, Fetched: here,
	}
	id := ref.NewID()
	_, err = s.opts.Ledger.Do(ctx, "snapshot.create", id, func(tx *index.Tx) (any, error) {
		var parent *Snapshot
		if now, err := setRow(tx, d.Name); err != nil {
			return nil, err
		} else if parent = now.Latest; parent != nil {
			snap.Parent = parent.ID
		}
		return snap, tx.QueryRow("SELECT next FROM dataset_sets WHERE name=?", d.Name).Scan(&snap.Number)
	})
	if err != nil {
		return Snapshot{}, err
	}
	return s.Find(ctx, id)
}

// withContent returns the newest snapshot of the dataset that has the content. Trees of
// many files once had another digest, so those are looked for by that too; and one file may
// have had another name.
func (s *Service) withContent(ctx context.Context, d Dataset, c content) (Snapshot, error) {
	snap, err := s.withTree(ctx, d.Name, c.digest())
	if !notFound(err) {
		return snap, err
	}
	list, e := s.Snapshots(ctx, d.Name)
	if c.single && e == nil {
		return s.renamedTo(ctx, list, d, c)
	}
	if e != nil || !slices.ContainsFunc(list, func(old Snapshot) bool {
		return int64(old.Files) == c.list.Files && old.Size == c.list.Size && s.mayBeList(ctx, old.Tree)
	}) {
		return snap, cmp.Or(e, err)
	}
	old, e := c.list.OldDigest(ctx)
	if e != nil {
		return snap, e
	}
	return s.withTree(ctx, d.Name, old)
}

// renamedTo looks for a snapshot that is the one file under another name.
func (s *Service) renamedTo(ctx context.Context, list []Snapshot, d Dataset, c content) (Snapshot, error) {
	for _, old := range list {
		if !old.Single || old.Size != c.list.Size {
			continue
		}
		named := old
		named.Path = d.Path
		l, err := s.comparable(ctx, named)
		if err != nil && !notFound(err) && !errs.Is(err, errs.Corrupt) {
			return Snapshot{}, err // taken for another content, there would be two snapshots of one
		}
		if err == nil && l.Digest() == c.digest() {
			return old, nil
		}
	}
	return Snapshot{}, errs.New(errs.NotFound, "%s has no snapshot of this content", d.Name)
}

// mayBeList is false for a tree that is sure to be none of the old ones, which costs less
// than to tell what an old one of a million files would be.
func (s *Service) mayBeList(ctx context.Context, tree ref.Digest) bool {
	list, err := s.opts.Store.IsList(ctx, tree)
	return list || err != nil
}

// withTree returns the newest snapshot of the dataset with exactly this content.
func (s *Service) withTree(ctx context.Context, name string, tree ref.Digest) (snap Snapshot, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		snap, err = snapshotRow(tx, notForgotten+"dataset=? AND tree=? ORDER BY number DESC LIMIT 1", name, tree.String())
		return err
	})
	return snap, err
}

// gitState is what the repository says of the code now; nil where the project is in
// none. Data and pointers are not code: they are what is being recorded.
func (s *Service) gitState(ctx context.Context) (*Git, error) {
	r, err := git.Open(s.opts.Dir)
	if err != nil || !r.Exists() {
		return nil, err
	}
	head, err := r.Head()
	if err != nil {
		return nil, err
	}
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	var data []string
	for _, d := range all {
		data = append(data, d.Path, d.Path+pointerSuffix)
	}
	dirty, err := r.Status(ctx, data...)
	if err != nil {
		return nil, err
	}
	state := &Git{Commit: head.Commit, Branch: head.Branch, Dirty: dirty.Any()}
	if state.Dirty {
		text, err := r.Diff(ctx, dirty)
		if err != nil {
			return nil, err
		}
		if state.Diff, err = s.opts.Store.PutBytes(ctx, text); err != nil {
			return nil, err
		}
	}
	return state, nil
}

// commit puts the pointer, and the rule that keeps the data itself out, into git.
func (s *Service) commit(snap Snapshot) error {
	r, err := git.Open(s.opts.Dir)
	if err != nil {
		return err
	}
	message := "Take snapshot " + snap.Ref()
	if snap.Message != "" {
		message += "\n\n" + snap.Message
	}
	_, err = r.Commit([]string{snap.Path + pointerSuffix, path.Join(path.Dir(snap.Path), ".gitignore")}, message, s.opts.Now())
	if err != nil {
		return errs.New(errs.KindOf(err), "snapshot %s is taken, but its pointer is not committed: %w", snap.Ref(), err).WithHint("%s", errs.HintOf(err))
	}
	return nil
}
