package store

import (
	"io/fs"

	"rondo/backend/folder"
)

// Stamp is how a file looked when it was read.
type Stamp = folder.Stamp

// StampOf returns the stamp of a file.
func StampOf(fi fs.FileInfo) Stamp { return folder.StampOf(fi) }
