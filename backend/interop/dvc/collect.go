package dvc

import (
	"context"
	"strings"

	"rondo/backend/errs"
)

// Collect says what of the cache is still needed: what the folder names, and what commits do.
type Collect struct {
	Revisions
	Dry bool // only count
}

// Collected is what was not needed any more.
type Collected struct {
	Removed int   `json:"removed"` // objects
	Bytes   int64 `json:"bytes"`
}

// Collect removes objects of the cache that nothing names, as `dvc gc` does. Where it cannot
// be told what a folder holds, because its list is not in the cache, nothing is removed.
func (p *Project) Collect(ctx context.Context, in Collect) (Collected, error) {
	unlock, err := p.lock()
	if err != nil {
		return Collected{}, err
	}
	defer unlock()
	used := map[string]bool{}
	if len(p.Problems) > 0 {
		return Collected{}, p.Problems[0]
	}
	if err := p.use(used, "the folder"); err != nil {
		return Collected{}, err
	}
	if err := p.commits(ctx, in.Revisions, func(then *Project, commit string) error { return then.use(used, commit) }); err != nil {
		return Collected{}, err
	}
	if !in.Dry {
		p.tidy()
	}
	done, err := p.Cache.Sweep(ctx, used, in.Dry)
	return Collected(done), err
}

// use notes the objects that the project names, with what is in folders.
func (p *Project) use(used map[string]bool, what string) error {
	if err := p.lacking(); err != nil {
		return errs.New(errs.Precondition, "nothing is removed: what %s needs cannot be told: %w", what, err).WithHint("%s", errs.HintOf(err))
	}
	for _, o := range p.outs() {
		sum := o.entry.Sum()
		if sum == "" || o.out.NoCache {
			continue
		}
		key := o.entry.Hash + " " + sum
		if used[key] {
			continue
		}
		used[key] = true
		if !strings.HasSuffix(sum, ".dir") {
			continue
		}
		files, err := p.filesOf(o.entry)
		if err != nil && what == "the folder" {
			return errs.New(errs.Precondition, "nothing is removed: what %s holds cannot be told: %w", o.at, err).
				WithHint("bring its list from a remote first: rondo data fetch")
		}
		for _, f := range files {
			used[o.entry.Hash+" "+f.MD5] = true
		}
	}
	return nil
}
