package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"golang.org/x/crypto/ssh"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// The person's ~/.ssh/config is read by Rondo's own package for it.
func init() { gitssh.DefaultSSHConfig = nil }

// Remote is a repository elsewhere, which is only read: commits are brought into a folder
// of one's own, and nothing is checked out, no hook, filter or submodule is looked at.
type Remote struct {
	URL   string // https://, ssh://, git:// or HOST:PATH
	Limit int64  // bytes of what one fetch may bring

	// SSH readies a session with a host as the person has it.
	SSH func(user, host, port string) (remote.Session, error)
}

// scpURL is how git writes a repository of another computer beside ssh://.
var scpURL = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([^/@:\\]+@)?([^/@:\\]{2,}):([^\\]*)$`) })

// IsRemote reports whether an address is that of a repository elsewhere.
func IsRemote(at string) bool {
	u, err := url.Parse(at)
	if err == nil && len(u.Scheme) > 1 && strings.Contains(at, "://") {
		return u.Scheme != "file"
	}
	return !filepath.IsAbs(at) && scpURL().MatchString(at)
}

// Commit finds the commit that a branch, a tag or a commit's own id is there now; the
// newest of the default branch for an empty one.
func (r Remote) Commit(ctx context.Context, dir, rev string) (string, error) {
	if fullID(rev) {
		return rev, nil
	}
	repo, err := bare(dir, r.Limit)
	if err != nil {
		return "", err
	}
	far, auth, done, err := r.open(repo)
	if err != nil {
		return "", err
	}
	defer done()
	refs, err := far.ListContext(ctx, &gogit.ListOptions{Auth: auth, PeelingOption: gogit.AppendPeeled})
	if err != nil {
		return "", r.explain(ctx, err)
	}
	if at := named(refs, rev); at != "" {
		return at, nil
	}
	if err := r.bring(ctx, repo, ""); err != nil { // a short id
		return "", err
	}
	h, err := repo.ResolveRevision(plumbing.Revision(rev))
	if err != nil {
		return "", errs.New(errs.NotFound, "%s has no branch, tag or commit %q", r.shown(), rev).WithHint("`git ls-remote %s` lists what it has", r.shown())
	}
	return h.String(), nil
}

func fullID(rev string) bool {
	return len(rev) == 40 && strings.Trim(rev, "0123456789abcdef") == ""
}

// named finds a revision among the names that a repository shows, as git looks for it.
func named(refs []*plumbing.Reference, rev string) string {
	all := map[string]*plumbing.Reference{}
	for _, ref := range refs {
		all[ref.Name().String()] = ref
	}
	names := []string{rev, "refs/" + rev, "refs/tags/" + rev, "refs/heads/" + rev}
	if rev == "" {
		names = []string{"HEAD"}
	}
	for _, name := range names {
		for _, peeled := range []string{name + "^{}", name} {
			ref := all[peeled]
			for n := 0; ref != nil && ref.Type() == plumbing.SymbolicReference && n < 8; n++ {
				ref = all[ref.Target().String()]
			}
			if ref != nil && !ref.Hash().IsZero() {
				return ref.Hash().String()
			}
		}
	}
	return ""
}

// Fetch brings a commit into the repository of its own that dir is, and makes that where
// there is none. One that is there already is not asked for again.
func (r Remote) Fetch(ctx context.Context, dir, commit string) (*Repo, error) {
	repo, err := bare(dir, r.Limit)
	if err != nil {
		return nil, err
	}
	h := plumbing.NewHash(commit)
	if _, err := repo.CommitObject(h); err != nil {
		if err := r.bring(ctx, repo, commit); err != nil {
			return nil, err
		}
		if _, err := repo.CommitObject(h); err != nil {
			return nil, errs.New(errs.NotFound, "%s has no commit %s any more", r.shown(), commit).
				WithHint("`rondo data update` of what was imported takes what is there now")
		}
	}
	return &Repo{dir: dir, top: dir, gitDir: dir, repo: repo}, nil
}

// bring asks for one commit alone, and for everything where a server does not give that.
func (r Remote) bring(ctx context.Context, repo *gogit.Repository, commit string) error {
	far, auth, done, err := r.open(repo)
	if err != nil {
		return err
	}
	defer done()
	if commit != "" {
		one := config.RefSpec(commit + ":refs/rondo/" + commit)
		err := far.FetchContext(ctx, &gogit.FetchOptions{RefSpecs: []config.RefSpec{one}, Depth: 1, Auth: auth, Tags: gogit.NoTags, Force: true})
		if err == nil || errors.Is(err, gogit.NoErrAlreadyUpToDate) {
			return nil
		}
		if ctx.Err() != nil || errs.Is(err, errs.TooLarge) {
			return r.explain(ctx, err)
		}
	}
	all := []config.RefSpec{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}
	err = far.FetchContext(ctx, &gogit.FetchOptions{RefSpecs: all, Auth: auth, Tags: gogit.NoTags, Force: true})
	if errors.Is(err, gogit.NoErrAlreadyUpToDate) {
		return nil
	}
	return r.explain(ctx, err)
}

// schemes are those that run no program of this machine: go-git's own way to a folder would
// start git.
var schemes = map[string]bool{"http": true, "https": true, "ssh": true, "git": true}

func (r Remote) open(repo *gogit.Repository) (far *gogit.Remote, auth transport.AuthMethod, done func(), err error) {
	at, err := transport.NewEndpoint(r.URL)
	if err != nil || !schemes[at.Protocol] || strings.HasPrefix(at.Host, "-") {
		return nil, nil, nil, errs.New(errs.Invalid, "%s is no address of a repository that Rondo reads", r.shown()).
			WithHint("https://, ssh://, git:// and HOST:PATH are; or clone it, and import from that folder")
	}
	far, done = gogit.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{r.URL}}), func() {}
	switch {
	case at.Protocol == "https" && at.User == "":
		if name, password, ok := netrc(at.Host); ok {
			auth = &githttp.BasicAuth{Username: name, Password: password}
		}
	case at.Protocol == "ssh":
		port := ""
		if at.Port > 0 && at.Port != 22 {
			port = fmt.Sprint(at.Port)
		}
		s, err := r.SSH(at.User, at.Host, port)
		if err != nil {
			return nil, nil, nil, err
		}
		to := (&url.URL{Scheme: "ssh", User: url.User(s.Config.User), Host: net.JoinHostPort(s.Host, s.Port), Path: at.Path}).String()
		if !strings.HasPrefix(at.Path, "/") { // in one's home, or however the other side takes it
			to = s.Config.User + "@" + s.Host + ":" + s.Port + ":" + at.Path
		}
		far = gogit.NewRemote(repo.Storer, &config.RemoteConfig{Name: "origin", URLs: []string{to}})
		return far, session{s.Config}, s.Done, nil
	}
	return far, auth, done, err
}

// session lets go-git use a session of ours.
type session struct{ c *ssh.ClientConfig }

func (s session) Name() string                             { return "ssh-public-keys" }
func (s session) String() string                           { return "your keys" }
func (s session) ClientConfig() (*ssh.ClientConfig, error) { return s.c, nil }

// shown is the address without a password.
func (r Remote) shown() string {
	if u, err := url.Parse(r.URL); err == nil && u.User != nil {
		return u.Redacted()
	}
	return r.URL
}

// explain tells what a person can do about a failure.
func (r Remote) explain(ctx context.Context, err error) error {
	var known *errs.Error
	var dial *net.OpError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case remote.Untrusted(r.shown(), err) != nil:
		return remote.Untrusted(r.shown(), err)
	case errors.Is(err, transport.ErrAuthorizationFailed):
		return errs.New(errs.Denied, "%s does not let you do that: %w", r.shown(), err).
			WithHint("ask who runs it for the right to, or see whether the name and token in ~/.netrc or the address may")
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return errs.New(errs.Denied, "%s wants a name and a password: %w", r.shown(), err).
			WithHint("put them into ~/.netrc (machine HOST login NAME password TOKEN), use its ssh address, or clone it and import from that folder; helpers of git are not asked, since they are programs")
	case strings.Contains(err.Error(), "unable to authenticate"):
		return errs.New(errs.Denied, "%s knows no key of yours: %w", r.shown(), err).
			WithHint("add a key to your agent (ssh-add), or name one by IdentityFile in ~/.ssh/config")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return errs.New(errs.NotFound, "there is no repository at %s, or none for you", r.shown()).WithHint("see what `git ls-remote %s` says", r.shown())
	case errors.As(err, &dial):
		return errs.New(errs.Unavailable, "%s cannot be reached: %w", r.shown(), err).WithHint("see whether you are online; what is in the cache already needs no network")
	}
	return errs.New(errs.Unavailable, "%s cannot be read: %w", r.shown(), err).WithHint("see what `git ls-remote %s` says", r.shown())
}

// OpenBare opens a repository without a work tree; nil where a folder is none.
func OpenBare(dir string) (*Repo, error) {
	if fi, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil || !fi.Mode().IsRegular() {
		return nil, nil
	}
	if fi, err := os.Stat(filepath.Join(dir, "objects")); err != nil || !fi.IsDir() {
		return nil, nil
	}
	repo, err := gogit.Open(storageIn(osfs.New(dir), dir), nil)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "the git repository %s cannot be read: %w", dir, err).WithHint("see what `git fsck` says there")
	}
	return &Repo{dir: dir, top: dir, gitDir: dir, repo: repo}, nil
}

// bare opens the repository of one's own in dir, or makes one; what is no whole one is made anew.
func bare(dir string, limit int64) (*gogit.Repository, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errs.New(errs.Unavailable, "%s cannot be made: %w", dir, err)
	}
	s := &limited{filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRUDefault()), limit}
	repo, err := gogit.Open(s, nil)
	if err == nil {
		return repo, nil
	}
	if repo, err = gogit.Init(s, nil); err != nil {
		return nil, errs.New(errs.Unavailable, "a repository cannot be made in %s: %w", dir, err).WithHint("see whether the disk is full; the folder may be deleted")
	}
	return repo, nil
}

// limited is a storage that takes no more than so many bytes at a time.
type limited struct {
	*filesystem.Storage
	limit int64
}

func (l *limited) PackfileWriter() (io.WriteCloser, error) {
	w, err := l.Storage.PackfileWriter()
	return &limitedWriter{w, l.limit, l.limit}, err
}

type limitedWriter struct {
	io.WriteCloser
	left, limit int64
}

func (w *limitedWriter) Write(b []byte) (int, error) {
	if w.left -= int64(len(b)); w.left < 0 {
		return 0, errs.New(errs.TooLarge, "the repository has more than %d MiB", w.limit>>20).
			WithHint("clone it, and import from that folder")
	}
	return w.WriteCloser.Write(b)
}
