package dvc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// Exchange says what to bring from a remote of DVC's or to it.
type Exchange struct {
	Remote   string // empty: the default one, or the one that an out names
	RunCache bool   // also what the run cache notes of runs
	Selection
	Revisions
}

// Exchanged is what was moved.
type Exchanged struct {
	Objects int      `json:"objects"`
	Bytes   int64    `json:"bytes"`
	There   int      `json:"there"`              // were on both sides already
	Missing []string `json:"missing"`            // paths of which one side lacks something
	Waiting []string `json:"waiting,omitempty"`  // folders of which a part was pushed; their lists follow with the rest
	Runs    int      `json:"runs,omitempty"`     // notes of the run cache that were moved
	BadRuns []string `json:"bad_runs,omitempty"` // those that are damaged, and stayed
	Healed  int      `json:"healed,omitempty"`   // objects that were known to be damaged there and are whole now
	Damaged []string `json:"damaged,omitempty"`  // those that are damaged there still: what of them is here is not whole
	Broken  []string `json:"broken,omitempty"`   // paths of which the remote's content is damaged: they were not brought
	Unread  []string `json:"unread,omitempty"`   // commits of which a file cannot be read, and what is wrong

	bad  map[cache.Object]bool // of one out: what the remote has damaged
	gone map[cache.Object]bool // and what it lacks

	ahead *ahead // of all outs
}

// Fetch brings objects that the cache lacks, each compared with its hash when it arrives.
// What the remote lacks is in Missing, what it has damaged in Broken; both are an error, and
// the rest has come.
func (p *Project) Fetch(ctx context.Context, in Exchange) (done Exchanged, err error) {
	return p.exchange(ctx, in, true, func(ctx context.Context, f far, o tracked, done *Exchanged) error {
		if v, ok := f.(*versions); ok {
			return v.fetch(ctx, o, done)
		}
		all := []cache.Object{{Hash: o.entry.Hash, MD5: o.entry.Sum()}}
		if err := p.fetchAll(ctx, f, all, done); err != nil || !strings.HasSuffix(o.entry.MD5, ".dir") || len(done.bad) > 0 {
			return err
		}
		files, err := p.asked(o)
		if err != nil {
			return err
		}
		return p.fetchAll(ctx, f, objectsOf(o.entry.Hash, files), done)
	})
}

// Push copies objects that the remote lacks: files before the list of their folder, so that
// a list is never there without them. Where the remote keeps versions, their ids are noted
// in the .dvc files and locks.
func (p *Project) Push(ctx context.Context, in Exchange) (done Exchanged, err error) {
	var pushed []pushedOut
	done, err = p.exchange(ctx, in, false, func(ctx context.Context, f far, o tracked, done *Exchanged) error {
		if v, ok := f.(*versions); ok {
			e, err := v.push(ctx, o, done)
			pushed = append(pushed, pushedOut{o, e})
			return err
		}
		if strings.HasSuffix(o.entry.MD5, ".dir") {
			files, err := p.asked(o)
			if err == nil {
				err = p.pushAll(ctx, f, objectsOf(o.entry.Hash, files), done)
			}
			if err != nil {
				return err
			}
			if whole, err := p.pushedAll(ctx, f, o); err != nil {
				return err
			} else if !whole {
				done.Waiting = append(done.Waiting, o.at)
				return nil
			}
		}
		return p.pushAll(ctx, f, []cache.Object{{Hash: o.entry.Hash, MD5: o.entry.Sum()}}, done)
	})
	return done, errors.Join(err, p.noteVersions(pushed))
}

// mover moves what an out needs.
type mover func(context.Context, far, tracked, *Exchanged) error

func objectsOf(hash string, files []metafile.TreeFile) []cache.Object {
	all := map[cache.Object]bool{}
	for _, f := range files {
		all[cache.Object{Hash: hash, MD5: f.MD5}] = true
	}
	return slices.Collect(maps.Keys(all))
}

func (p *Project) exchange(ctx context.Context, in Exchange, bring bool, move mover) (Exchanged, error) {
	x := &exchanging{p: p, in: in, bring: bring, move: move, open: map[string]far{}, failed: map[string]bool{}, untold: map[string]error{}, ahead: newAhead(), done: Exchanged{Missing: []string{}}}
	x.done.ahead = x.ahead
	defer func() {
		for _, f := range x.open {
			f.Close()
		}
	}()
	if in.RunCache {
		if err := x.runs(ctx); err != nil {
			return x.done, err
		}
	}
	seen := map[string]bool{}
	unread, err := p.over(ctx, in.Selection, in.Revisions, func(then *Project, commit string, list []tracked) error {
		x.p, x.commit = then, commit
		list = slices.DeleteFunc(slices.Clone(list), func(o tracked) bool {
			was := seen[o.key()]
			seen[o.key()] = true
			return was
		})
		return x.all(ctx, list)
	})
	x.done.Unread = unread
	if !bring && err == nil {
		x.p = p
		err = x.heal(ctx)
	}
	switch {
	case err != nil:
		return x.done, err
	case x.closed != nil:
		return x.done, x.closed
	case len(x.done.Broken) > 0:
		return x.done, x.broken()
	case len(x.done.Missing) > 0:
		return x.done, x.incomplete()
	case len(x.done.Damaged) > 0 && len(in.Targets) == 0:
		return x.done, errs.New(errs.Corrupt, "damaged in the remote, and not whole in the cache here: %s", fewOf(x.done.Damaged)).
			WithHint("push it from where it is whole, after a `rondo data verify --remote` there")
	}
	return x.done, nil
}

// all moves outs, so that each tells what it lacks.
func (x *exchanging) all(ctx context.Context, list []tracked) error {
	if err := x.forward(ctx, list); err != nil {
		return err
	}
	for _, o := range list {
		if err := x.one(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// passesOver reports whether an out is nothing to move, or belongs to another remote.
func (x *exchanging) passesOver(o tracked) bool {
	elsewhere := x.in.Remote != "" && o.out.Remote != "" && o.out.Remote != x.in.Remote
	return o.out.NoCache || elsewhere || o.out.NoPush && !x.bring
}

// one moves an out, unless there is nothing to move.
func (x *exchanging) one(ctx context.Context, o tracked) error {
	switch {
	case x.passesOver(o):
		return nil
	case o.entry.MD5 == "" && !(x.bring && x.p.imported(o) && x.commit == ""):
		return nil
	}
	err := x.out(ctx, o)
	return firstError(x.p.unknown(o), err)
}

// incomplete names what is not there, and why where more is known than that.
func (x *exchanging) incomplete() error {
	what := fewOf(x.done.Missing)
	if x.absent != nil && errs.HintOf(x.absent) != "" {
		return errs.New(errs.NotFound, "not everything is there: %s: %w", what, x.absent).WithHint("%s", errs.HintOf(x.absent))
	}
	return errs.New(errs.NotFound, "not everything is there: %s", what).WithHint("who has it can push it: dvc push, or rondo data push")
}

const maxTold = 20 // paths in one message

func fewOf(names []string) string {
	if more := len(names) - maxTold; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxTold], ", "), more)
	}
	return strings.Join(names, ", ")
}

// exchanging is an exchange that goes on. What can be brought is, although the remote of
// something else cannot be opened: the first of such errors is told at the end.
type exchanging struct {
	p      *Project // as the folder has it, or a commit
	commit string
	in     Exchange
	bring  bool
	move   mover
	open   map[string]far
	failed map[string]bool
	untold map[string]error // why a remote cannot be opened, which none of its outs has told yet
	ahead  *ahead
	closed error
	absent error // why something was missing, the first time
	mu     sync.Mutex
	done   Exchanged
}

func (x *exchanging) out(ctx context.Context, o tracked) error {
	d := x.p.importOf(o)
	if d != nil && !x.bring { // DVC keeps it where it comes from, and in no remote
		return nil
	}
	if x.bring && o.entry.MD5 == "" {
		return x.partial(ctx, o, d)
	}
	if x.bring && !x.movedAhead(o) {
		if n, has, err := x.p.has(ctx, o); has || err != nil {
			x.done.There += n
			return err
		}
	}
	var f far
	var err error
	if d != nil {
		var s *source
		if s, err = x.p.openSource(ctx, o, d); err == nil {
			defer s.Close()
			f = s
		}
	} else {
		f, err = x.farOf(ctx, o)
		if why := x.untold[x.remoteOf(o)]; why != nil && f == nil {
			delete(x.untold, x.remoteOf(o))
			err = why
		}
	}
	if f == nil || err != nil {
		if came, gone := x.fromAddress(ctx, o); came || gone != nil {
			return gone
		}
		if x.bring && (errs.Is(err, errs.NotFound) || errs.Is(err, errs.Precondition) || errs.Is(err, errs.Unavailable)) {
			x.closed, err = firstError(x.closed, err), nil
		}
		return err
	}
	x.done.bad, x.done.gone = map[cache.Object]bool{}, map[cache.Object]bool{}
	if s, ok := f.(*source); ok && (s.is.Hash != o.entry.Hash || len(s.hashes) > 0) {
		err = x.sameHere(ctx, s, o)
	} else {
		err = x.move(ctx, f, o, &x.done)
	}
	x.sayBroken(o)
	if errs.Is(err, errs.NotFound) {
		if came, gone := x.fromAddress(ctx, o); came || gone != nil {
			return gone
		}
		x.done.Missing = append(x.done.Missing, x.goneOf(o)...)
		x.absent = firstError(x.absent, err)
		return nil
	}
	return err
}

// remoteOf is the name of an out's remote; empty: the default one.
func (x *exchanging) remoteOf(o tracked) string { return cmp.Or(x.in.Remote, o.out.Remote) }

// farOf opens the remote of an out, once; none where that has failed before.
func (x *exchanging) farOf(ctx context.Context, o tracked) (far, error) {
	return x.openFar(ctx, x.remoteOf(o))
}

func (x *exchanging) openFar(ctx context.Context, name string) (far, error) {
	if f := x.open[name]; f != nil || x.failed[name] {
		return f, nil
	}
	if !x.bring {
		if err := x.p.makeFar(name); err != nil {
			return nil, err
		}
	}
	f, err := x.p.openFar(ctx, name)
	if err != nil {
		x.failed[name] = true
		return nil, err
	}
	x.open[name] = f
	if !x.bring {
		err = manyVersions(f, name, x.in.Revisions)
	}
	return f, err
}

const movers = remote.SideBySide // objects at one time

// each calls fn for all, some at a time, and returns the first error of the worst kind.
func each[T any](ctx context.Context, all []T, fn func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work, failed := make(chan T), make(chan error, movers)
	var wait sync.WaitGroup
	for range min(movers, len(all)) {
		wait.Go(func() {
			var absent error
			for o := range work {
				if err := fn(o); errs.Is(err, errs.NotFound) {
					absent = err // the others may be there
				} else if err != nil {
					cancel()
					failed <- err
					return
				}
			}
			failed <- absent
		})
	}
	for _, o := range all {
		select {
		case work <- o:
		case <-ctx.Done():
		}
	}
	close(work)
	wait.Wait()
	close(failed)
	var absent error
	for err := range failed {
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		absent = errors.Join(absent, err)
	}
	if absent != nil {
		return errs.New(errs.NotFound, "%w", absent)
	}
	return ctx.Err()
}

func (p *Project) fetchAll(ctx context.Context, f far, all []cache.Object, done *Exchanged) error {
	var mu sync.Mutex
	return each(ctx, all, func(o cache.Object) error {
		n, came, err := done.ahead.told(o)
		if !came && err == nil {
			n, came, err = p.fetchLacking(ctx, f, o)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errs.Is(err, errs.Corrupt) && done.bad != nil:
			done.bad[o] = true
			return nil // the others may be whole
		case errs.Is(err, errs.NotFound) && done.gone != nil:
			done.gone[o] = true
		case err == nil && came:
			done.Objects, done.Bytes = done.Objects+1, done.Bytes+n
		case err == nil:
			done.There++
		}
		return err
	})
}

// fetchLacking brings an object unless the cache has it.
func (p *Project) fetchLacking(ctx context.Context, f far, o cache.Object) (n int64, came bool, err error) {
	if ok, err := p.Cache.Holds(ctx, o.Hash, o.MD5); ok || err != nil {
		return 0, false, err
	}
	n, err = p.fetchOne(ctx, f, o)
	return n, err == nil, err
}

// fetchOne brings an object, again where the connection fails.
func (p *Project) fetchOne(ctx context.Context, f far, o cache.Object) (n int64, err error) {
	err = remote.Again(ctx, func() error {
		body, err := f.Get(ctx, farName(o.Hash, o.MD5), 0, -1)
		if err != nil {
			return err
		}
		defer body.Close()
		n, err = p.admit(ctx, countOf(ctx).reading(body), o)
		return err
	})
	countOf(ctx).moved()
	return n, err
}

func (p *Project) pushAll(ctx context.Context, f far, all []cache.Object, done *Exchanged) error {
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = farName(o.Hash, o.MD5)
	}
	there, err := done.ahead.look(ctx, f, names)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	return each(ctx, all, func(o cache.Object) error {
		name := farName(o.Hash, o.MD5)
		size, is := there[name]
		r, replaces := f.(remote.Remote)
		n, sent, err := done.ahead.told(o)
		healed := false
		switch {
		case sent || err != nil:
		case is && replaces && p.otherLength(ctx, o, size):
			n, err = p.replaceFar(ctx, r, name, o)
			healed = err == nil
		case is:
			mu.Lock()
			done.There++
			mu.Unlock()
			return nil
		default:
			n, err = p.pushOne(ctx, f, o)
			err = done.ahead.sent(f, o, n, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if healed {
			done.Healed++
		}
		if err == nil {
			done.Objects, done.Bytes = done.Objects+1, done.Bytes+n
		}
		return err
	})
}

// pushOne reads an object whole first: nothing damaged is passed on.
func (p *Project) pushOne(ctx context.Context, f far, o cache.Object) (int64, error) {
	if err := p.intact(ctx, o.Hash, o.MD5); err != nil {
		return 0, err
	}
	file, content, err := p.Cache.Content(o)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	defer countOf(ctx).moved()
	err = remote.Again(ctx, func() error {
		_, err := f.Put(ctx, farName(o.Hash, o.MD5), io.NewSectionReader(content, 0, content.Size()))
		return err
	})
	if err == nil {
		countOf(ctx).bytes.Add(content.Size())
	}
	return content.Size(), err
}
