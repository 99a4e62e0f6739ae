package dataset

import (
	"os"
	"strings"

	"rondo/backend/folder"
)

// descent keeps the folders open that lead to the one files are made in. Each is made and
// entered from the one above it, and never through a link.
type descent struct {
	names []string
	dirs  []*folder.Dir // one more than names: the first is where it begins
}

// descend begins at a folder of the root.
func descend(root *os.Root) (*descent, error) {
	top, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	return &descent{dirs: []*folder.Dir{folder.DirOf(top)}}, nil
}

// enter returns a folder, which is made if need be.
func (d *descent) enter(path string) (*folder.Dir, error) {
	for k := 0; ; k++ {
		name, rest, more := strings.Cut(path, "/")
		if k < len(d.names) && d.names[k] != name {
			d.leave(k)
		}
		if k == len(d.names) {
			next, err := d.dirs[k].Make(name)
			if err != nil {
				return nil, err
			}
			d.names, d.dirs = append(d.names, name), append(d.dirs, next)
		}
		if path = rest; !more {
			d.leave(k + 1)
			return d.dirs[k+1], nil
		}
	}
}

// leave closes all below a depth.
func (d *descent) leave(depth int) {
	for _, one := range d.dirs[depth+1:] {
		one.Close()
	}
	d.names, d.dirs = d.names[:depth], d.dirs[:depth+1]
}

func (d *descent) close() {
	d.leave(0)
	d.dirs[0].Close()
}
