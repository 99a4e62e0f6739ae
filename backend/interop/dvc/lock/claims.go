package lock

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

const claimsFile = tmp + "/rwlock"

// claims is .dvc/tmp/rwlock: which process works with which paths while commands run
// and nobody holds the lock of the whole project.
type claims struct {
	Write map[string]process   `json:"write,omitempty"`
	Read  map[string][]process `json:"read,omitempty"`
}

type process struct {
	PID int    `json:"pid"`
	Cmd string `json:"cmd"`
}

// Claim says, as dvc does, that this process reads and writes paths of the project, until
// release is called. A living process that stands in the way is an error; what a dead one
// has left is taken away.
func (l Folder) Claim(ctx context.Context, read, write []string) (release func(), err error) {
	me := self()
	read, write = l.absolute(read), l.absolute(write)
	err = l.edit(ctx, func(s *claims) error {
		if who := s.blocker(me, slices.Concat(read, write), write); who != nil {
			return l.blocked(who)
		}
		for _, r := range read {
			if !slices.Contains(s.Read[r], me) {
				s.Read[r] = append(s.Read[r], me)
			}
		}
		for _, w := range write {
			s.Write[w] = me
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func() {
		_ = l.edit(context.WithoutCancel(ctx), func(s *claims) error { s.drop(me, read, write); return nil })
	}, nil
}

func (l Folder) absolute(list []string) []string {
	out := make([]string, len(list))
	for i, at := range list {
		if out[i] = filepath.FromSlash(at); !filepath.IsAbs(at) {
			out[i] = filepath.Join(l.Dir, out[i])
		}
	}
	return out
}

func (l Folder) edit(ctx context.Context, change func(s *claims) error) error {
	unlock, err := l.Take(ctx, guard, Tries)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := l.claims()
	if err != nil {
		return err
	}
	if err := change(&s); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// Not synced: after a power cut no process is left that could have claimed anything.
	own := path.Join(l.Own, ref.NewID())
	if err = l.Root.MkdirAll(l.Own, 0o755); err == nil {
		defer l.Root.Remove(own)
		err = l.Root.WriteFile(own, b, 0o644)
	}
	if err == nil {
		err = l.Root.Rename(own, claimsFile)
	}
	if err != nil {
		return cannotWrite(claimsFile, err)
	}
	return nil
}

// claims reads who works with what. An empty file is one that a power cut has left.
func (l Folder) claims() (s claims, err error) {
	b, err := l.Read(claimsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if len(b) > 0 && json.Unmarshal(b, &s) != nil {
		return s, errs.New(errs.Corrupt, "%s, in which DVC and Rondo say what they work with, cannot be read", claimsFile).
			WithHint("%sif no dvc and no rondo runs here, remove %s", l.age(claimsFile, false), filepath.Join(l.Dir, filepath.FromSlash(claimsFile)))
	}
	if s.Write == nil {
		s.Write = map[string]process{}
	}
	if s.Read == nil {
		s.Read = map[string][]process{}
	}
	return s, nil
}

// Unclaimed is an error where another living process works with what would be read or
// written. The project's lock must be held, without which nobody claims anything.
func (l Folder) Unclaimed(read, write []string) error {
	s, err := l.claims()
	if err != nil {
		return err
	}
	read, write = l.absolute(read), l.absolute(write)
	if who := s.blocker(self(), slices.Concat(read, write), write); who != nil {
		return l.blocked(who)
	}
	return nil
}

func self() process { return process{os.Getpid(), strings.Join(os.Args, " ")} }

// other reports whether a claim is of another process that lives: one that had this number, and was
// started in another way, is no more.
func (me process) other(who process) bool { return who.PID != me.PID && alive(who.PID) }

type blocking struct {
	process
	path string
}

func (l Folder) blocked(b *blocking) error {
	return errs.New(errs.Unavailable, "DVC is working with %s: process %d, `%s`", b.path, b.PID, b.Cmd).
		WithHint("%stry again when process %d has ended; if that is something else by now, remove %s", l.age(claimsFile, false), b.PID, filepath.Join(l.Dir, filepath.FromSlash(claimsFile)))
}

// blocker finds a living process that writes one of all or reads one of write.
func (s *claims) blocker(me process, all, write []string) *blocking {
	for at, who := range s.Write {
		switch {
		case who == me || !slices.ContainsFunc(all, func(p string) bool { return overlap(p, at) }):
		case me.other(who):
			return &blocking{who, at}
		default:
			delete(s.Write, at)
		}
	}
	for at, list := range s.Read {
		if !slices.ContainsFunc(write, func(p string) bool { return overlap(p, at) }) {
			continue
		}
		list = slices.DeleteFunc(list, func(who process) bool { return who != me && !me.other(who) })
		if i := slices.IndexFunc(list, func(who process) bool { return who != me }); i >= 0 {
			return &blocking{list[i], at}
		}
		if s.Read[at] = list; len(list) == 0 {
			delete(s.Read, at)
		}
	}
	return nil
}

func overlap(a, b string) bool {
	sep := string(filepath.Separator)
	return a == b || strings.HasPrefix(a, b+sep) || strings.HasPrefix(b, a+sep)
}

func (s *claims) drop(me process, read, write []string) {
	for _, w := range write {
		if s.Write[w] == me {
			delete(s.Write, w)
		}
	}
	for _, r := range read {
		s.Read[r] = slices.DeleteFunc(s.Read[r], func(who process) bool { return who == me })
		if len(s.Read[r]) == 0 {
			delete(s.Read, r)
		}
	}
}
