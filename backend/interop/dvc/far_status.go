package dvc

import (
	"context"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// FarStatus is what `dvc status --cloud` tells of a remote, by the paths that need what is told
// of, and what a verification has found damaged there.
type FarStatus struct {
	New     []string `json:"new"`     // only here
	Deleted []string `json:"deleted"` // only there
	Missing []string `json:"missing"` // on neither side
	Damaged []string `json:"damaged"`
	Unread  []string `json:"unread,omitempty"` // commits of which a file cannot be read, and what is wrong
	Objects int      `json:"objects"`          // that are needed
}

// InSync reports whether both sides have all that is needed.
func (s FarStatus) InSync() bool {
	return len(s.New)+len(s.Deleted)+len(s.Missing)+len(s.Damaged) == 0
}

// CompareFar looks for what the folder, and commits that are meant, need of a remote, on both
// sides. Every object is asked for there, and has to be as long as the one here; of contents only
// lists of folders are read.
func (p *Project) CompareFar(ctx context.Context, in Exchange) (FarStatus, error) {
	out := FarStatus{New: []string{}, Deleted: []string{}, Missing: []string{}, Damaged: []string{}}
	far, err := p.openFar(ctx, in.Remote)
	if err != nil && !p.notMade(in.Remote) {
		return out, err
	} else if err != nil {
		far = nothing{}
	}
	defer far.Close()
	v, err := p.needsOf(ctx, in, far)
	if err != nil {
		return out, err
	}
	out.Unread = v.done.Unread
	for _, list := range v.lists {
		v.need(list, list.paths[0])
	}
	there, err := v.there(ctx)
	if err != nil {
		return out, err
	}
	for key, n := range v.needs {
		_, absent := p.Cache.Stat(n.Hash, n.MD5)
		list := &out.Missing
		switch here := absent == nil; {
		case v.known.has(versionName(n.name, n.version)):
			list = &out.Damaged
		case here && there[key]:
			continue
		case here:
			list = &out.New
		case there[key]:
			list = &out.Deleted
		}
		*list = append(*list, n.paths...)
	}
	out.Objects = len(v.needs)
	for _, list := range [][]string{out.New, out.Deleted, out.Missing, out.Damaged} {
		slices.Sort(list)
	}
	return out, nil
}

// there are the keys of what the remote has.
func (v *verifyingFar) there(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	far, is := v.far.(*versions)
	if !is {
		var names []string
		for _, n := range v.needs {
			names = append(names, n.name)
		}
		sizes, err := lookFar(ctx, v.far, names)
		for key, n := range v.needs {
			var size int64
			if size, out[key] = sizes[n.name]; out[key] && v.p.otherLength(ctx, n.Object, size) {
				v.known.is(n.name, true)
			}
		}
		return out, err
	}
	var mu sync.Mutex
	return out, each(ctx, slices.Collect(maps.Keys(v.needs)), func(key string) error {
		n := v.needs[key]
		if n.version == "" {
			return nil
		}
		_, err := far.Version(ctx, path.Clean(n.name), n.version)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		out[key] = err == nil
		return err
	})
}

// notMade reports whether a remote is a folder that the first push will make.
func (p *Project) notMade(name string) bool {
	if name == "" {
		name = p.Config["core"]["remote"]
	}
	at, err := p.farAddress(p.Config[`remote "`+name+`"`])
	if err != nil {
		return false
	}
	a, err := remote.ParseAddress(at)
	if err != nil || a.Kind != remote.KindFolder {
		return false
	}
	_, err = os.Stat(a.Path)
	return missing(err)
}

// nothing is a remote that has nothing yet.
type nothing struct{}

func (nothing) Sizes(context.Context, []string) (map[string]int64, error) { return nil, nil }

func (nothing) Get(_ context.Context, name string, _, _ int64) (io.ReadCloser, error) {
	return nil, errs.New(errs.NotFound, "the remote has no %s", name)
}

func (nothing) Put(context.Context, string, *io.SectionReader) (bool, error) { return false, nil }

func (nothing) Close() error { return nil }
