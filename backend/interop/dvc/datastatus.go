package dvc

import (
	"context"
	"os"
	"slices"
	"strings"

	"rondo/backend/git"
	"rondo/backend/interop/dvc/metafile"
)

// DataStatus is what `dvc data status` tells: how the folder stands to the .dvc files and
// locks, and how these stand to the last commit. Folders have a slash at the end.
type DataStatus struct {
	NotInCache  []string `json:"not_in_cache"`
	Committed   DataDiff `json:"committed"`
	Uncommitted DataDiff `json:"uncommitted"`
	Unchanged   []string `json:"unchanged"`
}

// DataDiff is how tracked paths differ.
type DataDiff struct {
	Added    []string `json:"added,omitempty"`
	Modified []string `json:"modified,omitempty"`
	Deleted  []string `json:"deleted,omitempty"`
	Renamed  []Rename `json:"renamed,omitempty"`
	Unknown  []string `json:"unknown,omitempty"` // in folders of which the cache has no list
}

// Rename is the same content at another path.
type Rename struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Clean reports whether nothing differs.
func (d DataDiff) Clean() bool {
	return len(d.Added)+len(d.Modified)+len(d.Deleted)+len(d.Renamed)+len(d.Unknown) == 0
}

// listed is one path of an index.
type listed struct {
	path string
	sum  string // with its hash's name in front
	dir  bool
	hash string
	md5  string
}

func (l listed) name() string {
	if l.dir {
		return l.path + "/"
	}
	return l.path
}

// dataIndex holds what is at each path; blind are folders of which nothing inside is known.
type dataIndex struct {
	at    map[string]listed
	blind map[string]bool
}

func newDataIndex() dataIndex { return dataIndex{map[string]listed{}, map[string]bool{}} }

func (x dataIndex) put(at, hash, md5 string, dir bool) {
	x.at[at] = listed{at, hash + " " + md5, dir, hash, md5}
}

// DataStatus compares folder, .dvc files and locks, and the last commit. Granular looks into
// folders, as also a target does that is in one. Targets are paths, .dvc files and stages; none
// is all.
func (p *Project) DataStatus(ctx context.Context, granular bool, targets ...string) (DataStatus, error) {
	out := DataStatus{NotInCache: []string{}, Unchanged: []string{}}
	if len(p.Problems) > 0 {
		return out, p.Problems[0]
	}
	s := p.extent(granular, targets)
	recorded := p.recorded(s)
	there, err := p.there(ctx, s)
	if err != nil {
		return out, err
	}
	var same, before []string
	out.Uncommitted, same = compareData(recorded, there)
	for _, at := range slices.Sorted(keysOf(recorded.at)) {
		l := recorded.at[at]
		if _, err := os.Stat(p.Cache.Path(l.hash, l.md5)); err != nil {
			out.NotInCache = append(out.NotInCache, l.name())
		}
	}
	committed, err := p.head(s)
	if err != nil {
		return out, err
	}
	if err := s.named(&recorded, &there, committed); err != nil {
		return out, err
	}
	if committed == nil {
		out.Unchanged = append(out.Unchanged, same...)
		return out, nil
	}
	out.Committed, before = compareData(*committed, recorded)
	for _, at := range same {
		if slices.Contains(before, at) {
			out.Unchanged = append(out.Unchanged, at)
		}
	}
	return out, nil
}

func keysOf(m map[string]listed) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// recorded is what the .dvc files and locks name.
func (p *Project) recorded(s extent) dataIndex {
	x := newDataIndex()
	for _, o := range p.outs() {
		sum := o.entry.Sum()
		if o.out.NoCache || sum == "" || !s.touches(o.at) {
			continue
		}
		x.put(o.at, o.entry.Hash, sum, o.entry.IsDir())
		if !s.granular || !o.entry.IsDir() {
			continue
		}
		files, err := p.filesOf(o.entry)
		x.blind[o.at] = err != nil
		for _, f := range files {
			x.file(o.at, f, o.entry.Hash)
		}
	}
	return s.cut(x)
}

// file lists a file of a folder. The folders between have no hash of their own.
func (x dataIndex) file(top string, f metafile.TreeFile, hash string) {
	x.put(top+"/"+f.Path, hash, f.MD5, false)
}

// there is what lies in the folder at the tracked paths.
func (p *Project) there(ctx context.Context, s extent) (dataIndex, error) {
	x := newDataIndex()
	for _, o := range p.outs() {
		if o.out.NoCache || !s.touches(o.at) {
			continue
		}
		now, err := p.look(ctx, o.at, o.entry.Hash)
		if err != nil {
			return x, err
		}
		if now.sum == "" {
			continue
		}
		x.put(o.at, o.entry.Hash, now.sum, now.dir)
		if s.granular {
			for _, f := range now.files {
				x.file(o.at, f, o.entry.Hash)
			}
		}
	}
	return s.cut(x), nil
}

// head is what the last commit names; nil where there is no git, empty before the first.
func (p *Project) head(s extent) (*dataIndex, error) {
	x := newDataIndex()
	repo, err := git.Open(p.Dir)
	if err != nil || !repo.Exists() || strings.EqualFold(p.Config["core"]["no_scm"], "true") {
		return nil, err
	}
	at, err := repo.Head()
	if err != nil || at.Commit == "" {
		return &x, err
	}
	tree, err := repo.FS(at.Commit)
	if err != nil {
		return nil, err
	}
	then, err := OpenTree(p.Dir, tree)
	if err != nil {
		return nil, err
	}
	defer then.Close()
	x = then.recorded(s)
	return &x, nil
}

// compareData tells what differs, and what is the same.
func compareData(old, now dataIndex) (d DataDiff, same []string) {
	var added, deleted []listed
	all := map[string]listed{}
	for at, l := range old.at {
		all[at] = l
	}
	for at, l := range now.at {
		all[at] = l
	}
	for _, at := range slices.Sorted(keysOf(all)) {
		a, was := old.at[at]
		b, is := now.at[at]
		switch {
		case old.hides(at) || now.hides(at):
			if is {
				d.Unknown = append(d.Unknown, b.name())
			}
		case !was:
			added = append(added, b)
		case !is:
			deleted = append(deleted, a)
		case a.sum != b.sum:
			d.Modified = append(d.Modified, b.name())
		default:
			same = append(same, b.name())
		}
	}
	for _, b := range added {
		if i := slices.IndexFunc(deleted, func(a listed) bool { return a.sum == b.sum }); i >= 0 {
			d.Renamed = append(d.Renamed, Rename{deleted[i].name(), b.name()})
			deleted = slices.Delete(deleted, i, i+1)
			continue
		}
		d.Added = append(d.Added, b.name())
	}
	for _, a := range deleted {
		d.Deleted = append(d.Deleted, a.name())
	}
	return d, same
}

// hides reports whether a path lies in a folder of which nothing inside is known.
func (x dataIndex) hides(at string) bool {
	for dir, blind := range x.blind {
		if blind && inside(at, dir) {
			return true
		}
	}
	return false
}
