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

// States of a dataset's files.
const (
	Clean       = "clean"       // as the snapshot that the pointer names
	Changed     = "changed"     // unlike it
	Missing     = "missing"     // there is nothing at the path
	Partial     = "partial"     // as it, but for what was never fetched of it
	Unversioned = "unversioned" // there is no snapshot yet
)

// Status says how the files stand to the snapshots.
type Status struct {
	Dataset  string   `json:"dataset"`
	Path     string   `json:"path"`
	State    string   `json:"state"`
	Text     string   `json:"text"`               // the same in words
	Snapshot int      `json:"snapshot,omitempty"` // the one the files are compared with
	Latest   int      `json:"latest,omitempty"`
	Added    []string `json:"added"` // at most 1000 of each are named
	Removed  []string `json:"removed"`
	Changed  []string `json:"changed"`
	Count    int      `json:"count"` // of these
	// Ignored are files of the snapshot that .rondoignore leaves out now, whatever lies in their
	// places; at most 1000. Nothing is said of whether they differ, but the next snapshot is without them.
	Ignored      []string `json:"ignored,omitempty"`
	IgnoredCount int      `json:"ignored_count,omitempty"`
	// NotFetched counts files that are not there since they were never brought here. They are
	// none of those above.
	NotFetched int `json:"not_fetched,omitempty"`
	// Damaged are files that are not as a checkout wrote them which the machine stopped before
	// the disk had them, or which the disk failed to take, and those that changed without a new
	// time; at most 1000.
	Damaged []string `json:"damaged,omitempty"`
	// LeftOut is what .rondoignore leaves out, where that was asked for and is something.
	LeftOut *LeftOut `json:"left_out,omitempty"`

	ruled bool // there are rules
}

const maxNamed = 1000

// Status compares the files with the snapshot that the pointer names, or the latest.
func (s *Service) Status(ctx context.Context, name string) (Status, error) {
	d, err := s.get(ctx, name)
	if err != nil {
		return Status{}, err
	}
	defer s.lock(name)()
	st := Status{Dataset: name, Path: d.Path, State: Unversioned, Added: []string{}, Removed: []string{}, Changed: []string{}}
	if d.Latest == nil {
		st.Text = "no snapshot yet"
		if p, only := s.onlyPointed(ctx, d); only {
			st.Text = p.notHere().Error() + "; " + p.Hint
		}
		return st, nil
	}
	st.Latest = d.Latest.Number
	snap, err := s.wanted(ctx, d, 0)
	if err != nil {
		return st, err
	}
	st.Snapshot = snap.Number
	m := s.memory(name)
	defer m.close()
	c, err := s.look(ctx, m, d.Path, nil)
	if notFound(err) {
		s.settled(s.doubts(d.Path)...) // nothing is there that could be taken for right
		st.State, st.Text = Missing, fmt.Sprintf("%s is not there; `rondo data checkout %s` brings it back", d.Path, name)
		return st, nil
	}
	if err != nil {
		return st, err
	}
	s.save(m, name)
	st.ruled = c.rules.Any()
	if err := s.compare(ctx, &st, snap, c); err != nil {
		return st, err
	}
	return st, s.tell(ctx, d, c, &st)
}

func (s *Service) compare(ctx context.Context, st *Status, snap Snapshot, c content) error {
	snap.Path = st.Path // where the dataset is now
	old, err := s.comparable(ctx, snap)
	if err != nil {
		return err
	}
	lists := map[string]*[]string{FileAdded: &st.Added, FileRemoved: &st.Removed, FileChanged: &st.Changed}
	came := snap.came()
	err = store.Differences(ctx, old, c.list, func(d store.Difference) error {
		if d.To == nil && !came.has(d.Path()) {
			st.NotFetched++
			return nil
		}
		if d.To == nil && c.rules.Leaves(d.Path()) {
			st.ignoredNow(d.Path())
			return nil
		}
		st.Count++
		if list := lists[changeOf(d)]; len(*list) < maxNamed {
			*list = append(*list, d.Path())
		}
		return nil
	})
	if err != nil {
		return err
	}
	if st.Count+st.IgnoredCount == 0 {
		st.State, st.Text = Clean, "as in "+snap.Ref()
		if st.NotFetched > 0 {
			st.State, st.Text = Partial, fmt.Sprintf("as in %s, of which %s never fetched", snap.Ref(), share(st.NotFetched, snap.Files))
		}
		return nil
	}
	st.State = Changed
	st.Text = s.changedText(ctx, st, snap, c)
	return nil
}

// changedText says how the files are unlike the snapshot that the pointer names.
func (s *Service) changedText(ctx context.Context, st *Status, snap Snapshot, c content) string {
	var says []string
	if same, err := s.withTree(ctx, st.Dataset, c.digest()); err == nil {
		says = append(says, fmt.Sprintf("as in %s, while the pointer names %s", same.Ref(), snap.Ref()))
	} else if st.Count > 0 {
		says = append(says, fmt.Sprintf("%s from %s", differ(st.Count), snap.Ref()))
	}
	if st.IgnoredCount > 0 {
		says = append(says, st.ignoredText(snap))
	}
	return strings.Join(says, "; ")
}

// share is how many of all files something was with.
func share(n, all int) string {
	switch {
	case all == 1:
		return "the one file was"
	case n == 1:
		return fmt.Sprintf("1 of %d files was", all)
	}
	return fmt.Sprintf("%d of %d files were", n, all)
}

func differ(files int) string {
	if files == 1 {
		return "1 file differs"
	}
	return fmt.Sprintf("%d files differ", files)
}

// Verification is what reading a snapshot to its last byte showed.
type Verification struct {
	Snapshot Snapshot `json:"snapshot"`
	OK       bool     `json:"ok"`
	Files    int      `json:"files"` // read
	Size     int64    `json:"size"`  // bytes
	// NotFetched counts files whose content was never brought here: they are none of those that
	// were read, and no problem.
	NotFetched int       `json:"not_fetched,omitempty"`
	Problems   []Problem `json:"problems"`
}

// Problem is one damaged or missing file of a snapshot.
type Problem struct {
	Path    string `json:"path"` // in the snapshot; empty for its list
	File    string `json:"file"` // in .rondo/objects
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Needs   []Need `json:"needs,omitempty"` // where all objects were read: who needs this one
}

// Verify reads everything that a snapshot stands on and names every damaged file.
// Number 0 means the latest.
func (s *Service) Verify(ctx context.Context, name string, number int) (Verification, error) {
	return s.VerifyCounted(ctx, name, number, nil)
}

// VerifyCounted is Verify that tells how far it has come.
func (s *Service) VerifyCounted(ctx context.Context, name string, number int, count *store.Count) (Verification, error) {
	wanted := name
	if number > 0 {
		wanted = Ref(name, number)
	}
	snap, err := s.Find(ctx, wanted)
	v := Verification{Snapshot: snap, Problems: []Problem{}}
	if err != nil {
		return v, err
	}
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err == nil {
		of := &total{}
		of.set(l.Files, l.Size)
		if count == nil {
			count = &store.Count{}
		}
		defer s.follow("verify", name, count, of)()
		err = s.verifyFiles(ctx, l, count, &v)
	}
	if err != nil {
		if ctx.Err() != nil {
			return v, ctx.Err()
		}
		v.Problems = append(v.Problems, s.problem("", snap.Tree, err))
		return v, nil
	}
	if !snap.Profile.IsZero() {
		err = s.opts.Store.VerifyThese(ctx, []ref.Digest{snap.Profile}, func(_ int, err error) {
			v.Problems = append(v.Problems, s.problem("(profile)", snap.Profile, err))
		})
	}
	slices.SortFunc(v.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	v.OK = len(v.Problems) == 0
	return v, err
}

const verifiedAtOnce = 16 << 10 // files

// verifyFiles reads the files of a tree, many at a time. Its nodes are verified on the way.
func (s *Service) verifyFiles(ctx context.Context, l *store.Listing, count *store.Count, v *Verification) error {
	var files []store.TreeFile
	came := v.Snapshot.came()
	check := func() error {
		digests := make([]ref.Digest, len(files))
		size := int64(0)
		for i, f := range files {
			digests[i] = f.Digest
			size += f.Size
		}
		err := s.opts.Store.VerifyThese(ctx, digests, func(i int, err error) {
			v.Problems = append(v.Problems, s.problem(files[i].Path, digests[i], err))
		})
		count.Add(int64(len(files)), size)
		v.Files, v.Size = v.Files+len(files), v.Size+size
		files = files[:0]
		return err
	}
	for page, err := range l.Pages(ctx) {
		if err != nil {
			return err
		}
		for _, f := range page {
			if came.has(f.Path) || s.opts.Store.Has(f.Digest) {
				files = append(files, f)
			} else {
				v.NotFetched++
			}
		}
		if len(files) < verifiedAtOnce {
			continue
		}
		if err := check(); err != nil {
			return err
		}
	}
	return check()
}

func (s *Service) problem(path string, d ref.Digest, err error) Problem {
	p := Problem{Path: path, Message: err.Error(), Hint: errs.HintOf(err)}
	if info, e := s.opts.Store.Stat(d); e == nil {
		p.File = info.File
	}
	return p
}

// The changes of a file between two trees.
const (
	FileAdded   = "added"
	FileRemoved = "removed"
	FileChanged = "changed"
)

// FileDiff is a file that two snapshots do not share.
type FileDiff struct {
	Path   string         `json:"path"`
	Change string         `json:"change"`
	From   store.TreeFile `json:"-"`
	To     store.TreeFile `json:"-"`
}

func changeOf(d store.Difference) string {
	switch {
	case d.From == nil:
		return FileAdded
	case d.To == nil:
		return FileRemoved
	}
	return FileChanged
}

func fileDiff(d store.Difference) FileDiff {
	f := FileDiff{Path: d.Path(), Change: changeOf(d)}
	if d.From != nil {
		f.From = *d.From
	}
	if d.To != nil {
		f.To = *d.To
	}
	return f
}
