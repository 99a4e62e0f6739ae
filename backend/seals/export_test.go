package seals

import "os"

// CompactFrom has files of seals of so many bytes compacted, until the returned function is called.
func CompactFrom(bytes int64) (restore func()) {
	was := compactFrom
	compactFrom = bytes
	return func() { compactFrom = was }
}

// Compacted is what a file of seals would become.
func Compacted(root *os.Root, name string) ([]byte, bool) { return compacted(root, name) }
