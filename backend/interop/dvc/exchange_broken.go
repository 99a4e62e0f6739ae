package dvc

import (
	"path"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
)

// sayBroken names the paths of an out of which the remote's content is damaged: of a list that is,
// what lies below it is not known.
func (x *exchanging) sayBroken(o tracked) {
	if x.done.bad[cache.Object{Hash: o.entry.Hash, MD5: o.entry.Sum()}] {
		x.done.Broken = append(x.done.Broken, atCommit(o.at, x.commit))
		return
	}
	if len(x.done.bad) == 0 {
		return
	}
	files, err := x.p.asked(o)
	for _, f := range files {
		if err == nil && x.done.bad[cache.Object{Hash: o.entry.Hash, MD5: f.MD5}] {
			x.done.Broken = append(x.done.Broken, atCommit(path.Join(o.at, f.Path), x.commit))
		}
	}
}

// goneOf names the files of an out that the remote lacks, or the out where that is not known.
func (x *exchanging) goneOf(o tracked) (list []string) {
	files, err := x.p.asked(o)
	for _, f := range files {
		if err == nil && f.Path != "" && x.done.gone[cache.Object{Hash: o.entry.Hash, MD5: f.MD5}] {
			list = append(list, atCommit(path.Join(o.at, f.Path), x.commit))
		}
	}
	if len(list) == 0 {
		return []string{atCommit(o.at, x.commit)}
	}
	return list
}

// broken names what was left out, and what is not there besides.
func (x *exchanging) broken() error {
	also := ""
	if len(x.done.Missing) > 0 {
		also = "; not there: " + fewOf(x.done.Missing)
	}
	return errs.New(errs.Corrupt, "damaged in the remote, and not brought: %s%s", fewOf(x.done.Broken), also).
		WithHint("the rest is in the cache now; who has it whole can put it in its place: rondo data verify --remote NAME, then rondo data push")
}
