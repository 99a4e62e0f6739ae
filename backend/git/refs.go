package git

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"rondo/backend/errs"
)

// SetRef makes a name such as refs/heads/main mean a commit, under git's own lock on it. With
// a message the change is noted in the name's log, which is where git looks for what it meant
// before. The lock is there for a moment only, with what it will be in it: who is killed hardly
// ever leaves one.
func (r *Repo) SetRef(name, commit, message string, now time.Time) error {
	at, err := r.placeOf(name)
	if err != nil {
		return err
	}
	l, err := r.lockRef(name, at, []byte(commit+"\n"))
	if err != nil {
		return err
	}
	defer l.Close()
	if message != "" {
		if err := r.logRef(name, commit, message, now); err != nil {
			return err
		}
	}
	if err := l.replace(); err != nil {
		return errs.New(errs.Unavailable, "%s cannot be written in the git repository: %w", name, err)
	}
	return nil
}

// placeOf is the file of a name, whose folder is there.
func (r *Repo) placeOf(name string) (at string, err error) {
	if !ValidRef(name) {
		return "", errs.New(errs.Invalid, "%q is no name that git takes", name).WithHint("letters, digits, - and _ are fine")
	}
	at = filepath.Join(commonOf(r.gitDir), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", errs.New(errs.Unavailable, "%s cannot be written in the git repository: %w", name, err)
	}
	return at, nil
}

// lockRef takes git's lock on a name, with the new value in it.
func (r *Repo) lockRef(name, at string, value []byte) (*lock, error) {
	l, err := r.take(at, value)
	if errors.Is(err, fs.ErrExist) {
		return nil, busyRef(name, at)
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s cannot be written in the git repository: %w", name, err)
	}
	return l, nil
}

// logRef adds a line to the log of a name.
func (r *Repo) logRef(name, commit, message string, now time.Time) error {
	old := plumbing.ZeroHash
	if is, err := r.repo.Reference(plumbing.ReferenceName(name), true); err == nil {
		old = is.Hash()
	}
	who := r.somebody(now)
	at := filepath.Join(commonOf(r.gitDir), "logs", filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(at, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	}
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %s %s <%s> %d %s\t%s\n", old, commit, who.Name, who.Email, now.Unix(), now.Format("-0700"), strings.Join(strings.Fields(message), " "))
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return errs.New(errs.Unavailable, "the log of %s cannot be written in the git repository: %w", name, err)
	}
	return nil
}

// DropRef takes a name and its log away. One that is not there is no error.
func (r *Repo) DropRef(name string) error {
	at, err := r.placeOf(name)
	if err != nil {
		return err
	}
	l, err := r.lockRef(name, at, nil)
	if err != nil {
		return err
	}
	defer r.prune(name)
	defer l.Close()
	err = r.unpack(name)
	for _, one := range []string{at, filepath.Join(commonOf(r.gitDir), "logs", filepath.FromSlash(name))} {
		if err == nil {
			if err = os.Remove(one); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
		}
	}
	if err != nil {
		return errs.New(errs.Unavailable, "%s cannot be taken out of the git repository: %w", name, err)
	}
	return nil
}

// prune removes folders of names that hold none any more.
func (r *Repo) prune(name string) {
	for dir := path.Dir(name); strings.Count(dir, "/") > 1; dir = path.Dir(dir) {
		os.Remove(filepath.Join(commonOf(r.gitDir), "logs", filepath.FromSlash(dir)))
		os.Remove(filepath.Join(commonOf(r.gitDir), filepath.FromSlash(dir)))
	}
}

// unpack takes a name out of packed-refs, where git keeps many in one file.
func (r *Repo) unpack(name string) error {
	at := filepath.Join(commonOf(r.gitDir), "packed-refs")
	text, err := os.ReadFile(at)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !bytes.Contains(text, []byte(" "+name+"\n")) {
		return nil
	}
	if err != nil {
		return err
	}
	l, err := r.lockRef("packed-refs", at, nil)
	if err != nil {
		return err
	}
	defer l.Close()
	if text, err = os.ReadFile(at); err != nil {
		return err
	}
	if err := l.write([]byte(withoutRef(string(text), name))); err != nil {
		return err
	}
	return l.replace()
}

// withoutRef leaves a name's line out, and the one after it that says what a tag means.
func withoutRef(text, name string) string {
	var out strings.Builder
	dropped := false
	for line := range strings.Lines(text) {
		if dropped = strings.HasSuffix(strings.TrimRight(line, "\n"), " "+name) || dropped && line[0] == '^'; !dropped {
			out.WriteString(line)
		}
	}
	return out.String()
}

// ValidRef reports whether git takes a name, by the rules of git-check-ref-format(1).
func ValidRef(name string) bool {
	if !strings.HasPrefix(name, "refs/") || strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".") {
		return false
	}
	for _, c := range name {
		if c < ' ' || c == 0x7f || strings.ContainsRune(" ~^:?*[\\", c) {
			return false
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// LogOf lists what a name has meant, the newest first, with what was noted of each.
func (r *Repo) LogOf(name string) (list []Logged) {
	if r.repo == nil || !ValidRef(name) {
		return nil
	}
	for line := range strings.Lines(outside(filepath.Join(commonOf(r.gitDir), "logs", filepath.FromSlash(name)))) {
		head, message, _ := strings.Cut(line, "\t")
		if words := strings.Fields(head); len(words) > 1 {
			list = append([]Logged{{Commit: words[1], Message: strings.TrimSpace(message)}}, list...)
		}
	}
	return list
}
