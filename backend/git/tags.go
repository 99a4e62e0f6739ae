package git

import (
	"context"
	"errors"
	"strings"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

// Tag is a tag that was made with a message, and so knows when.
type Tag struct {
	Name   string // without refs/tags/
	Commit string
	When   time.Time
}

// Tags lists the tags that were made with a message.
func (r *Repo) Tags() (list []Tag, err error) {
	refs, err := r.Refs("refs/tags/")
	for _, ref := range refs {
		is, err := r.repo.Reference(plumbing.ReferenceName(ref.Name), true)
		if err != nil {
			continue // it has just been taken away
		}
		if tag, err := r.repo.TagObject(is.Hash()); err == nil {
			list = append(list, Tag{strings.TrimPrefix(ref.Name, "refs/tags/"), ref.Commit, tag.Tagger.When.UTC()})
		}
	}
	return list, err
}

// Tags lists the tags of a repository elsewhere that were made with a message, without when.
func (r Remote) Tags(ctx context.Context, dir string) (list []Tag, err error) {
	repo, err := bare(dir, r.Limit)
	if err != nil {
		return nil, err
	}
	far, auth, done, err := r.open(repo)
	if err != nil {
		return nil, err
	}
	defer done()
	refs, err := far.ListContext(ctx, &gogit.ListOptions{Auth: auth, PeelingOption: gogit.OnlyPeeled})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) {
		return nil, nil
	}
	if err != nil {
		return nil, r.explain(ctx, err)
	}
	for _, one := range refs {
		if name, is := strings.CutPrefix(strings.TrimSuffix(one.Name().String(), "^{}"), "refs/tags/"); is {
			list = append(list, Tag{Name: name, Commit: one.Hash().String()})
		}
	}
	return list, nil
}

// Top is the folder of the work tree, or of a repository without one.
func (r *Repo) Top() string { return r.top }

// Inside is a path of the folder that the repository was opened in, from the top.
func (r *Repo) Inside(at string) string { return r.inTop(at) }
