package dvc

import (
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

var rwPath = path.Join(Dir, "tmp", rwFile)

// rwState is .dvc/tmp/rwlock: which process works with which paths while commands run
// and nobody holds the lock of the whole project.
type rwState struct {
	Write map[string]rwInfo   `json:"write,omitempty"`
	Read  map[string][]rwInfo `json:"read,omitempty"`
}

type rwInfo struct {
	PID int    `json:"pid"`
	Cmd string `json:"cmd"`
}

// claim says, as dvc does, that this process reads and writes paths of the project, until
// release is called. A living process that stands in the way is an error; what a dead one
// has left is taken away.
func (p *Project) claim(ctx context.Context, read, write []string) (release func(), err error) {
	me := self()
	read, write = p.absolute(read), p.absolute(write)
	err = p.editClaims(ctx, func(s *rwState) error {
		if who := s.blocker(me, slices.Concat(read, write), write); who != nil {
			return who.err()
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
		_ = p.editClaims(context.WithoutCancel(ctx), func(s *rwState) error { s.drop(me, read, write); return nil })
	}, nil
}

func (p *Project) absolute(list []string) []string {
	out := make([]string, len(list))
	for i, at := range list {
		if out[i] = filepath.FromSlash(at); !filepath.IsAbs(at) {
			out[i] = filepath.Join(p.Dir, out[i])
		}
	}
	return out
}

func (p *Project) editClaims(ctx context.Context, edit func(s *rwState) error) error {
	unlock, err := p.take(ctx, rwGuard, lockTries)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := p.claims()
	if err != nil {
		return err
	}
	if err := edit(&s); err != nil {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// Not synced: after a power cut no process is left that could have claimed anything.
	tmp := path.Join(ownTmp, ref.NewID())
	if err = p.root.MkdirAll(ownTmp, 0o755); err == nil {
		defer p.root.Remove(tmp)
		err = p.root.WriteFile(tmp, b, 0o644)
	}
	if err == nil {
		err = p.root.Rename(tmp, rwPath)
	}
	if err != nil {
		return cannotWrite(rwPath, err)
	}
	return nil
}

// claims reads who works with what. An empty file is one that a power cut has left.
func (p *Project) claims() (s rwState, err error) {
	b, err := p.Read(rwPath)
	if err != nil && !missing(err) {
		return s, err
	}
	if len(b) > 0 && json.Unmarshal(b, &s) != nil {
		return s, errs.New(errs.Corrupt, "%s cannot be read", rwPath).WithHint("if no dvc runs in the project, delete it")
	}
	if s.Write == nil {
		s.Write = map[string]rwInfo{}
	}
	if s.Read == nil {
		s.Read = map[string][]rwInfo{}
	}
	return s, nil
}

// unclaimed is an error where another living process works with what would be read or
// written. The project's lock must be held, without which nobody claims anything.
func (p *Project) unclaimed(read, write []string) error {
	s, err := p.claims()
	if err != nil {
		return err
	}
	read, write = p.absolute(read), p.absolute(write)
	if who := s.blocker(self(), slices.Concat(read, write), write); who != nil {
		return who.err()
	}
	return nil
}

func self() rwInfo { return rwInfo{os.Getpid(), strings.Join(os.Args, " ")} }

type blocking struct {
	rwInfo
	path string
}

func (b *blocking) err() error {
	return errs.New(errs.Unavailable, "DVC is working with %s: process %d, `%s`", b.path, b.PID, b.Cmd).
		WithHint("try again when it has ended")
}

// blocker finds a living process that writes one of all or reads one of write.
func (s *rwState) blocker(me rwInfo, all, write []string) *blocking {
	for at, who := range s.Write {
		switch {
		case who == me || !slices.ContainsFunc(all, func(p string) bool { return overlap(p, at) }):
		case alive(who.PID):
			return &blocking{who, at}
		default:
			delete(s.Write, at)
		}
	}
	for at, list := range s.Read {
		if !slices.ContainsFunc(write, func(p string) bool { return overlap(p, at) }) {
			continue
		}
		list = slices.DeleteFunc(list, func(who rwInfo) bool { return !alive(who.PID) })
		if i := slices.IndexFunc(list, func(who rwInfo) bool { return who != me }); i >= 0 {
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

func (s *rwState) drop(me rwInfo, read, write []string) {
	for _, w := range write {
		if s.Write[w] == me {
			delete(s.Write, w)
		}
	}
	for _, r := range read {
		s.Read[r] = slices.DeleteFunc(s.Read[r], func(who rwInfo) bool { return who == me })
		if len(s.Read[r]) == 0 {
			delete(s.Read, r)
		}
	}
}
