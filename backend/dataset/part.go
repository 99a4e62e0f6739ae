package dataset

import (
	"cmp"
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/store"
)

const maxPart = 1000 // paths that one call may name

// choose returns the paths of a part as the snapshot has them, for those that a person gave:
// in the dataset, or in the project, where the dataset lies at base. Each stands for a file
// or a folder; none mean all.
func choose(ctx context.Context, l *store.Listing, base string, snap Snapshot, paths []string) (part []string, err error) {
	if len(paths) > maxPart {
		return nil, errs.New(errs.TooLarge, "%d paths are more than the %d that one call takes", len(paths), maxPart).WithHint("name the folder that they lie in")
	}
	for _, given := range paths {
		one := path.Clean(filepath.ToSlash(given))
		if one == "." || one == base {
			return nil, nil // which is all of it
		}
		found, err := holds(ctx, l, one, strings.TrimPrefix(one, base+"/"))
		if err != nil {
			return nil, err
		}
		if found == "" {
			return nil, noSuchPart(ctx, l, snap, given, one)
		}
		part = append(part, found)
	}
	return together(part, nil), nil
}

// holds returns the first of the names that the snapshot has a file or folder of.
func holds(ctx context.Context, l *store.Listing, names ...string) (string, error) {
	for _, name := range slices.Compact(names) {
		if name == "" || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		_, ok, err := l.Find(ctx, name)
		if err == nil && !ok {
			ok, err = l.HasFolder(ctx, name)
		}
		if ok || err != nil {
			return name, err
		}
	}
	return "", nil
}

// noSuchPart says that a path names nothing, and what may have been meant.
func noSuchPart(ctx context.Context, l *store.Listing, snap Snapshot, given, one string) error {
	err := errs.New(errs.NotFound, "%s holds no %s", snap.Ref(), given)
	switch {
	case !filepath.IsLocal(filepath.FromSlash(one)):
		return err.WithHint("name a file or folder in the dataset; this leads out of it")
	case strings.ContainsAny(one, "*?["):
		return err.WithHint("paths are taken as they are, not as patterns: name the folder that the files lie in")
	}
	if near := nearPath(ctx, l, one); near != "" {
		return err.WithHint("did you mean %s? `rondo data files %s` lists its files", near, snap.Ref())
	}
	return err.WithHint("`rondo data files %s` lists its files", snap.Ref())
}

const maxNear = 10_000 // names in a folder that are looked at

// nearPath is the path in the tree that is like one that is not there, up to where the two part.
func nearPath(ctx context.Context, l *store.Listing, one string) string {
	dir, rest := "", one
	for {
		name, below, more := strings.Cut(rest, "/")
		at := path.Join(dir, name)
		if ok, err := l.HasFolder(ctx, at); !more || !ok || err != nil {
			near := project.Nearest(name, namesIn(ctx, l, dir))
			if near == "" {
				return ""
			}
			found, _ := holds(ctx, l, path.Join(dir, near, below))
			return cmp.Or(found, path.Join(dir, near))
		}
		dir, rest = at, below
	}
}

// namesIn lists what lies in a folder of the tree.
func namesIn(ctx context.Context, l *store.Listing, dir string) (names []string) {
	for f, err := range l.All(ctx) {
		if err != nil || len(names) >= maxNear {
			return names
		}
		rel, below := strings.CutPrefix("/"+f.Path, strings.TrimSuffix("/"+dir, "/")+"/")
		if name, _, _ := strings.Cut(rel, "/"); below && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	return names
}
