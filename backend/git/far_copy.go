package git

import (
	"context"
	"errors"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"rondo/backend/errs"
)

// copying is the way of commits and what they need from one repository to another.
type copying struct {
	from, to *Repo
	known    map[plumbing.Hash]bool // what is whole there, or was copied
	made     []plumbing.Hash
}

// copyTo copies commits up to those that a name of the other repository leads to. An object that
// merely lies there may lack what it needs, so it is not relied upon.
func (r *Repo) copyTo(ctx context.Context, to *Repo, list []Ref) error {
	c := &copying{from: r, to: to, known: map[plumbing.Hash]bool{}}
	refs, err := to.Refs("refs/")
	if err != nil {
		return err
	}
	ends := []string{"HEAD"}
	for _, one := range refs {
		ends = append(ends, one.Commit)
	}
	whole, err := to.Log(ends, 0)
	if err != nil {
		return err
	}
	for _, w := range whole {
		c.known[plumbing.NewHash(w.Commit)] = true
	}
	for _, one := range list {
		if err := c.commits(ctx, plumbing.NewHash(one.Commit)); err != nil {
			return c.failed(err)
		}
	}
	return c.failed(to.settle(c.made))
}

func (c *copying) failed(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.New(errs.Unavailable, "the git repository %s cannot be written: %w", c.to.dir, err).WithHint("see whether the disk is full, and whose the folder is")
}

// commits copies a commit and those before it, what each needs first.
func (c *copying) commits(ctx context.Context, tip plumbing.Hash) error {
	open := []plumbing.Hash{tip}
	for len(open) > 0 {
		h := open[len(open)-1]
		open = open[:len(open)-1]
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.known[h] {
			continue
		}
		commit, err := c.from.repo.CommitObject(h)
		if err != nil {
			return unreadable(err)
		}
		for _, p := range commit.ParentHashes {
			if c.known[p] {
				c.knowTree(p)
			} else {
				open = append(open, p)
			}
		}
		if err := c.tree(ctx, commit.TreeHash); err != nil {
			return err
		}
		if err := c.one(plumbing.CommitObject, h); err != nil {
			return err
		}
	}
	return nil
}

// knowTree notes what a commit has that is whole there, which most of the next one is.
func (c *copying) knowTree(commit plumbing.Hash) {
	if at, err := c.to.repo.CommitObject(commit); err == nil {
		c.know(at.TreeHash)
	}
}

func (c *copying) know(h plumbing.Hash) {
	t, err := c.to.repo.TreeObject(h)
	if err != nil || c.known[h] {
		return
	}
	c.known[h] = true
	for _, e := range t.Entries {
		if e.Mode == filemode.Dir {
			c.know(e.Hash)
		} else {
			c.known[e.Hash] = true
		}
	}
}

func (c *copying) tree(ctx context.Context, h plumbing.Hash) error {
	if c.known[h] {
		return ctx.Err()
	}
	t, err := object.GetTree(c.from.repo.Storer, h)
	if err != nil {
		return unreadable(err)
	}
	for _, e := range t.Entries {
		switch {
		case e.Mode == filemode.Submodule:
			continue
		case e.Mode == filemode.Dir:
			err = c.tree(ctx, e.Hash)
		default:
			err = c.one(plumbing.BlobObject, e.Hash)
		}
		if err != nil {
			return err
		}
	}
	return c.one(plumbing.TreeObject, h)
}

// one copies an object, unless it lies there.
func (c *copying) one(kind plumbing.ObjectType, h plumbing.Hash) error {
	if c.known[h] {
		return nil
	}
	c.known[h] = true
	if c.to.repo.Storer.HasEncodedObject(h) == nil {
		c.made = append(c.made, h)
		return nil
	}
	o, err := c.from.repo.Storer.EncodedObject(kind, h)
	if err != nil {
		return unreadable(err)
	}
	c.made = append(c.made, h)
	_, err = c.to.repo.Storer.SetEncodedObject(o)
	return err
}
