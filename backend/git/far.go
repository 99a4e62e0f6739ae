package git

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// What became of a name that was to be exchanged.
const (
	Moved    = "success"
	UpToDate = "up_to_date" // both sides had the same
	Diverged = "diverged"   // they have something else by that name, and it stays
)

// Far is a repository that this one exchanges names with.
type Far struct {
	near *Repo
	name string  // as it was said
	dir  *Repo   // a folder of this machine
	away *Remote // elsewhere
}

// Far opens a remote that git's settings name, an address, or a folder. Session readies one of
// ssh as the person has it.
func (r *Repo) Far(name string, toPush bool, session func(user, host, port string) (remote.Session, error)) (*Far, error) {
	if r.repo == nil {
		return nil, errs.New(errs.Precondition, "%s is in no git repository", r.dir)
	}
	s, at := r.settings(), ""
	if toPush {
		at = s.get("remote." + name + ".pushurl")
	}
	if at == "" {
		at = s.get("remote." + name + ".url")
	}
	known := at != ""
	if !known {
		at = name
	}
	f := &Far{near: r, name: name}
	if IsRemote(at) {
		f.away = &Remote{URL: at, SSH: session}
		return f, nil
	}
	if u, err := url.Parse(at); err == nil && u.Scheme == "file" {
		at = filepath.FromSlash(u.Path)
	}
	if !filepath.IsAbs(at) {
		at = filepath.Join(r.top, filepath.FromSlash(at))
	}
	if fi, err := os.Stat(at); err != nil || !fi.IsDir() {
		if known {
			return nil, errs.New(errs.Unavailable, "the git remote %s is the folder %s, which is not there", name, at).WithHint("see `git remote -v`")
		}
		return nil, errs.New(errs.NotFound, "git has no remote %s here, and it is no address and no folder", name).WithHint("`git remote -v` lists those that there are; `git remote add` makes one")
	}
	var err error
	f.dir, err = openAny(at)
	return f, err
}

// openAny opens a repository with or without a work tree.
func openAny(dir string) (*Repo, error) {
	repo, err := OpenBare(dir)
	if repo != nil || err != nil {
		return repo, err
	}
	if repo, err = Open(dir); err == nil && !repo.Exists() {
		err = errs.New(errs.NotFound, "%s is no git repository", dir).WithHint("`git init --bare` makes one")
	}
	return repo, err
}

// Refs lists the names there that begin with a prefix.
func (f *Far) Refs(ctx context.Context, prefix string) ([]Ref, error) {
	if f.dir != nil {
		return f.dir.Refs(prefix)
	}
	return f.away.refs(ctx, f.near.repo, prefix)
}

// Push makes names mean there what they mean here, and tells what became of each; of none where it fails. What has another meaning there stays, unless
// force says so or it comes before this one.
func (f *Far) Push(ctx context.Context, list []Ref, force bool) (map[string]string, error) {
	theirs, err := f.Refs(ctx, "refs/")
	if err != nil {
		return nil, err
	}
	states, send := f.near.decide(list, theirs, force)
	switch {
	case len(send) == 0:
	case f.dir != nil:
		err = f.near.give(ctx, f.dir, send)
	default:
		err = f.away.push(ctx, f.near.repo, send, force)
	}
	if err != nil {
		return nil, err
	}
	return states, nil
}

// Fetch makes names mean here what they mean there, and tells of each as Push does.
func (f *Far) Fetch(ctx context.Context, list []Ref, force bool) (map[string]string, error) {
	ours, err := f.near.Refs("refs/")
	if err != nil {
		return nil, err
	}
	states, take := f.near.decide(list, ours, force)
	switch {
	case len(take) == 0:
	case f.dir != nil:
		err = f.dir.give(ctx, f.near, take)
	default:
		err = f.away.take(ctx, f.near, take)
	}
	if err != nil {
		return nil, err
	}
	return states, nil
}

// Drop takes names away there.
func (f *Far) Drop(ctx context.Context, names []string) error {
	if f.dir == nil {
		return f.away.drop(ctx, f.near.repo, names)
	}
	for _, name := range names {
		if err := f.dir.DropRef(name); err != nil {
			return err
		}
	}
	return nil
}

// decide compares names with what the other side has.
func (r *Repo) decide(list, other []Ref, force bool) (states map[string]string, move []Ref) {
	states, there := map[string]string{}, map[string]string{}
	for _, o := range other {
		there[o.Name] = o.Commit
	}
	for _, one := range list {
		old, is := there[one.Name]
		switch {
		case old == one.Commit:
			states[one.Name] = UpToDate
			continue
		case is && !force && !r.before(old, one.Commit):
			states[one.Name] = Diverged
			continue
		}
		states[one.Name] = Moved
		move = append(move, one)
	}
	return states, move
}

const maxBefore = 10_000 // commits that are looked through for an earlier one

// before reports whether one commit leads to another, by the first parents, as far as that is known here.
func (r *Repo) before(old, commit string) bool {
	for range maxBefore {
		if commit == old {
			return true
		}
		c, err := r.LogOne(commit)
		if err != nil || len(c.Parents) == 0 {
			return false
		}
		commit = c.Parents[0]
	}
	return false
}

// give copies commits with all that they need into another repository of this machine, and then
// has their names mean them.
func (r *Repo) give(ctx context.Context, to *Repo, list []Ref) error {
	if err := r.copyTo(ctx, to, list); err != nil {
		return err
	}
	for _, one := range list {
		if err := to.SetRef(one.Name, one.Commit, "", time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// short is a name without what all of its kind begin with.
func short(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
