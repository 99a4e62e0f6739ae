package folder

import (
	"fmt"
	"strings"

	"rondo/backend/errs"
)

// refusals are the entries that no tree can hold. All are looked for, so that a person
// need not find one after the other.
type refusals struct {
	first error
	also  []string
	more  int
}

const maxRefused = 4 // that are named beside the first

func (r *refusals) add(path string, k kind) {
	switch {
	case r.first != nil && len(r.also) < maxRefused:
		r.also = append(r.also, fmt.Sprintf("%q (%s)", path, k))
	case r.first != nil:
		r.more++
	case k == regular:
		r.first = errs.New(errs.Invalid, "%q is not a name that every system can hold", path).WithHint("rename it to UTF-8 text")
	case k == link:
		r.first = errs.New(errs.Invalid, "%s is a %s, not a file", path, k).
			WithHint("replace it by a copy of what it stands for, or take it out of the folder")
	default:
		r.first = errs.New(errs.Invalid, "%s is a %s, not a file", path, k).
			WithHint("it holds nothing that can be kept: move it out of the folder, and let the program that makes it do so elsewhere")
	}
}

func (r *refusals) err() error {
	if len(r.also) == 0 {
		return r.first
	}
	text := "; nor can these be kept: " + strings.Join(r.also, ", ")
	if r.more > 0 {
		text += fmt.Sprintf(" and %d more", r.more)
	}
	return errs.New(errs.KindOf(r.first), "%w%s", r.first, text).
		WithHint("rename to UTF-8 text what is not, replace links by copies of what they stand for, and move pipes, sockets and devices out of the folder")
}

func (k kind) String() string {
	switch k {
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
