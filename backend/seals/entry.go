package seals

import "slices"

// entry is what is known of one name.
type entry struct {
	came   []line // oldest first
	placed []line // the last one of each file of seals
}

const keptSeals = 4 // of one name, though later ones got it: a file synchroniser may bring them first

func (e *entry) add(l line) {
	list := &e.came
	if l.word == placed {
		list = &e.placed
		*list = slices.DeleteFunc(*list, func(old line) bool { return old.from == l.from && old.at < l.at })
	}
	if slices.ContainsFunc(*list, func(old line) bool {
		return old.from == l.from && old.at >= l.at && (l.word == placed || old.at == l.at)
	}) {
		return // it was read before
	}
	at := len(*list)
	for at > 0 && (*list)[at-1].at > l.at {
		at--
	}
	*list = slices.Insert(*list, at, l)
	if len(e.came) > keptSeals {
		e.forget()
	}
}

// forget drops what was replaced: of each device those before the last one that it gave the name to.
// What has come since may lie there too, whether or not that is known.
func (e *entry) forget() {
	last := map[string]int64{} // by file of seals
	for _, p := range e.placed {
		for _, l := range e.came {
			if l.from == p.from && l.at < p.at {
				last[l.from] = l.at
			}
		}
	}
	excess := len(e.came) - keptSeals
	e.came = slices.DeleteFunc(e.came, func(l line) bool {
		replaced := excess > 0 && l.at < last[l.from]
		excess--
		return replaced
	})
}

// lastPlaced is when a file last got the name; 0: never.
func (e *entry) lastPlaced() (at int64) {
	for _, l := range e.placed {
		at = max(at, l.at)
	}
	return at
}
