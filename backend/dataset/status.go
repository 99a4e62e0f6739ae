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
	Count    int      `json:"count"` // of all that differ
}

const maxNamed = 1000

// Status compares the files with the snapshot that the pointer names, or the latest.
func (s *Service) Status(ctx context.Context, name string) (Status, error) {
	d, err := s.Get(ctx, name)
	if err != nil {
		return Status{}, err
	}
	defer s.lock(name)()
	st := Status{Dataset: name, Path: d.Path, State: Unversioned, Added: []string{}, Removed: []string{}, Changed: []string{}}
	if d.Latest == nil {
		st.Text = "no snapshot yet"
		return st, nil
	}
	st.Latest = d.Latest.Number
	snap, err := s.wanted(ctx, d, 0)
	if err != nil {
		return st, err
	}
	st.Snapshot = snap.Number
	m := s.memory(name)
	c, err := s.look(ctx, m, d.Path)
	if notFound(err) {
		st.State, st.Text = Missing, fmt.Sprintf("%s is not there; `rondo data checkout %s` brings it back", d.Path, name)
		return st, nil
	}
	if err != nil {
		return st, err
	}
	if err := s.remember(m, d.Path, c); err != nil {
		s.opts.Log.Debug("how the files look could not be noted", "dataset", name, "err", err)
	}
	return st, s.compare(ctx, &st, snap, c)
}

func (s *Service) compare(ctx context.Context, st *Status, snap Snapshot, c content) error {
	if c.digest == snap.Tree {
		st.State, st.Text = Clean, "as in "+snap.Ref()
		return nil
	}
	old, err := s.opts.Store.OpenTree(ctx, snap.Tree)
	if err != nil {
		return err
	}
	st.State = Changed
	for _, f := range diffTrees(old, c.tree) {
		st.Count++
		list := map[string]*[]string{FileAdded: &st.Added, FileRemoved: &st.Removed, FileChanged: &st.Changed}[f.Change]
		if len(*list) < maxNamed {
			*list = append(*list, f.Path)
		}
	}
	st.Text = fmt.Sprintf("%s from %s", differ(st.Count), snap.Ref())
	if same, err := s.withTree(ctx, st.Dataset, c.digest); err == nil {
		st.Text = fmt.Sprintf("as in %s, while the pointer names %s", same.Ref(), snap.Ref())
	}
	return nil
}

func differ(files int) string {
	if files == 1 {
		return "1 file differs"
	}
	return fmt.Sprintf("%d files differ", files)
}

// Verification is what reading a snapshot to its last byte showed.
type Verification struct {
	Snapshot Snapshot  `json:"snapshot"`
	OK       bool      `json:"ok"`
	Files    int       `json:"files"` // read
	Size     int64     `json:"size"`  // bytes
	Problems []Problem `json:"problems"`
}

// Problem is one damaged or missing file of a snapshot.
type Problem struct {
	Path    string `json:"path"` // in the snapshot; empty for its list
	File    string `json:"file"` // in .rondo/objects
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Verify reads everything that a snapshot stands on and names every damaged file.
// Number 0 means the latest.
func (s *Service) Verify(ctx context.Context, name string, number int) (Verification, error) {
	wanted := name
	if number > 0 {
		wanted = Ref(name, number)
	}
	snap, err := s.Find(ctx, wanted)
	v := Verification{Snapshot: snap, Problems: []Problem{}}
	if err != nil {
		return v, err
	}
	tree, err := s.opts.Store.OpenTree(ctx, snap.Tree)
	if err != nil {
		if ctx.Err() != nil {
			return v, ctx.Err()
		}
		v.Problems = append(v.Problems, s.problem("", snap.Tree, err))
		return v, nil
	}
	digests := make([]ref.Digest, len(tree.Files))
	for i, f := range tree.Files {
		digests[i] = f.Digest
	}
	v.Files, v.Size = len(tree.Files), tree.Size()
	err = s.opts.Store.VerifyThese(ctx, digests, func(i int, err error) {
		v.Problems = append(v.Problems, s.problem(tree.Files[i].Path, digests[i], err))
	})
	if !snap.Profile.IsZero() && err == nil {
		err = s.opts.Store.VerifyThese(ctx, []ref.Digest{snap.Profile}, func(_ int, err error) {
			v.Problems = append(v.Problems, s.problem("(profile)", snap.Profile, err))
		})
	}
	slices.SortFunc(v.Problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
	v.OK = len(v.Problems) == 0
	return v, err
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

// diffTrees walks two sorted lists side by side.
func diffTrees(a, b store.Tree) (list []FileDiff) {
	i, k := 0, 0
	for i < len(a.Files) || k < len(b.Files) {
		switch {
		case k == len(b.Files) || i < len(a.Files) && a.Files[i].Path < b.Files[k].Path:
			list = append(list, FileDiff{Path: a.Files[i].Path, Change: FileRemoved, From: a.Files[i]})
			i++
		case i == len(a.Files) || b.Files[k].Path < a.Files[i].Path:
			list = append(list, FileDiff{Path: b.Files[k].Path, Change: FileAdded, To: b.Files[k]})
			k++
		default:
			if a.Files[i].Digest != b.Files[k].Digest || a.Files[i].Exec != b.Files[k].Exec {
				list = append(list, FileDiff{Path: b.Files[k].Path, Change: FileChanged, From: a.Files[i], To: b.Files[k]})
			}
			i, k = i+1, k+1
		}
	}
	return list
}
