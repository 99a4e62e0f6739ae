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

	names, links, others bool // what they are
}

const maxRefused = 4 // that are named beside the first

func (r *refusals) add(path string, k kind) {
	r.names, r.links, r.others = r.names || k == regular, r.links || k == link, r.others || k != regular && k != link
	switch {
	case r.first != nil && len(r.also) < maxRefused:
		r.also = append(r.also, fmt.Sprintf("%q (%s)", path, k))
	case r.first != nil:
		r.more++
	case k == regular:
		r.first = errs.New(errs.Invalid, "the name %q is not UTF-8 text, so that not every system can hold it", path).WithHint("rename it")
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
		WithHint("%s", r.waysOut())
}

// waysOut are those of what was refused, and no others.
func (r *refusals) waysOut() string {
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
	return strings.Join(ways, "; ")
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
