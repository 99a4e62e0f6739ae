package git

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// refs lists the names of a repository elsewhere that begin with a prefix.
func (r Remote) refs(ctx context.Context, repo *gogit.Repository, prefix string) (list []Ref, err error) {
	far, auth, done, err := r.open(repo)
	if err != nil {
		return nil, err
	}
	defer done()
	all, err := far.ListContext(ctx, &gogit.ListOptions{Auth: auth})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return nil, nil
	}
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	for _, one := range all {
		if name := one.Name().String(); one.Type() == plumbing.HashReference && strings.HasPrefix(name, prefix) {
			list = append(list, Ref{name, one.Hash().String()})
		}
	}
	return list, nil
}

// push has names mean there what the list says. It sends commits by their ids: of a name that is gone here meanwhile
// go-git says that all is up to date.
func (r Remote) push(ctx context.Context, repo *gogit.Repository, list []Ref, force bool) error {
	var specs []config.RefSpec
	for _, one := range list {
		spec := one.Commit + ":" + one.Name
		if force {
			spec = "+" + spec
		}
		specs = append(specs, config.RefSpec(spec))
	}
	return r.send(ctx, repo, specs)
}

func (r Remote) drop(ctx context.Context, repo *gogit.Repository, names []string) error {
	var specs []config.RefSpec
	for _, name := range names {
		specs = append(specs, config.RefSpec(":"+name))
	}
	if len(specs) == 0 {
		return nil
	}
	return r.send(ctx, repo, specs)
}

func (r Remote) send(ctx context.Context, repo *gogit.Repository, specs []config.RefSpec) error {
	far, auth, done, err := r.open(repo)
	if err != nil {
		return err
	}
	defer done()
	err = far.PushContext(ctx, &gogit.PushOptions{RefSpecs: specs, Auth: auth})
	switch {
	case err == nil, errors.Is(err, gogit.NoErrAlreadyUpToDate):
		return nil
	case strings.Contains(err.Error(), "non-fast-forward"):
		return errs.New(errs.Conflict, "%s has something else by that name since a moment ago: %w", r.shown(), err).WithHint("try again")
	case strings.HasPrefix(err.Error(), "command error"):
		return errs.New(errs.Denied, "%s does not take it: %w", r.shown(), err).WithHint("who runs it can say why; some servers take branches and tags only")
	}
	return r.explain(ctx, err)
}

// take brings commits under names of its own first, and has the names mean them when the disk has all.
func (r Remote) take(ctx context.Context, to *Repo, list []Ref) error {
	far, auth, done, err := r.open(to.repo)
	if err != nil {
		return err
	}
	defer done()
	mark := make([]byte, 8)
	_, _ = rand.Read(mark)
	var specs []config.RefSpec
	own := func(name string) string {
		return "refs/exps/temp/rondo-" + hex.EncodeToString(mark) + "-" + short(name)
	}
	for _, one := range list {
		specs = append(specs, config.RefSpec("+"+one.Name+":"+own(one.Name)))
		defer to.DropRef(own(one.Name))
	}
	err = far.FetchContext(ctx, &gogit.FetchOptions{RefSpecs: specs, Auth: auth, Tags: gogit.NoTags, Force: true})
	if err != nil && !errors.Is(err, gogit.NoErrAlreadyUpToDate) {
		return r.explain(ctx, err)
	}
	if err := to.settlePacks(); err != nil {
		return err
	}
	for _, one := range list {
		commit, err := to.Resolve(own(one.Name))
		if err != nil {
			return err
		}
		if err := to.SetRef(one.Name, commit, "", time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// settlePacks waits until the disk has the packs that have just come.
func (r *Repo) settlePacks() error {
	dir := filepath.Join(commonOf(r.gitDir), "objects", "pack")
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil // none have come
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) > time.Hour {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		err = f.Sync()
		f.Close()
		if err != nil && nativeModes {
			return errs.New(errs.Unavailable, "the git repository cannot be written: %w", err).WithHint("see whether the disk is full")
		}
	}
	return atomicfile.SyncDir(dir)
}
