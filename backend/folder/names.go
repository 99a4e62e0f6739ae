package folder

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"unsafe"
)

// kind is what a folder's entry is.
type kind byte

const (
	unknown kind = iota // the file system does not say without being asked
	regular
	directory
	link
	pipe
	socket
	device
)

// entry is a name in a folder. Names lie one after the other in one piece of memory, each
// followed by a zero, as the system's calls want them.
type entry struct {
	key    uint64 // what follows the beginning that all names share, for sorting
	at     uint32
	length uint16
	kind   kind
}

// names are what a folder holds.
type names struct {
	blob    []byte
	entries []entry
}

func (n *names) add(name []byte, k kind) {
	n.entries = append(n.entries, entry{at: uint32(len(n.blob)), length: uint16(len(name)), kind: k})
	n.blob = append(append(n.blob, name...), 0)
}

// name is good as long as the names are.
func (n *names) name(e entry) string {
	return unsafe.String(unsafe.SliceData(n.blob[e.at:]), int(e.length))
}

func (n *names) bytes(e entry) []byte { return n.blob[e.at:][:e.length] }

// sort brings names into the order that their paths have: as if each folder's name
// ended with a slash.
func (n *names) sort() {
	if len(n.entries) < 2 {
		return
	}
	skip := n.shared()
	for i := range n.entries {
		n.entries[i].key = n.key(n.entries[i], skip)
	}
	n.entries = byKey(n.entries)
	for i := 0; i < len(n.entries); {
		end := i + 1
		for end < len(n.entries) && n.entries[end].key == n.entries[i].key {
			end++
		}
		if end > i+1 {
			slices.SortFunc(n.entries[i:end], n.compare)
		}
		i = end
	}
}

const fewEntries = 48 // for which comparing is quicker than counting

// byKey sorts by counting, from the last byte of the keys to the first (radix sort). Bytes
// that all keys share, as those of numbered files mostly do, cost nothing.
func byKey(from []entry) []entry {
	if len(from) < fewEntries {
		slices.SortFunc(from, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
		return from
	}
	all, some := ^uint64(0), uint64(0)
	for i := range from {
		all &= from[i].key
		some |= from[i].key
	}
	to := make([]entry, len(from))
	for shift := 0; shift < 64; shift += 8 {
		if (some&^all)>>shift&0xff == 0 {
			continue
		}
		var at [256]int
		for i := range from {
			at[byte(from[i].key>>shift)]++
		}
		sum := 0
		for b, count := range at {
			at[b] = sum
			sum += count
		}
		for i := range from {
			b := byte(from[i].key >> shift)
			to[at[b]] = from[i]
			at[b]++
		}
		from, to = to, from
	}
	return from
}

// shared is how many bytes all names begin with alike.
func (n *names) shared() int {
	first := n.bytes(n.entries[0])
	skip := len(first)
	for _, e := range n.entries[1:] {
		b := n.bytes(e)
		skip = min(skip, len(b))
		for !bytes.Equal(b[:skip], first[:skip]) {
			skip--
		}
	}
	return skip
}

func (n *names) key(e entry, skip int) uint64 {
	var b [8]byte
	rest := n.bytes(e)[skip:]
	if k := copy(b[:], rest); k < len(b) && e.kind == directory {
		b[k] = '/'
	}
	return binary.BigEndian.Uint64(b[:])
}

// compare is for names whose keys are the same.
func (n *names) compare(a, b entry) int {
	x, y := n.bytes(a), n.bytes(b)
	k := min(len(x), len(y))
	if c := bytes.Compare(x[:k], y[:k]); c != 0 {
		return c
	}
	return cmp.Compare(after(x, k, a.kind), after(y, k, b.kind))
}

// after is the byte that a path has at k, behind its folder.
func after(name []byte, k int, of kind) int {
	switch {
	case k < len(name):
		return int(name[k])
	case of == directory:
		return '/'
	}
	return -1
}

// behind is the first entry whose path lies behind that of another, "" or "name" or "folder/".
func (n *names) behind(path string) int {
	return sort.Search(len(n.entries), func(i int) bool {
		e := n.entries[i]
		if e.kind == directory {
			return comparePaths(n.name(e), "/", path, "") > 0
		}
		return n.name(e) > path
	})
}
