package dataset

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// A snapshot may have come from a remote in part: its tree is here, and the content of some
// of its files. Which is a matter of record, so that what never came can be told from what
// is lost.

// InPart reports whether only a part of the snapshot's content was ever brought here.
func (s Snapshot) InPart() bool { return len(s.Fetched) > 0 }

// portion is a set of files and folders of a snapshot; nil stands for all of it.
type portion map[string]bool

func portionOf(paths []string) portion {
	if len(paths) == 0 {
		return nil
	}
	p := portion{}
	for _, one := range paths {
		p[one] = true
	}
	return p
}

// came is the part of the snapshot that was brought here: what of it is not here is lost.
func (s Snapshot) came() portion { return portionOf(s.Fetched) }

// has reports whether a file is one of the part, or lies below a folder of it.
func (p portion) has(file string) bool {
	for at := file; p != nil && !p[at]; at = path.Dir(at) {
		if !strings.Contains(at, "/") {
			return false
		}
	}
	return true
}

// together are two parts as one, in the order of paths, without what lies in another.
func together(a, b []string) (all []string) {
	both := slices.Concat(a, b)
	slices.Sort(both)
	p := portionOf(both)
	for _, one := range slices.Compact(both) {
		if dir := path.Dir(one); dir == "." || !p.has(dir) {
			all = append(all, one)
		}
	}
	return all
}

// fetched is the data of a snapshot.fetch record: what came of a snapshot that was here in part.
type fetched struct {
	Fetched []string `json:"fetched"` // empty: all the rest
}

func applyFetch(tx *index.Tx, rec journal.Record) error {
	var in fetched
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	return widen(tx, rec.ID, in.Fetched)
}

// widen adds to what is here of a snapshot. The order in which parts came does not matter,
// and what was here whole stays so.
func widen(tx *index.Tx, id string, paths []string) error {
	return change(tx, id, func(snap *Snapshot) { snap.Fetched = wider(snap.Fetched, paths) })
}

// wider adds one part to another; none stands for all.
func wider(was, more []string) []string {
	if len(was) == 0 || len(more) == 0 {
		return nil
	}
	return together(was, more)
}

// Came tells from the records of a project what was brought of each snapshot, by its id.
type Came map[string][]string

// Hear takes a record; those of anything else are passed over.
func (c Came) Hear(rec journal.Record) error {
	var in fetched
	if rec.Kind != "snapshot.create" && rec.Kind != "snapshot.fetch" {
		return nil
	}
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	was, known := c[rec.ID]
	switch {
	case known:
		c[rec.ID] = wider(was, in.Fetched)
	case rec.Kind == "snapshot.create":
		c[rec.ID] = in.Fetched
	}
	return nil
}

// Of returns what reports whether a file of the snapshot was brought.
func (c Came) Of(id string) func(file string) bool { return portionOf(c[id]).has }

// nowHere records that more of a snapshot that was here in part has come; no paths mean all.
func (s *Service) nowHere(ctx context.Context, snap Snapshot, paths []string) error {
	if !snap.InPart() || len(paths) > 0 && slices.Equal(snap.Fetched, together(snap.Fetched, paths)) {
		return nil
	}
	_, err := s.opts.Ledger.Do(ctx, "snapshot.fetch", snap.ID, func(*index.Tx) (any, error) {
		return fetched{slices.Concat([]string{}, paths)}, nil
	})
	return err
}

// neverCame hands out the files of a snapshot that was fetched in part whose content is not
// here, and was never here.
func (s *Service) neverCame(ctx context.Context, snap Snapshot, fn func(store.TreeFile) error) error {
	if !snap.InPart() {
		return nil
	}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return err
	}
	came := snap.came()
	for f, err := range l.All(ctx) {
		if err == nil && !came.has(f.Path) && !s.opts.Store.Has(f.Digest) {
			err = fn(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// neverCameOf is the set of the digests of these, of some snapshots.
func (s *Service) neverCameOf(ctx context.Context, snaps []Snapshot) (map[ref.Digest]bool, error) {
	all := map[ref.Digest]bool{}
	for _, snap := range snaps {
		err := s.neverCame(ctx, snap, func(f store.TreeFile) error {
			all[f.Digest] = true
			return nil
		})
		if err != nil && !notFound(err) && !spoiled(err) {
			return nil, err
		}
	}
	return all, nil
}

// spoiled reports whether an object is here, but not as it was, or not to be read. That is
// named where all objects are read.
func spoiled(err error) bool { return errs.Is(err, errs.Corrupt) || store.BadSector(err) }

// whatCame refuses to go on with a file whose content was never brought here.
func (s *Service) whatCame(snap Snapshot, f store.TreeFile) error {
	if snap.came().has(f.Path) || s.opts.Store.Has(f.Digest) {
		return nil
	}
	return errs.New(errs.Precondition, "%s of %s is not here: only a part of the snapshot was fetched", f.Path, snap.Ref()).
		WithHint("bring it from a remote: rondo data fetch %s %s", snap.Ref(), f.Path)
}

// fewOf names the first of some files, and how many more there are.
type fewOf struct {
	names []string
	count int
}

// String says how many they are, and names some.
func (w fewOf) String() string {
	text := strings.Join(w.names, ", ")
	if more := w.count - len(w.names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d of its files (%s)", w.count, text)
}

// neverFetched says that of them.
func (w fewOf) neverFetched() string {
	if w.count == 1 {
		return w.String() + " was never fetched"
	}
	return w.String() + " were never fetched"
}

func (w *fewOf) add(f store.TreeFile) {
	if len(w.names) < maxWork {
		w.names = append(w.names, f.Path)
	}
	w.count++
}

// allHere refuses a checkout of what was never brought here, before anything is changed.
func (s *Service) allHere(ctx context.Context, snap Snapshot, p *plan) error {
	var lacks fewOf
	err := s.neverCame(ctx, snap, func(f store.TreeFile) error {
		if p.part.has(f.Path) {
			lacks.add(f)
		}
		return nil
	})
	if err != nil || lacks.count == 0 {
		return err
	}
	return errs.New(errs.Precondition, "%s is here only in part: %s", snap.Ref(), lacks.neverFetched()).
		WithHint("bring the rest from a remote: rondo data fetch %s; or check out what is here: rondo data checkout %s %s", snap.Ref(), snap.Ref(), strings.Join(firstOf(snap.Fetched), " "))
}

// firstOf are as many as a line takes.
func firstOf(list []string) []string { return list[:min(len(list), maxWork)] }

// sendable leaves out the snapshots of which content is neither here, where it never came, nor
// on the remote, and says what is lacking of the first.
func (s *Service) sendable(ctx context.Context, f *there, snaps []Snapshot) (can []Snapshot, lacking, err error) {
	for _, snap := range snaps {
		lacks, err := s.nowhere(ctx, f.Objects, snap)
		switch {
		case err != nil:
			return nil, nil, err
		case lacks.count == 0:
			can = append(can, snap)
		case lacking == nil:
			lacking = errs.New(errs.Precondition, "%s was not pushed: it is here only in part, and the remote %s lacks %s too", snap.Ref(), f.Name, lacks).
				WithHint("first bring the rest from the remote that has it: rondo data fetch %s --remote NAME", snap.Ref())
		}
	}
	return can, lacking, nil
}

// nowhere are the files of a snapshot that neither came nor are whole on the remote.
func (s *Service) nowhere(ctx context.Context, f *store.Far, snap Snapshot) (lacks fewOf, err error) {
	var files []store.TreeFile
	var digests []ref.Digest
	err = s.neverCame(ctx, snap, func(f store.TreeFile) error {
		files, digests = append(files, f), append(digests, f.Digest)
		return nil
	})
	if err != nil || len(files) == 0 {
		return lacks, err
	}
	missing, err := f.Whole(ctx, digests)
	gone := map[ref.Digest]bool{}
	for _, d := range missing {
		gone[d] = true
	}
	for _, file := range files {
		if gone[file.Digest] {
			lacks.add(file)
		}
	}
	return lacks, err
}
