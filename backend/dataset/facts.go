package dataset

import "rondo/backend/dataset/table"

// facts are what a scan notes of the files on its way, so that a snapshot of many files
// need not be gone through again to find that there is nothing to look into.
type facts struct {
	tables    int
	tableSize int64  // bytes
	odd       bool   // a name has more than lower-case letters and signs of ASCII, or is none on Windows
	plain     string // a prefix that has no more
}

func (f *facts) see(prefix, name string, size int64) {
	if table.Is(name) {
		f.tables++
		f.tableSize += size
	}
	if !f.odd {
		f.odd = !plainName(name) || notOnWindows(name) || prefix != f.plain && (!plainName(prefix) || notOnWindows(prefix))
		f.plain = prefix
	}
}

// plainName reports whether a name is its own lower case, and can be written in one way.
func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c >= 0x80 || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}
