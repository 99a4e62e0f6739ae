package dataset

import (
	"context"
	"os"
	"time"

	"rondo/backend/errs"
	"rondo/backend/store"
)

// untouched refuses to replace what was written since it was looked at: to make much ready takes a while.
func (s *Service) untouched(ctx context.Context, p *plan) error {
	if p.force || p.fresh { // a folder that was not there comes as a whole, which takes the place of nothing
		return nil
	}
	var work []string
	n := 0
	err := p.deeds(ctx, func(d deed) error {
		ok, err := s.asItWas(ctx, p, d)
		if !ok && err == nil {
			if n++; len(work) < maxWork {
				work = append(work, d.at)
			}
		}
		return err
	})
	if err == nil && n > 0 {
		err = errs.New(errs.Conflict, "%s was written to while the files were made ready: %s", p.base, firstNamed(work, n)).
			WithHint("nothing was replaced; do it again when nothing writes there")
	}
	return err
}

// asItWas reports whether a file that a deed takes away is still the one that was looked at, or as it is to be.
func (s *Service) asItWas(ctx context.Context, p *plan, d deed) (bool, error) {
	if d.kind == turn {
		return true, nil
	}
	fi, err := os.Lstat(s.full(d.at))
	if err != nil || fi.IsDir() || !sinceThen(store.StampOf(fi), p.looked) {
		return true, nil // what does not let itself be replaced says so then
	}
	if !fi.Mode().IsRegular() {
		return false, nil
	}
	f, err := s.root.Open(d.at)
	if err != nil {
		return false, errs.Unwritten(d.at, err)
	}
	defer f.Close()
	now, _, err := store.HashOpen(ctx, f)
	return now == d.was || now == d.file.Digest, err
}

// sinceThen reports whether a file may have been written after a moment. A time may be a little behind the
// clock, and where it is in whole seconds some of these.
func sinceThen(look store.Stamp, then time.Time) bool {
	last, behind := max(look.Mtime, look.Ctime), 20*time.Millisecond
	if last%int64(time.Second) == 0 {
		behind = 2 * time.Second
	}
	return last >= then.Add(-behind).UnixNano()
}
