package dataset

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// importProject brings a snapshot of another project, whose records and objects are read
// where they lie. Nothing is written there.
func (s *Service) importProject(ctx context.Context, in Import) (Imported, error) {
	if info, err := os.Stat(in.From); err == nil && !info.IsDir() {
		return Imported{}, errs.New(errs.Invalid, "%s is a file, and no project", in.From).
			WithHint("copy it into this project, then: rondo data add PATH")
	}
	name, _, _, err := parseRef(in.Snapshot)
	if err != nil || name == "" {
		return Imported{}, errs.New(errs.Invalid, "which snapshot of %s?", in.From).WithHint("write rondo data import %s NAME@NUMBER or NAME@TAG", in.From)
	}
	theirs, id, err := findIn(ctx, in.From, in.Snapshot)
	if err != nil {
		return Imported{}, err
	}
	if in.Name == "" && in.Path == "" && s.isThisProject(id) {
		return s.fromCopy(ctx, in, id, theirs)
	}
	if in.Name == "" {
		in.Name = name
	}
	if in.Path == "" {
		in.Path = theirs.Path
	}
	at, err := cleanPath(in.Path)
	if err == nil {
		err = checkName(in.Name)
	}
	if err != nil {
		return Imported{}, err
	}
	if d, err := s.Get(ctx, in.Name); err == nil && (d.Latest != nil || d.Path != at) {
		return Imported{}, errs.New(errs.Conflict, "there is a dataset called %q already", in.Name).WithHint("choose another name (--name), or: rondo data update %s", in.Name)
	}
	if _, err := s.root.Lstat(at); err == nil {
		return Imported{}, errs.New(errs.Conflict, "%s is there already", at).WithHint("choose another place: --to")
	}
	if err := s.declare(ctx, in.Name, Setting{Path: at}); err != nil {
		return Imported{}, err
	}
	return s.adoptFrom(ctx, in.Name, in.From, id, theirs, true)
}

// copyFrom copies all that a snapshot of another project stands on.
func (s *Service) copyFrom(ctx context.Context, name, folder, id string, theirs Snapshot, more ...ref.Digest) error {
	r, err := remote.OpenFolder(filepath.Join(folder, ".rondo"))
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := store.OpenFar(ctx, folder, r, s.remotes.Cache("project "+id))
	if err != nil {
		return err
	}
	if err := s.wholeThere(ctx, f, folder, theirs); err != nil {
		return err
	}
	nodes, files, err := store.TreeObjects(ctx, theirs.Tree, s.opts.Store.TreeSource, f.TreeSource)
	if err != nil {
		return err
	}
	count, of := &store.Count{}, &total{}
	f.Track(count, of.more)
	defer s.follow("import", name, count, of)()
	for _, wave := range [][]ref.Digest{append(files, more...), nodes} {
		if _, err := s.opts.Store.Receive(ctx, f, wave); err != nil {
			return err
		}
	}
	return nil
}

// adoptFrom copies the objects, records the snapshot as one of this project, and brings its files.
func (s *Service) adoptFrom(ctx context.Context, name, folder, id string, theirs Snapshot, force bool) (Imported, error) {
	if err := s.copyFrom(ctx, name, folder, id, theirs); err != nil {
		return Imported{}, err
	}
	d, err := s.Get(ctx, name)
	if err != nil {
		return Imported{}, err
	}
	fresh := Snapshot{
		Dataset: name, Path: d.Path, Single: theirs.Single, Tree: theirs.Tree, Content: theirs.Content, Files: theirs.Files, Size: theirs.Size,
		Message: "Imported from " + Ref(theirs.Dataset, theirs.Number) + " of " + filepath.Base(folder),
		Origin:  &Origin{Project: id, Folder: folder, Dataset: theirs.Dataset, Snapshot: theirs.ID, Number: theirs.Number, At: s.opts.Now().UTC().Truncate(time.Second)},
	}
	key := ref.NewID()
	_, err = s.opts.Ledger.Do(ctx, "snapshot.create", key, func(tx *index.Tx) (any, error) {
		now, err := setRow(tx, name)
		if err != nil {
			return nil, err
		}
		if now.Latest != nil {
			fresh.Parent = now.Latest.ID
		}
		return fresh, tx.QueryRow("SELECT next FROM dataset_sets WHERE name=?", name).Scan(&fresh.Number)
	})
	if err != nil {
		return Imported{}, err
	}
	snap, err := s.Find(ctx, key)
	if err == nil {
		_, err = s.Checkout(ctx, name, snap.Number, force)
	}
	if err == nil {
		snap, err = s.profiled(ctx, snap, facts{tables: 1, tableSize: snap.Size, odd: true})
	}
	return Imported{Snapshot: snap, New: true}, err
}
