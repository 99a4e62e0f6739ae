package dvc

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// berth is the folder beside a target in which what comes for it is collected. It is named after
// where that comes from and goes to, so that the same call finds it again.
type berth struct {
	dir  string
	root *os.Root
	lock *atomicfile.Lock
}

const (
	tagsName = "tags.json" // in a berth: the tag of each file that was begun
	lockName = "lock"
)

// openBerth makes it, or one of its own for a call while the same is going on.
func openBerth(from, to string) (b *berth, err error) {
	key := ref.Of([]byte(from + "\x00" + filepath.Base(to))).String()[:16]
	b = &berth{dir: filepath.Join(filepath.Dir(to), ".rondo-"+key)}
	if err = os.MkdirAll(b.dir, 0o755); err == nil {
		b.lock, err = atomicfile.TryLock(filepath.Join(b.dir, lockName))
	}
	if err != nil {
		b.dir = filepath.Join(filepath.Dir(to), ".rondo-"+ref.NewID())
		if err := os.MkdirAll(b.dir, 0o755); err != nil {
			return nil, err
		}
	}
	b.root, err = os.OpenRoot(b.dir)
	return b, err
}

// ready keeps what has come of files that are still the same, and removes the rest.
func (b *berth) ready(files []arriving) error {
	was, now := b.tags(), map[string]string{}
	for _, f := range files {
		now[f.path] = f.tag
	}
	for at, tag := range was {
		if tag != "" && now[at] == tag {
			continue
		}
		if err := b.root.RemoveAll(path.Join(arrived, at)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(b.dir, tagsName), text, 0o644)
}

// tags are those of an earlier call; what cannot be read is none.
func (b *berth) tags() map[string]string {
	was := map[string]string{}
	text, err := os.ReadFile(filepath.Join(b.dir, tagsName))
	if err != nil || json.Unmarshal(text, &was) != nil {
		_ = b.root.RemoveAll(arrived)
		return map[string]string{}
	}
	return was
}

// holds reports whether anything has come.
func (b *berth) holds() (some bool) {
	_ = fs.WalkDir(b.root.FS(), arrived, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			info, err := e.Info()
			some = err == nil && info.Size() > 0
		}
		if some {
			return fs.SkipAll
		}
		return nil
	})
	return some
}

// close removes the folder, unless the same call can go on with what is in it.
func (b *berth) close(err error) error {
	passes := errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Denied) || errors.Is(err, context.Canceled)
	keep := b.lock != nil && passes && b.holds()
	b.root.Close()
	if !keep {
		_ = os.RemoveAll(b.dir) // while it is locked, where that can be
	}
	if b.lock != nil {
		_ = b.lock.Unlock()
	}
	if !keep {
		_ = os.Remove(filepath.Join(b.dir, lockName))
		_ = os.Remove(b.dir)
		return err
	}
	var known *errs.Error
	if errors.As(err, &known) {
		hint := "what has come is kept in " + b.dir + ", and the same again goes on from there"
		if known.Hint != "" {
			hint = known.Hint + "; " + hint
		}
		return errs.New(known.Kind, "%w", err).WithHint("%s", hint)
	}
	return err
}
