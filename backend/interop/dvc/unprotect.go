package dvc

import (
	"context"
	"path"
)

// Unprotect makes what is tracked, or a file or folder in it, files of their own where they are
// links to the cache, as `dvc unprotect` does: they may then be written to.
func (p *Project) Unprotect(ctx context.Context, targets ...string) error {
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	list, err := p.choose(targets)
	if err != nil {
		return err
	}
	var all []string
	for _, o := range list {
		all = append(all, o.at)
	}
	release, err := p.locks().Claim(ctx, nil, all)
	if err != nil {
		return err
	}
	defer release()
	for _, o := range list {
		parts := o.parts
		if len(parts) == 0 {
			parts = []string{""}
		}
		for _, part := range parts {
			if err := p.unprotect(path.Join(o.at, part)); err != nil && !missing(err) {
				return err
			}
		}
	}
	return nil
}
