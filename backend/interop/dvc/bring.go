package dvc

import (
	"context"
	"io/fs"
	"path"

	"rondo/backend/interop/dvc/cache"
)

// NamedData lists the data of .dvc files that has a hash; only Path, From and what the entry names
// are set.
func (p *Project) NamedData() (list []Data) {
	for _, f := range p.Singles {
		for _, o := range f.Outs {
			if at, here := p.where(path.Join(path.Dir(f.Path), f.Wdir), o.Entry.Path); here && o.Entry.MD5 != "" {
				list = append(list, Data{Path: at, From: f.Path, entry: o.Entry})
			}
		}
	}
	return list
}

// MD5 is how DVC names the data, empty where it does not.
func (d Data) MD5() string { return d.entry.MD5 }

// Hash is the way in which MD5 was made: MD5, or Dos2Unix.
func (d Data) Hash() string { return d.entry.Hash }

// Bring writes data of a commit, which the cache has, to a new path of the project, every
// hash compared.
func (p *Project) Bring(ctx context.Context, d Data, to string) error {
	if has, err := p.Cache.Has(ctx, d.entry); err != nil {
		return cache.NotCached(d.entry.MD5, err)
	} else if !has {
		return cache.NotCached(d.entry.MD5, fs.ErrNotExist)
	}
	if err := p.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return cannotWrite(to, err)
	}
	return p.fetch(ctx, d.entry, to)
}

// Drop removes what Bring wrote.
func (p *Project) Drop(at string) error { return p.root.RemoveAll(at) }
