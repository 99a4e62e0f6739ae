package dvc

import (
	"context"
	"errors"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// heal replaces what is known to be damaged in the remotes that a push has opened. What the cache
// has not whole stays there as it is.
func (x *exchanging) heal(ctx context.Context) (err error) {
	for name, f := range x.open {
		if v, is := f.(*versions); is { // whose push has made other versions already
			x.done.Healed += v.known.healed
		} else if r, is := f.(remote.Remote); is {
			known := x.p.damageOf(name)
			err = errors.Join(err, x.healIn(ctx, r, known), known.save(x.p))
			x.done.Healed += known.healed
			x.done.Damaged = append(x.done.Damaged, known.list()...)
		}
	}
	return err
}

func (x *exchanging) healIn(ctx context.Context, r remote.Remote, known *farDamage) error {
	return each(ctx, known.list(), func(name string) error {
		o, err := objectNamed(name)
		if err != nil || x.p.intact(ctx, o.Hash, o.MD5) != nil {
			return nil // told as damaged still
		}
		whole, err := farWhole(ctx, r, name, o)
		if err == nil && whole { // somebody else was quicker
			known.is(name, false)
			return nil
		}
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		n, err := x.p.replaceFar(ctx, r, name, o)
		if err != nil {
			return err
		}
		known.is(name, false)
		known.replaced()
		x.mu.Lock()
		defer x.mu.Unlock()
		x.done.Objects, x.done.Bytes = x.done.Objects+1, x.done.Bytes+n
		return nil
	})
}

// otherLength reports whether what a remote has of an object is not as long as what is whole here.
func (p *Project) otherLength(ctx context.Context, o cache.Object, size int64) bool {
	info, err := p.Cache.Stat(o.Hash, o.MD5)
	return err == nil && size >= 0 && size != info.Size() && p.intact(ctx, o.Hash, o.MD5) == nil
}

// replaceFar puts an object in the place of one that is damaged, in one step, and reads it back.
func (p *Project) replaceFar(ctx context.Context, r remote.Remote, name string, o cache.Object) (int64, error) {
	file, content, err := p.Cache.Content(o)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	if err := r.Replace(ctx, name, content); err != nil {
		return 0, err
	}
	whole, err := farWhole(ctx, r, name, o)
	if err == nil && !whole {
		err = errs.New(errs.Corrupt, "%s was sent whole to the remote and is damaged there", name).WithHint("see whether the disk there is sound, and push again")
	}
	return content.Size(), err
}

// farWhole reads an object of a remote.
func farWhole(ctx context.Context, r far, name string, o cache.Object) (bool, error) {
	body, err := r.Get(ctx, name, 0, -1)
	if err != nil {
		return false, err
	}
	defer body.Close()
	got, _, err := metafile.Sum(ctx, body, o.Hash)
	return got == strings.TrimSuffix(o.MD5, ".dir"), err
}

// objectNamed is the object that has a name in a remote.
func objectNamed(name string) (cache.Object, error) {
	o := cache.Object{Hash: metafile.Dos2Unix, MD5: strings.Replace(name, "/", "", 1)}
	if in, ok := strings.CutPrefix(name, "files/md5/"); ok {
		o = cache.Object{Hash: metafile.MD5, MD5: strings.Replace(in, "/", "", 1)}
	}
	if metafile.ValidMD5(o.MD5) != "" || farName(o.Hash, o.MD5) != name {
		return o, errs.New(errs.Invalid, "%q is no name of an object", name)
	}
	return o, nil
}
