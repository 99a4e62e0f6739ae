package folder

import (
	"fmt"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ignore"
)

// Refusals are the entries of a folder that no tree can hold, or that cannot be read. All are looked for,
// so that a person need not find one after the other. They may be added to from several goroutines.
type Refusals struct {
	Rules *Rules // of the walk; nil: none would count

	mu    sync.Mutex
	first error
	also  []string
	paths []string // of these, in the walk
	count int

	names, links, others, closed bool // what they are
}

const maxRefused = 4 // that are named beside the first

// Any reports whether something was refused.
func (r *Refusals) Any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count > 0
}

func (r *Refusals) add(full, path string, k kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count++; len(r.paths) <= maxRefused {
		r.paths = append(r.paths, path)
	}
	switch k {
	case regular:
		r.names = true
	case link:
		r.links = true
	case unknown:
		r.closed = true
	default:
		r.others = true
	}
	if r.first == nil {
		r.first = refusal(full, k)
	} else if len(r.also) < maxRefused {
		r.also = append(r.also, fmt.Sprintf("%q (%s)", full, k))
	}
}

func refusal(path string, k kind) *errs.Error {
	switch k {
	case regular:
		return errs.New(errs.Invalid, "the name %q is not UTF-8 text, so that not every system can hold it", path).WithHint("rename it")
	case link:
		return errs.New(errs.Invalid, "%s is a %s, not a file", path, k).
			WithHint("replace it by a copy of what it stands for, or take it out of the folder")
	case unknown:
		return denied(path)
	}
	return errs.New(errs.Invalid, "%s is a %s, not a file", path, k).
		WithHint("it holds nothing that can be kept: move it out of the folder, and let the program that makes it do so elsewhere")
}

// Err tells all of them together, and the ways out; nil where there are none.
func (r *Refusals) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.count == 0:
		return nil
	case r.count == 1:
		return errs.New(errs.KindOf(r.first), "%w", r.first).WithHint("%s", errs.HintOf(r.first)+r.lines())
	}
	text := "; nor can these be kept: " + strings.Join(r.also, ", ")
	if more := r.count - 1 - len(r.also); more > 0 {
		text += fmt.Sprintf(" and %d more, %d in all", more, r.count)
	}
	return errs.New(errs.KindOf(r.first), "%w%s", r.first, text).WithHint("%s", r.waysOut()+r.lines())
}

// waysOut are those of what was refused, and no others.
func (r *Refusals) waysOut() string {
	var ways []string
	if r.names {
		ways = append(ways, "rename to UTF-8 text what is not")
	}
	if r.links {
		ways = append(ways, "replace links by copies of what they stand for, or take them out of the folder")
	}
	if r.others {
		ways = append(ways, "move pipes, sockets and devices out of the folder")
	}
	if r.closed {
		ways = append(ways, "give yourself the right to read what you may not")
	}
	return strings.Join(ways, "; ")
}

// lines are those that leave out what was refused.
func (r *Refusals) lines() string {
	if r.Rules == nil {
		return ""
	}
	lines := make([]string, len(r.paths))
	for i, p := range r.paths {
		lines[i] = ignore.Line(r.Rules.at + p)
	}
	text := "; or leave it out, by this line in " + IgnoreFile + " of the project folder: "
	switch {
	case r.count > len(lines):
		text = "; or leave them out, by a line for each, or for a folder of them, in " + IgnoreFile + " of the project folder, such as: "
	case r.count > 1:
		text = "; or leave them out, by these lines in " + IgnoreFile + " of the project folder: "
	}
	return text + strings.Join(lines, "  ")
}

func (k kind) String() string {
	switch k {
	case unknown:
		return "not to be read"
	case regular:
		return "name that is not UTF-8"
	case link:
		return "symbolic link"
	case pipe:
		return "pipe"
	case socket:
		return "socket"
	}
	return "device"
}
