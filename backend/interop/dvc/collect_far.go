package dvc

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// FarGrace is how long an object of a remote has to be known as needed by nothing before it goes:
// who pushes to it may not have committed yet, or that commit may not have come here.
const FarGrace = 24 * time.Hour

// CollectFar says what of a remote is still needed: what the folder names, and what commits do.
type CollectFar struct {
	Remote string // empty: the default one
	Revisions
	Dry   bool          // only tell
	Grace time.Duration // 0: FarGrace
}

// CollectedFar is what a remote has that nothing needs.
type CollectedFar struct {
	Needed  int       `json:"needed"` // objects that are there and needed
	Objects int       `json:"objects"`
	Bytes   int64     `json:"bytes"`
	Removed int       `json:"removed"` // of them, which were found so long ago
	Next    time.Time `json:"next"`    // when the others may go
}

// CollectFar removes objects of a remote that nothing names, as `dvc gc --cloud` does, but not at
// once: it notes them first, and removes those that a run a day before has noted already. Where it
// cannot be told what a commit or a folder needs, nothing is removed.
func (p *Project) CollectFar(ctx context.Context, in CollectFar, now time.Time) (done CollectedFar, err error) {
	unlock, err := p.lock()
	if err != nil {
		return done, err
	}
	defer unlock()
	f, err := p.openFar(ctx, in.Remote)
	if err != nil {
		return done, err
	}
	defer f.Close()
	r, is := f.(remote.Remote)
	if _, kept := f.(*versions); kept || !is {
		return done, errs.New(errs.Precondition, "nothing is removed from a remote of versions or of a web server").WithHint("a bucket removes old versions by rules of its own")
	}
	if err := p.allHistory(in.Revisions); err != nil {
		return done, err
	}
	c := &collectingFar{p: p, far: f, used: map[string]bool{}}
	if err := c.need(ctx, in.Revisions); err != nil {
		return done, err
	}
	unused, err := c.unused(ctx, r, &done)
	if err != nil {
		return done, err
	}
	if in.Grace == 0 {
		in.Grace = FarGrace
	}
	known := p.unneededIn(in.Remote)
	due := known.mark(unused, now, in.Grace, &done)
	if in.Dry {
		return done, nil
	}
	if err := known.save(p); err != nil {
		return done, err
	}
	done.Removed, err = remove(ctx, r, due)
	return done, err
}

// allHistory refuses to ask a shallow clone what commits need: it does not have those before, and
// perhaps no other branches.
func (p *Project) allHistory(in Revisions) error {
	if !in.Any() {
		return nil
	}
	repo, err := git.Open(p.Dir)
	if err == nil && repo.Shallow() {
		err = errs.New(errs.Precondition, "nothing is removed: this clone is shallow, and does not know what earlier commits and other branches need").
			WithHint("`git fetch --unshallow` first, or keep only what the folder needs: --workspace")
	}
	return err
}

// remove deletes lists of folders before what they name: a list is never there without it.
func remove(ctx context.Context, r remote.Remote, names []string) (n int, err error) {
	var gone atomic.Int64
	for _, lists := range []bool{true, false} {
		some := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasSuffix(name, ".dir") != lists })
		err := each(ctx, some, func(name string) error {
			if err := firstError(ctx.Err(), r.Delete(ctx, name)); err != nil {
				return err
			}
			gone.Add(1)
			return nil
		})
		if err != nil {
			return int(gone.Load()), err
		}
	}
	return int(gone.Load()), nil
}

// collectingFar finds out what of a remote is needed.
type collectingFar struct {
	p    *Project
	far  far
	used map[string]bool // names there
}

func (c *collectingFar) need(ctx context.Context, revs Revisions) error {
	if err := c.needOf(ctx, c.p, ""); err != nil {
		return err
	}
	return c.p.commits(ctx, revs, func(then *Project, commit string) error { return c.needOf(ctx, then, commit) })
}

// needOf notes what a commit needs; of the folder it is empty.
func (c *collectingFar) needOf(ctx context.Context, then *Project, commit string) error {
	if err := then.lacking(); err != nil {
		return errs.New(errs.Precondition, "nothing is removed: what %s needs cannot be told: %w", firstText(commit, "the folder"), err).WithHint("%s", errs.HintOf(err))
	}
	if len(then.Problems) > 0 {
		return untold(then.Problems[0].Error(), commit)
	}
	for _, o := range then.outs() {
		sum := o.entry.Sum()
		if sum == "" || o.out.NoCache || c.used[farName(metafile.MD5, sum)] {
			continue
		}
		c.keep(sum)
		if !strings.HasSuffix(sum, ".dir") {
			continue
		}
		files, err := c.list(ctx, then, o.entry)
		if err != nil {
			return untold(o.at+": "+err.Error(), commit)
		}
		for _, f := range files {
			c.keep(f.MD5)
		}
	}
	return nil
}

func untold(what, commit string) error {
	return errs.New(errs.Precondition, "nothing is removed: what is needed cannot be told: %s", atCommit(what, commit)).
		WithHint("mend that first (rondo data fetch --all-commits brings lists of folders), or keep less: --all-branches, --all-tags")
}

// keep needs an object under both names that it may have.
func (c *collectingFar) keep(sum string) {
	c.used[farName(metafile.MD5, sum)], c.used[farName(metafile.Dos2Unix, sum)] = true, true
}

// list is what a folder holds; its list is brought where only the remote has it.
func (c *collectingFar) list(ctx context.Context, then *Project, e metafile.Entry) ([]metafile.TreeFile, error) {
	files, err := then.filesOf(e)
	if !errs.Is(err, errs.NotFound) {
		return files, err
	}
	if _, err := c.p.fetchOne(ctx, c.far, cache.Object{Hash: e.Hash, MD5: e.Sum()}); err != nil {
		return nil, err
	}
	return then.filesOf(e)
}

// unused are the objects of a remote that nothing needs. What is no object stays.
func (c *collectingFar) unused(ctx context.Context, r remote.Remote, done *CollectedFar) (names []string, err error) {
	var folders []string
	for i := range 256 {
		name := fmt.Sprintf("%02x", i)
		folders = append(folders, "files/md5/"+name, name) // the layouts of DVC 3 and 2
	}
	var mu sync.Mutex
	err = each(ctx, folders, func(folder string) error {
		return r.List(ctx, folder, func(b remote.Blob) error {
			mu.Lock()
			defer mu.Unlock()
			switch _, err := objectNamed(b.Name); {
			case err != nil:
			case c.used[b.Name]:
				done.Needed++
			default:
				names = append(names, b.Name)
				done.Objects, done.Bytes = done.Objects+1, done.Bytes+b.Size
			}
			return nil
		})
	})
	return names, err
}

// unneeded is since when the objects of a remote are known to be needed by nothing.
type unneeded struct {
	at    string // its address
	since map[string]time.Time
}

// mark notes what is needed by nothing now, and returns what has been so for long enough. What is
// needed again is forgotten.
func (u *unneeded) mark(names []string, now time.Time, grace time.Duration, done *CollectedFar) (due []string) {
	before := maps.Clone(u.since)
	clear(u.since)
	for _, name := range names {
		since, known := before[name]
		if !known {
			since = now
		}
		if known && now.Sub(since) >= grace {
			due = append(due, name)
			continue
		}
		u.since[name] = since
		if next := since.Add(grace); done.Next.IsZero() || next.Before(done.Next) {
			done.Next = next
		}
	}
	slices.Sort(due)
	return due
}
