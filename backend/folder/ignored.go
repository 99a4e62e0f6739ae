package folder

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ignore"
	"rondo/backend/ref"
)

// IgnoreFile is the name of the files whose rules a walk follows, in gitignore's grammar.
const IgnoreFile = ".rondoignore"

const maxIgnoreFile = 1 << 20 // bytes

// Rules say what a walk leaves out: those of files above the folder that it begins in, and of files in
// it, which the walk finds. The nil Rules leave nothing out, and no file is looked for.
type Rules struct {
	at    string // the folder, from the top: "" or "data/images/"
	outer *level
	found map[string]*level // by the folder in the walk that has a file of its own: "" or "sub/"
}

// level is what holds in a folder and below, up to the next file of rules.
type level struct {
	list []ignore.Pattern
	sum  uint64 // of all that was read; 0 where no file was
}

// RulesAbove reads the rules that the folders above a place have, which is told from the top.
func RulesAbove(top *os.Root, place string) (*Rules, error) {
	r := &Rules{at: place + "/", outer: &level{}, found: map[string]*level{}}
	for dir := range above(place) {
		name := path.Join(dir, IgnoreFile)
		text, err := rulesIn(top, name)
		if err == nil {
			r.outer, err = r.outer.with(dir, text)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return r, nil
}

// above are the folders that a place lies in, the top first.
func above(place string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if !yield("") {
			return
		}
		for i := range place {
			if place[i] == '/' && !yield(place[:i]) {
				return
			}
		}
	}
}

// rulesIn reads a file of rules that the top has; fs.ErrNotExist where there is none.
func rulesIn(top *os.Root, name string) (string, error) {
	fi, err := top.Lstat(name)
	switch {
	case err == nil && fi.IsDir():
		err = fs.ErrNotExist
	case err == nil && !fi.Mode().IsRegular():
		err = notRules(name)
	}
	if err != nil {
		return "", err
	}
	f, err := top.Open(name)
	return readRules(name, f, err)
}

// rulesOf reads those of a folder in a walk, in the same way.
func rulesOf(d *Dir, name string) (string, error) {
	_, k, err := d.stat(ignoreName)
	switch {
	case err == nil && k == directory:
		err = fs.ErrNotExist
	case err == nil && k != regular:
		err = notRules(name)
	}
	if err != nil {
		return "", err
	}
	f, err := d.Open(ignoreName)
	return readRules(name, f, err)
}

var ignoreName = (IgnoreFile + "\x00")[:len(IgnoreFile)] // as the system's calls want it

func notRules(name string) error {
	return errs.New(errs.Invalid, "%s is no file, so that no rules can be read from it", name).WithHint("put a file in its place, or take it away")
}

func readRules(name string, f *os.File, err error) (string, error) {
	if err != nil {
		return "", Unreadable(name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxIgnoreFile+1))
	if len(b) > maxIgnoreFile {
		return "", errs.New(errs.TooLarge, "%s has more than 1 MiB of rules", name).WithHint("leave out whole folders, by one line each")
	}
	return string(b), Unreadable(name, err)
}

// with are the rules with those of a file in a folder after them. Lines that mean nothing are refused.
func (l *level) with(dir, text string) (*level, error) {
	if list := ignore.Faults(text); len(list) > 0 {
		return nil, faulty(path.Join(dir, IgnoreFile), list)
	}
	var was [8]byte
	binary.BigEndian.PutUint64(was[:], l.sum)
	sum := ref.Of([]byte(string(was[:]) + dir + "\x00" + text))
	list := append(l.list[:len(l.list):len(l.list)], ignore.Rules(text, dir)...)
	return &level{list, binary.BigEndian.Uint64(sum[:]) | 1}, nil
}

func faulty(name string, list []ignore.Fault) error {
	var lines strings.Builder
	for i, f := range list {
		if i == maxRefused {
			lines.WriteString("; …")
			break
		}
		if i > 0 {
			lines.WriteString("; ")
		}
		lines.WriteString(f.String())
	}
	return errs.New(errs.Invalid, "%s cannot be followed: %s", name, lines.String()).
		WithHint("mend the line, put \\ before what is meant as it is, or # at its beginning to leave it out; nothing was changed")
}

// leaves reports whether something in a folder that is not left out itself is.
func (l *level) leaves(path string, dir bool) bool {
	return ignore.Ignored(l.list, path, dir, false)
}

// Leaves reports whether a path in the walk's folder is left out by the rules that the walk has found.
func (r *Rules) Leaves(file string) bool { return r.leaves(file, false) }

// LeavesFolder is Leaves of a folder.
func (r *Rules) LeavesFolder(path string) bool { return r.leaves(path, true) }

func (r *Rules) leaves(file string, dir bool) bool {
	if r == nil || !r.Any() {
		return false
	}
	in := r.in("", r.outer)
	for i := range file {
		if file[i] != '/' {
			continue
		}
		if in.leaves(r.at+file[:i], true) {
			return true
		}
		in = r.in(file[:i+1], in)
	}
	return in.leaves(r.at+file, dir)
}

// Any reports whether there is any rule.
func (r *Rules) Any() bool { return r != nil && (len(r.outer.list) > 0 || len(r.found) > 0) }

func (r *Rules) in(prefix string, outer *level) *level {
	if own := r.found[prefix]; own != nil {
		return own
	}
	return outer
}

// enter reads what the folder's own file adds to the rules around it, and lets the folder look by them:
// under other rules it has other names. A folder that looks as it did without a file of its own has none.
func (r *Rules) enter(l *listing, prefix string, outer *level, known *block) (*level, error) {
	if r == nil {
		return nil, nil
	}
	if outer == nil {
		outer = r.outer
	}
	if known != nil && l.look != (Stamp{}) && known.look == l.look.under(outer) || l.read && !l.names.has(IgnoreFile) {
		l.look = l.look.under(outer)
		return outer, nil
	}
	dir := strings.TrimSuffix(r.at+prefix, "/")
	text, err := rulesOf(l.dir, dir+"/"+IgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		l.look = l.look.under(outer)
		return outer, nil
	}
	own := outer
	if err == nil {
		own, err = outer.with(dir, text)
	}
	if err == nil {
		r.found[prefix], l.look = own, l.look.under(own)
	}
	return own, err
}

// under is how a folder looks under rules.
func (s Stamp) under(l *level) Stamp {
	if s != (Stamp{}) {
		s.Inode ^= l.sum
	}
	return s
}

// leaveOut takes out of the names what the rules leave out.
func (r *Rules) leaveOut(n *names, prefix string, in *level) {
	if r == nil || len(in.list) == 0 {
		return
	}
	kept := n.entries[:0]
	for _, e := range n.entries {
		if !in.leaves(r.at+prefix+n.name(e), e.kind == directory) {
			kept = append(kept, e)
		}
	}
	n.entries = kept
}

func (n *names) has(name string) bool {
	for _, e := range n.entries {
		if int(e.length) == len(name) && n.name(e) == name {
			return true
		}
	}
	return false
}
