package rowdiff

import (
	"cmp"
	"slices"
)

// Most is how many rows of a sort are known by their numbers.
const Most = 10_000

// None is the number of a row that is not there.
const None = -1

// Pair is a row of the table before and the same of that now, by their numbers from 0, or None.
type Pair struct{ From, To int64 }

// at is the number that a page orders it by: that of now, or of before where it is there no more.
func (p Pair) at() int64 {
	if p.To == None {
		return p.From
	}
	return p.To
}

// Which says which rows differ: of each sort the first Most, in the order of the table now; those
// that are gone in the order of the table before.
type Which struct{ Added, Removed, Changed []Pair }

func (d *comparison) which() Which {
	return Which{d.added.sorted(), d.removed.sorted(), d.changed.sorted()}
}

// firsts keeps the first Most pairs of any number that come in any order.
type firsts []Pair

func (f *firsts) add(p Pair) {
	if *f = append(*f, p); len(*f) >= 2*Most {
		*f = f.sorted()
	}
}

func (f firsts) sorted() []Pair {
	slices.SortFunc(f, func(a, b Pair) int { return cmp.Compare(a.at(), b.at()) })
	return f[:min(len(f), Most)]
}
