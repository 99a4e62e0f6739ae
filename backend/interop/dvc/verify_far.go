package dvc

import (
	"context"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// FarVerified is what a reading of a remote has found.
type FarVerified struct {
	Objects int      `json:"objects"` // that were read
	Bytes   int64    `json:"bytes"`
	Damaged []FarBad `json:"damaged"`
	Missing []FarBad `json:"missing"`
	Unread  []string `json:"unread,omitempty"` // commits of which a file cannot be read, and what is wrong
}

// FarBad is an object of a remote that is damaged or not there, and the tracked paths that need it.
type FarBad struct {
	Name  string   `json:"name"` // in the remote
	Paths []string `json:"paths"`
}

// VerifyFar reads every object of a remote that the folder's .dvc files and locks need from
// there, and those of the commits that are meant, each once and to the last byte, and names what
// is damaged or missing. What was imported from a repository lies there and not here. What is
// damaged is remembered, for a push to replace it; nothing else changes.
func (p *Project) VerifyFar(ctx context.Context, in Exchange) (FarVerified, error) {
	far, err := p.openFar(ctx, in.Remote)
	if err != nil {
		return FarVerified{Damaged: []FarBad{}, Missing: []FarBad{}}, err
	}
	defer far.Close()
	v, err := p.needsOf(ctx, in, far)
	if err == nil {
		err = v.read(ctx)
	}
	for _, list := range [][]FarBad{v.done.Damaged, v.done.Missing} {
		slices.SortFunc(list, func(a, b FarBad) int { return strings.Compare(a.Name, b.Name) })
	}
	return v.done, errors.Join(err, v.known.save(p))
}

// needsOf collects what is needed of a remote.
func (p *Project) needsOf(ctx context.Context, in Exchange, far far) (v *verifyingFar, err error) {
	v = &verifyingFar{p: p, far: far, known: p.damageOf(in.Remote), needs: map[string]*farNeed{}, lists: map[string]farNeed{}, done: FarVerified{Damaged: []FarBad{}, Missing: []FarBad{}}}
	if len(p.Problems) > 0 {
		return v, p.Problems[0]
	}
	v.done.Unread, err = p.over(ctx, in.Selection, in.Revisions, func(then *Project, commit string, list []tracked) error {
		return v.tops(ctx, then, in.Remote, commit, list)
	})
	return v, err
}

type verifyingFar struct {
	p     *Project
	far   far
	known *farDamage
	needs map[string]*farNeed // by name there and version
	lists map[string]farNeed  // of folders, by name there and what is asked for of them
	mu    sync.Mutex
	done  FarVerified
}

// farNeed is an object, or a version of a file, that paths need.
type farNeed struct {
	cache.Object
	name    string // there
	version string
	paths   []string
}

func (v *verifyingFar) need(n farNeed, at string) {
	key := n.name + " " + n.version + " " + n.Hash + " " + n.MD5
	if v.needs[key] == nil {
		v.needs[key] = &n
	}
	if !slices.Contains(v.needs[key].paths, at) {
		v.needs[key].paths = append(v.needs[key].paths, at)
	}
}

// tops collects what is needed. Lists of folders are read on the way.
func (v *verifyingFar) tops(ctx context.Context, then *Project, name, commit string, list []tracked) error {
	for _, o := range list {
		elsewhere := name != "" && o.out.Remote != "" && o.out.Remote != name || name == "" && o.out.Remote != ""
		if o.out.NoCache || o.out.NoPush || o.entry.MD5 == "" || elsewhere || then.importOf(o) != nil {
			continue
		}
		var err error
		if _, is := v.far.(*versions); is {
			err = v.versionsOf(o, commit)
		} else {
			err = v.objectsOf(ctx, o, commit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *verifyingFar) objectsOf(ctx context.Context, o tracked, commit string) error {
	one := farNeed{Object: cache.Object{Hash: o.entry.Hash, MD5: o.entry.MD5}, name: farName(o.entry.Hash, o.entry.MD5)}
	if !strings.HasSuffix(o.entry.MD5, ".dir") {
		v.need(one, atCommit(o.at, commit))
		return nil
	}
	key := one.name + " " + strings.Join(o.parts, " ")
	if _, read := v.lists[key]; read {
		return nil
	}
	one.paths = []string{atCommit(o.at, commit)}
	v.lists[key] = one
	files, err := v.list(ctx, one)
	if err != nil {
		return err
	}
	for _, f := range files {
		if o.wants(f.Path) {
			v.need(farNeed{Object: cache.Object{Hash: o.entry.Hash, MD5: f.MD5}, name: farName(o.entry.Hash, f.MD5)}, atCommit(path.Join(o.at, f.Path), commit))
		}
	}
	return nil
}

// list reads the list of a folder there; where that is of no use, the cache may have it.
func (v *verifyingFar) list(ctx context.Context, one farNeed) ([]metafile.TreeFile, error) {
	b, err := v.whole(ctx, one.name)
	switch {
	case errs.Is(err, errs.NotFound):
		v.done.Missing = append(v.done.Missing, FarBad{one.name, one.paths})
	case err != nil:
		return nil, err
	default:
		v.done.Objects, v.done.Bytes = v.done.Objects+1, v.done.Bytes+int64(len(b))
		files, err := metafile.ReadTree(one.MD5, b)
		if err == nil && metafile.TreeSum(b) == one.MD5 {
			v.known.is(one.name, false)
			return files, nil
		}
		v.known.is(one.name, true)
		v.done.Damaged = append(v.done.Damaged, FarBad{one.name, one.paths})
	}
	files, _ := v.p.Cache.Tree(one.Hash, one.MD5)
	return files, nil
}

func (v *verifyingFar) whole(ctx context.Context, name string) ([]byte, error) {
	body, err := v.far.Get(ctx, name, 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, cache.MaxTree+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s of the remote", name)
	}
	return b, nil
}

// versionsOf needs the versions that an out names, and all of its files to have one.
func (v *verifyingFar) versionsOf(o tracked, commit string) error {
	files, err := v.p.filesOf(o.entry)
	if err != nil {
		v.done.Missing = append(v.done.Missing, FarBad{o.at, []string{atCommit(o.at, commit)}})
		return nil // it was never pushed there, and nobody knows what is in it
	}
	for _, e := range o.entry.Parts(files) {
		if at := path.Join(o.at, e.Path); o.wants(e.Path) {
			v.need(farNeed{cache.Object{Hash: e.Hash, MD5: e.MD5}, at, e.VersionID, nil}, atCommit(at, commit))
		}
	}
	return nil
}

func (v *verifyingFar) read(ctx context.Context) error {
	countOf(ctx).expect(len(v.needs))
	return each(ctx, slices.Collect(maps.Values(v.needs)), func(n *farNeed) error {
		defer countOf(ctx).moved()
		var size int64
		var whole bool
		err := remote.Again(ctx, func() (err error) {
			size, whole, err = v.readOne(ctx, n)
			return err
		})
		v.mu.Lock()
		defer v.mu.Unlock()
		switch {
		case errs.Is(err, errs.NotFound):
			v.done.Missing = append(v.done.Missing, FarBad{n.name, n.paths})
			return nil
		case err != nil:
			return err
		case !whole:
			v.done.Damaged = append(v.done.Damaged, FarBad{n.name, n.paths})
		}
		v.known.is(versionName(n.name, n.version), !whole)
		v.done.Objects, v.done.Bytes = v.done.Objects+1, v.done.Bytes+size
		return nil
	})
}

func (v *verifyingFar) readOne(ctx context.Context, n *farNeed) (size int64, whole bool, err error) {
	var body io.ReadCloser
	if far, is := v.far.(*versions); !is {
		body, err = v.far.Get(ctx, n.name, 0, -1)
	} else if n.version == "" {
		return 0, false, errs.New(errs.NotFound, "%s was never pushed there", n.name)
	} else {
		body, _, err = far.Open(ctx, n.name, n.version, 0)
	}
	if err != nil {
		return 0, false, err
	}
	defer body.Close()
	got, size, err := metafile.Sum(ctx, countOf(ctx).reading(body), n.Hash)
	if err != nil {
		return size, false, errs.Wrap(errs.Unavailable, err, "read %s of the remote", n.name)
	}
	return size, got == n.MD5, nil
}
