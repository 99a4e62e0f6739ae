package git

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing"

	"rondo/backend/errs"
)

// Lacks reports whether what failed is that a repository lacks an object. A clone made with --filter
// leaves objects out, which only git itself would ask for when it needs them.
func Lacks(err error) bool { return errors.Is(err, plumbing.ErrObjectNotFound) }

const filled = "`git fetch --refetch --no-filter` brings what a clone with --filter has left out; of another, `git fsck` tells what is missing"

// lacking says of an object that git does not have it.
func lacking(err error) error {
	return errs.New(errs.Unavailable, "this copy of the git repository does not have it: %w", err).WithHint(filled)
}

// Shallow reports whether the history ends early here, as in a clone made with --depth.
func (r *Repo) Shallow() bool {
	if r.repo == nil {
		return false
	}
	ends, err := r.repo.Storer.Shallow()
	return err == nil && len(ends) > 0
}

// beyond are the commits that a shallow clone does not have, and that those at its end come from.
func (r *Repo) beyond() (absent []plumbing.Hash) {
	ends, err := r.repo.Storer.Shallow()
	if err != nil {
		return nil // who reads on says so
	}
	for _, end := range ends {
		c, err := r.repo.CommitObject(end)
		if err != nil {
			continue
		}
		for _, parent := range c.ParentHashes {
			if r.repo.Storer.HasEncodedObject(parent) != nil {
				absent = append(absent, parent)
			}
		}
	}
	return absent
}

// Unknown is what to do about a revision that is not known here.
func (r *Repo) Unknown(otherwise string) string {
	if r.Shallow() {
		return "the history ends early in this shallow clone, and branches and tags may be left out: `git fetch --unshallow --tags` brings them"
	}
	return otherwise
}
