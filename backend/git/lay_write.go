package git

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/index"

	"rondo/backend/errs"
)

// Laid is what laying a commit has done to the work tree.
type Laid struct {
	Written  []string `json:"written"`
	Removed  []string `json:"removed"`
	Replaced []string `json:"replaced"`       // of those, what held changes that no commit has
	Loose    []string `json:"loose"`          // and what was untracked
	Left     []Skip   `json:"left,omitempty"` // what could not be written
}

// Write lays the files, and makes the index HEAD's. Where it is interrupted, laying again
// finishes it.
func (l *Laying) Write(ctx context.Context) (Laid, error) {
	done := l.laid()
	err := l.lay(ctx)
	for _, s := range l.out.left {
		done.Left = append(done.Left, Skip{l.told(s.Path), s.Reason})
	}
	if err != nil {
		return done, errs.New(errs.Unavailable, "the work tree is written in part only: %w", err).WithHint("see whether the disk is full, and do it again")
	}
	return done, l.repo.replaceIndex(ctx, l.rest)
}

func (l *Laying) laid() Laid {
	done := Laid{Written: []string{}, Removed: []string{}, Replaced: []string{}, Loose: []string{}}
	for _, name := range l.write {
		done.Written = append(done.Written, l.told(name))
	}
	for _, name := range l.remove {
		done.Removed = append(done.Removed, l.told(name))
	}
	for _, name := range slices.Sorted(maps.Keys(l.inTheWay)) {
		switch {
		case l.loose[name]:
			done.Loose = append(done.Loose, l.told(name))
		case l.changed[name] || l.index[name].Hash != l.were[name].Hash:
			done.Replaced = append(done.Replaced, l.told(name))
		}
	}
	return done
}

func (l *Laying) lay(ctx context.Context) error {
	for _, name := range l.remove {
		if err := l.root.Remove(name); err != nil && !gone(err) {
			return err
		}
		for dir := path.Dir(name); dir != "." && l.root.Remove(dir) == nil; dir = path.Dir(dir) {
			continue
		}
	}
	for _, name := range l.write {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.clear(name); err != nil {
			return err
		}
		if err := l.out.committed(name, l.want[name]); err != nil {
			return err
		}
	}
	return nil
}

// clear takes away files and links above a name, through which it would be written
// elsewhere, and a folder in its place.
func (l *Laying) clear(name string) error {
	parts := strings.Split(name, "/")
	for i := 1; i < len(parts); i++ {
		dir := strings.Join(parts[:i], "/")
		if fi, err := l.root.Lstat(dir); err == nil && !fi.IsDir() {
			if err := l.root.Remove(dir); err != nil {
				return err
			}
		}
	}
	if fi, err := l.root.Lstat(name); err == nil && fi.IsDir() {
		return l.root.RemoveAll(name)
	}
	return nil
}

// rest makes the index what HEAD has. What it remembers of files that were not touched stays,
// unless they may have changed in the same tick of the clock in which it was written.
func (l *Laying) rest(now *index.Index) {
	old := map[string]*index.Entry{}
	for _, e := range now.Entries {
		if !e.IntentToAdd && e.ModifiedAt.Before(now.ModTime) {
			old[e.Name] = e
		}
	}
	touched := map[string]bool{}
	for _, name := range l.write {
		touched[name] = true
	}
	var list []*index.Entry
	for name, e := range l.were {
		one := old[name]
		if one == nil || one.Hash != e.Hash || one.Mode != e.Mode || touched[name] {
			one = &index.Entry{Name: name, Hash: e.Hash, Mode: e.Mode}
		}
		list = append(list, one)
	}
	now.Entries = list
}
