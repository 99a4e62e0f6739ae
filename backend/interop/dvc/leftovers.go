package dvc

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/interop/dvc/metafile"
)

// link is what lay at a tracked path after the last work on it. DVC keeps such a list of
// what it has brought or kept itself, and removes what nothing tracks any more, such as after
// git checkout.
type link struct {
	Hash string `json:"hash"`
	MD5  string `json:"md5"`
	Own  bool   `json:"own,omitempty"` // Rondo has brought or kept it
}

var linksFile = path.Join(ownTmp, "links.json")

// leftovers are paths that Rondo, or the DVC that works here, has brought or kept, that are as
// they were, and that nothing tracks now. What another DVC has made stays, as with this one.
func (p *Project) leftovers(ctx context.Context) (list []string, err error) {
	used := map[string]bool{}
	for _, o := range p.outs() {
		used[o.at] = true
	}
	var dvcs map[string]uint64
	for at, l := range p.links() {
		if used[at] || !filepath.IsLocal(filepath.FromSlash(at)) {
			continue
		}
		if dvcs == nil {
			dvcs = p.madeByDVC(ctx)
		}
		if inode, there := dvcs[at]; !l.Own && !(there && p.sameInode(at, inode)) {
			continue
		}
		now, err := p.look(ctx, at, l.Hash)
		if err != nil {
			return nil, err
		}
		if has, err := p.Cache.Has(ctx, metafile.Entry{Hash: l.Hash, MD5: l.MD5}); err != nil {
			return nil, err
		} else if has && now.sum == l.MD5 && p.stillLink(at, l, now) {
			list = append(list, at)
		}
	}
	return list, nil
}

// stillLink reports whether a path is a link to the cache, where cache.type makes links: what
// dvc has unprotected is a person's own file.
func (p *Project) stillLink(at string, l link, now sight) bool {
	if kind := p.Cache.Types[0]; kind != "hardlink" && kind != "symlink" {
		return true
	}
	files := now.files
	if !now.dir {
		files = []metafile.TreeFile{{MD5: now.sum}}
	}
	for _, f := range files {
		here, err := p.stat(path.Join(at, f.Path))
		object, err2 := os.Stat(p.Cache.Path(l.Hash, f.MD5))
		if err != nil || err2 != nil || !os.SameFile(here, object) {
			return false
		}
	}
	return true
}

func (p *Project) links() map[string]link {
	all := map[string]link{}
	if b, err := p.Read(linksFile); err == nil && json.Unmarshal(b, &all) != nil {
		return map[string]link{}
	}
	return all
}

// noteLinks writes down what is tracked now, beside what was tracked before and may still
// lie there.
func (p *Project) noteLinks() error {
	all := p.links()
	for at := range all {
		if _, err := p.root.Lstat(at); missing(err) {
			delete(all, at)
		}
	}
	return p.noteOuts(all, p.outs())
}

// noteLinksOf writes down what one stage has made, beside what was noted before: a pipeline of
// thousands is not looked through after each of its stages.
func (p *Project) noteLinksOf(pl *metafile.Pipeline, s metafile.Stage) error {
	return p.noteOuts(p.links(), p.outsOf(pl, s, p.Locks[pl.File].Stage(s.Name)))
}

func (p *Project) noteOuts(all map[string]link, outs []tracked) error {
	for _, o := range outs {
		if sum := o.entry.Sum(); sum != "" && !o.out.NoCache {
			all[o.at] = link{o.entry.Hash, sum, p.brought[o.at] || all[o.at].Own}
		}
	}
	return p.writeLinks(all)
}

// noteMore writes down what is tracked now and was not noted before. What of the rest lies
// there may be of another commit.
func (p *Project) noteMore() error {
	all := p.links()
	for _, o := range p.outs() {
		if _, known := all[o.at]; !known && o.entry.Sum() != "" && !o.out.NoCache {
			all[o.at] = link{o.entry.Hash, o.entry.Sum(), false}
		}
	}
	return p.writeLinks(all)
}

// dropLinks takes paths out of the list: they are a person's own files now.
func (p *Project) dropLinks(paths []string) error {
	all := p.links()
	for _, at := range paths {
		delete(all, at)
	}
	return p.writeLinks(all)
}

func (p *Project) writeLinks(all map[string]link) error { return p.writeNote(linksFile, all) }

// writeNote replaces one of Rondo's own notes about the project.
func (p *Project) writeNote(name string, all any) error {
	b, err := json.Marshal(all)
	if err == nil {
		err = p.root.MkdirAll(ownTmp, 0o755)
	}
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(p.Dir, filepath.FromSlash(name)), b, 0o644)
	}
	if err != nil {
		return cannotWrite(name, err)
	}
	return nil
}
