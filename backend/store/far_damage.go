package store

import (
	"maps"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Damage is a copy of an object on a remote that was read and found not to be what it is
// named after, or a pack or file there that is of no use at all.
type Damage struct {
	File   string     `json:"file"`            // its name on the remote
	Digest ref.Digest `json:"digest,omitzero"` // of the object; zero: nothing in the file can be relied on
	Reason string     `json:"reason"`
}

const notGiven = "the remote lists it and does not give it"

// illness is what is known to be damaged, by file and digest.
type illness map[string]map[ref.Digest]string

// lost reports whether nothing in a file can be relied on.
func (i illness) lost(file string) bool {
	return i.has(file, ref.Zero)
}

// has reports whether a copy of an object is damaged.
func (i illness) has(file string, d ref.Digest) bool {
	_, bad := i[file][d]
	return bad
}

// find returns a damaged copy of an object.
func (i illness) find(d ref.Digest) (Damage, bool) {
	for file, all := range i {
		if reason, ok := all[d]; ok {
			return Damage{file, d, reason}, true
		}
	}
	return Damage{}, false
}

// Damaged lists the copies that are known to be damaged, and are passed over. It is in the
// order of their files.
func (f *Far) Damaged() []Damage {
	f.mu.RLock()
	defer f.mu.RUnlock()
	all := []Damage{}
	for _, file := range slices.Sorted(maps.Keys(f.ill)) {
		for _, d := range slices.SortedFunc(maps.Keys(f.ill[file]), ref.Compare) {
			all = append(all, Damage{file, d, f.ill[file][d]})
		}
	}
	return all
}

// forsake has damaged copies passed over from now on: where an object has another, that one
// is found, and else the object is not there.
func (f *Far) forsake(bad []Damage) {
	if len(bad) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	gone, rest := map[*pack]bool{}, map[string]*pack{}
	for _, one := range bad {
		if f.ill[one.File] == nil {
			f.ill[one.File] = map[ref.Digest]string{}
		}
		f.ill[one.File][one.Digest] = one.Reason
		if p := f.packs[one.File]; p != nil {
			gone[p], rest[one.File] = true, p
		}
		if d := one.Digest; f.whole[d].Name == one.File {
			delete(f.whole, d)
		}
	}
	f.packed = f.packed.without(gone)
	for name, p := range rest {
		f.lessen(name, p)
	}
}

// lessen leaves what is damaged out of a pack; the caller holds the lock.
func (f *Far) lessen(name string, p *pack) {
	delete(f.packs, name)
	if f.ill.lost(name) {
		for _, r := range p.rows {
			f.was[r.digest] = name
		}
		f.bad[name] = f.named(errs.New(errs.Corrupt, "%s cannot be used: %s", name, f.ill[name][ref.Zero]).WithHint("%s", f.wayOut()))
		return
	}
	rows := slices.DeleteFunc(slices.Clone(p.rows), func(r row) bool {
		return f.ill.has(name, r.digest)
	})
	f.packs[name] = &pack{p.name, p.size, rows}
	f.packed.put(f.packs[name])
}

// WasIn names the file of which nothing can be used and that had an object, if one is known.
func (f *Far) WasIn(d ref.Digest) (name string, known bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	name, known = f.was[d]
	return name, known
}

// blobs lists the packs and files that the remote has, in the order of their names.
func (f *Far) blobs() (names []string) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return slices.Sorted(maps.Keys(f.sizes))
}
