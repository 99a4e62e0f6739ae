package dvc

import (
	"bytes"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
)

// MergeLocks merges two dvc.lock files that began as base, stage by stage. An entry that only
// one side changed is that side's. Where both did, differently, neither tells what the merged
// project makes: the stage is left out, and so has to run. Open are their names.
func MergeLocks(name string, base, ours, theirs []byte) (merged []byte, open []string, err error) {
	var locks [3]*metafile.Lock
	for i, text := range [][]byte{base, ours, theirs} {
		if locks[i], err = metafile.ReadLock(name, text); err != nil {
			return nil, nil, err
		}
	}
	out := &metafile.Lock{Schema: "2.0"}
	for _, s := range slices.Concat(locks[1].Stages, locks[2].Stages) {
		if out.Stage(s.Name) != nil || slices.Contains(open, s.Name) {
			continue
		}
		chosen, clash := mergeStage(locks[0].Stage(s.Name), locks[1].Stage(s.Name), locks[2].Stage(s.Name))
		if clash {
			open = append(open, s.Name)
		} else if chosen != nil {
			out.Stages = append(out.Stages, *chosen)
		}
	}
	if out.Datasets, err = mergeDatasets(name, locks); err != nil {
		return nil, nil, err
	}
	if same, err := PutStages(name, ours, changedStages(locks[1], out)...); err == nil && len(out.Stages) >= len(locks[1].Stages) {
		if again, err := metafile.ReadLock(name, same); err == nil && bytes.Equal(again.Text(), out.Text()) {
			return same, open, nil // with what a person wrote into ours
		}
	}
	return out.Text(), open, nil
}

func changedStages(from, to *metafile.Lock) (list []metafile.LockStage) {
	for _, s := range to.Stages {
		if old := from.Stage(s.Name); old == nil || !sameStage(old, &s) {
			list = append(list, s)
		}
	}
	return list
}

// mergeStage chooses between two sides; clash means that both changed it, differently.
func mergeStage(was, ours, theirs *metafile.LockStage) (chosen *metafile.LockStage, clash bool) {
	switch {
	case sameStage(ours, theirs), sameStage(theirs, was):
		return ours, false
	case sameStage(ours, was):
		return theirs, false
	case ours == nil || theirs == nil:
		return nil, false // one side took the stage away
	}
	return nil, true
}

// sameStage compares what counts; sizes do not.
func sameStage(a, b *metafile.LockStage) bool {
	if a == nil || b == nil {
		return a == b
	}
	return metafile.EntryHash(a.Value()) == metafile.EntryHash(b.Value())
}

func mergeDatasets(name string, locks [3]*metafile.Lock) (any, error) {
	switch {
	case doc.Equal(locks[1].Datasets, locks[2].Datasets), doc.Equal(locks[2].Datasets, locks[0].Datasets):
		return locks[1].Datasets, nil
	case doc.Equal(locks[1].Datasets, locks[0].Datasets):
		return locks[2].Datasets, nil
	}
	return nil, errs.New(errs.Conflict, "%s: both sides changed the datasets", name).WithHint("`dvc ds update` decides")
}

// MergeSingles merges two .dvc files that began as base. Of a folder that both sides changed,
// the lists of its files are merged; the same file changed on both sides is a Conflict.
func MergeSingles(c cache.Cache, name string, base, ours, theirs []byte) ([]byte, error) {
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(theirs, base):
		return ours, nil
	case bytes.Equal(ours, base):
		return theirs, nil
	}
	var sides [3]*metafile.Single
	for i, text := range [][]byte{base, ours, theirs} {
		if len(bytes.TrimSpace(text)) == 0 && i == 0 {
			continue // both sides have begun it
		}
		s, err := metafile.ReadSingle(name, text)
		if err != nil {
			return nil, err
		}
		if s.Cmd != "" || len(s.Deps) > 0 || len(s.Outs) != 1 {
			return nil, errs.New(errs.Conflict, "%s: both sides changed it, and only data that was added can be merged", name).
				WithHint("choose one side: git checkout --ours or --theirs %s", name)
		}
		sides[i] = s
	}
	files, hash, err := mergeFiles(c, name, sides)
	if err != nil {
		return nil, err
	}
	sum, err := c.PutTree(files, hash)
	if err != nil {
		return nil, err
	}
	out := sides[1]
	n := int64(len(files))
	e := &out.Outs[0].Entry
	e.MD5, e.Files, e.Size, e.List = sum, &n, total(c, hash, files), nil
	return doc.Rewrite(name, ours, out.Text())
}

func total(c cache.Cache, hash string, files []metafile.TreeFile) *int64 {
	var n int64
	for _, f := range files {
		info, err := c.Stat(hash, f.MD5)
		if err != nil {
			return nil // only a remote has it
		}
		n += info.Size()
	}
	return &n
}

// mergeFiles merges the lists of a folder's files.
func mergeFiles(c cache.Cache, name string, sides [3]*metafile.Single) (files []metafile.TreeFile, hash string, err error) {
	var lists [3]map[string]string
	for i, s := range sides {
		lists[i] = map[string]string{}
		if s == nil {
			continue
		}
		e := s.Outs[0].Entry
		if !strings.HasSuffix(e.MD5, ".dir") || hash != "" && e.Hash != hash {
			return nil, "", errs.New(errs.Conflict, "%s: both sides have another content of %s", name, e.Path).
				WithHint("choose one: git checkout --ours or --theirs %s, then rondo data checkout %s", name, name)
		}
		hash = e.Hash
		list, err := c.Tree(e.Hash, e.MD5)
		if err != nil {
			return nil, "", err
		}
		for _, f := range list {
			lists[i][f.Path] = f.MD5
		}
	}
	var clash []string
	for at := range mergedKeys(lists[1], lists[2]) {
		was, a, b := lists[0][at], lists[1][at], lists[2][at]
		switch {
		case a == b || b == was:
			b = a
		case a != was:
			clash = append(clash, at)
		}
		if b != "" {
			files = append(files, metafile.TreeFile{Path: at, MD5: b})
		}
	}
	if len(clash) > 0 {
		slices.Sort(clash)
		return nil, "", errs.New(errs.Conflict, "%s: both sides changed %s", name, strings.Join(clash, ", ")).
			WithHint("choose one side: git checkout --ours or --theirs %s, then rondo data checkout %s and repeat the other change", name, name)
	}
	return files, hash, nil
}

func mergedKeys(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

// lockText is the text of a dvc.lock. One that a merge has left open is decided entry by entry:
// what both sides changed is left out, and needs a run. Whoever writes it, writes no markers.
func (p *Project) lockText(name string) ([]byte, error) {
	text, err := p.Read(name)
	if err != nil || !pipeline.HasMarkers(text) {
		return text, err
	}
	base, ours, theirs := pipeline.OpenSides(p.Dir, name, text)
	merged, _, err := MergeLocks(name, base, ours, theirs)
	return merged, err
}

// CacheOf is the cache of the DVC project that a folder is in.
func CacheOf(dir string) (cache.Cache, error) {
	root, err := Find(dir)
	if err != nil {
		return cache.Cache{}, err
	}
	p := &Project{Dir: root, Config: config.Config{}}
	if p.root, err = openRoot(root); err != nil {
		return cache.Cache{}, err
	}
	defer p.root.Close()
	p.tree = p.root.FS()
	p.settings()
	return p.Cache, nil
}
