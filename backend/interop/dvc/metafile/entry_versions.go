package metafile

import (
	"slices"

	"rondo/backend/remote"
)

// Parts are the files of an entry: of a folder those that it lists, otherwise itself.
func (e Entry) Parts(files []TreeFile) []Entry {
	if !e.IsDir() {
		one := e
		one.Path = ""
		return []Entry{one}
	}
	known := map[string]Entry{}
	for _, f := range e.List {
		known[f.Path] = f
	}
	out := make([]Entry, len(files))
	for i, f := range files {
		out[i] = Entry{Path: f.Path, Hash: e.Hash, MD5: f.MD5, Exec: f.Exec}
		if k := known[f.Path]; k.MD5 == f.MD5 {
			out[i] = k
		}
	}
	return out
}

// KeepVersions is an entry that has just been looked at, with what the one before knows of
// the versions of the same content. Files are those of a folder, where its entry lists them.
func (e Entry) KeepVersions(before Entry, files []TreeFile) Entry {
	switch {
	case e.Sum() == before.Sum() && before.Hash == e.Hash && (before.VersionID != "" || len(before.List) > 0):
		return before
	case len(before.List) == 0 || !e.IsDir():
		return e
	}
	known := map[string]Entry{}
	for _, f := range before.List {
		known[f.Path] = f
	}
	for _, f := range files {
		size := f.Size
		one := Entry{Path: f.Path, Hash: e.Hash, MD5: f.MD5, Size: &size, Exec: f.Exec}
		if k := known[f.Path]; k.MD5 == f.MD5 {
			one = k
		}
		e.List = append(e.List, one)
	}
	slices.SortFunc(e.List, func(a, b Entry) int { return slices.Compare([]rune(a.Path), []rune(b.Path)) })
	return e
}

// Versioned is an entry with its version in a remote; one that it has stays.
func (e Entry) Versioned(name string, is remote.Version) Entry {
	if e.VersionID == is.ID {
		return e
	}
	e.Cloud, e.ETag, e.VersionID, e.Size, e.Checksum = name, is.ETag, is.ID, &is.Size, ""
	return e
}
