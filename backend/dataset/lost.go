package dataset

import (
	"context"
	"fmt"
	"os"
	"strings"

	"rondo/backend/errs"
)

// lost are files that hold something else than when they were last read, though nothing gave them a
// new time: a disk leaves that which lost a write, when the machine stopped or later.
type lost struct {
	meant bool     // they are meant to be as they are, so that none is lost
	files []string // at most maxNamed, by their paths in the dataset
	count int
}

func (l *lost) see(path string) {
	if l.count++; len(l.files) < maxNamed {
		l.files = append(l.files, path)
	}
}

// places are where the files lie in the project.
func (l *lost) places(d Dataset, single bool) []string {
	list := make([]string, len(l.files))
	for i, path := range l.files {
		list[i] = place(d.Path, single, path)
	}
	return list
}

// lostText says what happened to which files.
func lostText(d Dataset, c content) string {
	return firstNamed(c.lost.places(d, c.single), c.lost.count) + " changed without a new time: a disk that lost a write leaves that"
}

// lostError refuses to take them for data; nil where there are none.
func (s *Service) lostError(ctx context.Context, d Dataset, c content) error {
	if c.lost.count == 0 {
		return nil
	}
	err := errs.New(errs.Conflict, "%s", lostText(d, c))
	if back := s.bringBack(ctx, d, c); back != "" {
		return err.WithHint("bring back what a snapshot has: %s; or, if they are meant to be as they are: rondo data snapshot --force %s", back, d.Name)
	}
	return err.WithHint("write them anew; or, if they are meant to be as they are, give them a new time: touch %s", firstPlaces(c.lost.places(d, c.single), c.lost.count))
}

// bringBack is the command that brings the files back; empty where the dataset has no snapshot yet.
func (s *Service) bringBack(ctx context.Context, d Dataset, c content) string {
	if d.Latest == nil {
		return ""
	}
	snap, err := s.wanted(ctx, d, 0)
	if err != nil {
		snap = *d.Latest
	}
	command := "rondo data checkout --force " + snap.Ref()
	if !c.single { // all of it would take other work away
		command += " " + firstPlaces(c.lost.files, c.lost.count)
	}
	return command
}

// firstNamed names the first of some files, and how many more there are.
func firstNamed(files []string, count int) string {
	names := firstOf(files)
	text := strings.Join(names, ", ")
	if more := count - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// firstPlaces are files as a shell takes them.
func firstPlaces(files []string, count int) string {
	if count > maxWork {
		return "PATH…"
	}
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = shellWord(f)
	}
	return strings.Join(quoted, " ")
}

func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("'\"\\$`!*?[](){}<>|&;~#", r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// foundSure notes whether what lies at a path was read, in this life of the program, and had lost nothing.
func (s *Service) foundSure(at string, c content, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.sure[at] = c.lost.count == 0
	}
}

// unsure reports whether files of a dataset may have lost what this device remembers of them.
func (s *Service) unsure(d Dataset) bool {
	s.mu.Lock()
	sure := s.sure[d.Path]
	s.mu.Unlock()
	if sure {
		return false
	}
	_, err := os.Stat(s.memoryAt(d.Name))
	return err == nil
}
