package dataset

import "rondo/backend/store"

// facts are what a scan notes of the files on its way, so that a snapshot of many files
// need not be gone through again to find that there is nothing to look into.
type facts struct {
	tables    int
	tableSize int64 // bytes
	odd       bool  // a name has more than lower-case letters and signs of ASCII
}

func (f *facts) see(file store.TreeFile) {
	if isTable(file.Path) {
		f.tables++
		f.tableSize += file.Size
	}
	if !f.odd {
		f.odd = !plainName(file.Path)
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
