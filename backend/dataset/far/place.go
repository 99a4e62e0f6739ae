package far

import (
	"context"
	"errors"

	"rondo/backend/remote"
	"rondo/backend/store"
)

// Place is an open remote.
type Place struct {
	Remote
	Objects *store.Far

	of      *Remotes
	r       remote.Remote
	records map[string]bool // names of the files of snapshots, as they were listed
	memory  *memory
}

// Open opens a remote by name; the only one where the name is empty. One that is not
// there is made for pushing only: a disk that is not connected is not an empty remote.
func (m *Remotes) Open(ctx context.Context, name string, toPush bool) (*Place, error) {
	named, err := m.Find(name)
	if err != nil {
		return nil, err
	}
	a, err := m.address(named.Address)
	if err != nil {
		return nil, err
	}
	if a.Kind == remote.KindFolder {
		if err := m.readyFolder(named, a.Path, toPush); err != nil {
			return nil, err
		}
	}
	r, err := remote.Open(ctx, a)
	if err != nil {
		return nil, named.Blame(err)
	}
	p := &Place{Remote: named, of: m, r: r}
	if err := p.begin(ctx, toPush); err != nil {
		return nil, errors.Join(named.Blame(err), r.Close())
	}
	if err := p.openObjects(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return p, nil
}

// openObjects looks at the objects of a remote, of which what is known to be damaged is passed over.
func (p *Place) openObjects(ctx context.Context) (err error) {
	cache := p.Cache()
	if p.Objects, err = store.OpenFar(ctx, p.Name, p.r, cache); err != nil {
		return err
	}
	p.memory, err = p.of.recall(ctx, p.Objects, cache)
	return err
}

// begun reports whether the place is a remote.
func (p *Place) begun(ctx context.Context) (bool, error) {
	b, err := remote.Read(ctx, p.r, formatName, 1000)
	if err == nil && string(b) != remoteFormat {
		err = noRemote(p.Address, string(b))
	}
	if notFound(err) {
		return false, nil
	}
	return err == nil, err
}

// ready checks that the place is a remote, and lists its records.
func (p *Place) ready(ctx context.Context) error {
	there, err := p.begun(ctx)
	if err == nil && !there {
		err = p.absent()
	}
	if err != nil {
		return err
	}
	return remote.Again(ctx, func() error {
		p.records = map[string]bool{}
		return p.r.List(ctx, recordsDir, func(b remote.Blob) error {
			p.records[b.Name] = true
			return nil
		})
	})
}

// Cache is where this device keeps what it knows of the remote.
func (p *Place) Cache() string { return p.of.Cache(p.Address) }

// Reopen looks at the remote anew.
func (p *Place) Reopen(ctx context.Context) error {
	if err := p.ready(ctx); err != nil {
		return p.Blame(err)
	}
	return p.openObjects(ctx)
}

// Close also remembers what was found damaged.
func (p *Place) Close() {
	p.memory.keep(p.Objects)
	p.r.Close()
}
