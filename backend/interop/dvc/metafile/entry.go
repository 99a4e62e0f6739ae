package metafile

import (
	"io/fs"
	"strings"

	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
)

// The hashes that name content: of DVC 3, and of DVC 2, which reads CRLF in text as LF.
const (
	MD5      = "md5"
	Dos2Unix = "md5-dos2unix"
)

// Entry is what a lock or a .dvc file says of the content of a path.
type Entry struct {
	Path      string
	Hash      string // MD5 or Dos2Unix
	MD5       string // hex; with .dir at the end for a folder; empty where nothing is known
	ETag      string
	Checksum  string
	VersionID string
	Size      *int64
	Files     *int64 // in a folder
	Exec      bool
	Cloud     string // the remote whose version it is
	List      []Entry
}

// IsDir reports whether the entry is of a folder.
func (e Entry) IsDir() bool {
	return strings.HasSuffix(e.MD5, ".dir") || e.Files != nil || len(e.List) > 0
}

// readEntry reads one entry; the key of its path is path or relpath.
func readEntry(name string, m *doc.Map, pathKey string) (Entry, error) {
	e := Entry{Hash: Dos2Unix}
	p, _ := m.Get(pathKey)
	e.Path, _ = p.(string)
	if v, ok := m.Get("hash"); ok {
		e.Hash, _ = v.(string)
	}
	if err := e.facts(name, m); err != nil {
		return e, err
	}
	if cloud, _ := m.Get("cloud"); cloud != nil {
		c, ok := cloud.(*doc.Map)
		if !ok || c.Len() > 1 {
			return e, doc.Fail(name, m.At("cloud"), "cloud: want one remote")
		}
		for _, remote := range c.Keys {
			set, ok := c.Value(remote).(*doc.Map)
			if !ok {
				return e, doc.Fail(name, m.At("cloud"), "cloud.%s: want a mapping, found %s", remote, doc.Kind(c.Value(remote)))
			}
			e.Cloud = remote
			if err := e.facts(name, set); err != nil {
				return e, err
			}
		}
	}
	list, _ := m.Get("files")
	items, _ := list.([]any)
	for _, it := range items {
		f, ok := it.(*doc.Map)
		if !ok {
			return e, doc.Fail(name, m.At("files"), "files: want mappings, found %s", doc.Kind(it))
		}
		one, err := readEntry(name, f, "relpath")
		if err != nil {
			return e, err
		}
		if !fs.ValidPath(one.Path) || one.Path == "." || strings.Contains(one.Path, `\`) {
			return e, doc.Fail(name, f.At("relpath"), "files: %q is no file of a folder", one.Path)
		}
		one.Hash = e.Hash
		e.List = append(e.List, one)
	}
	return e, nil
}

func (e *Entry) facts(name string, m *doc.Map) error {
	for _, k := range m.Keys {
		v := m.Value(k)
		switch k {
		case "md5":
			e.MD5 = strings.ToLower(checksum(v))
			if err := ValidMD5(e.MD5); err != "" {
				return doc.Fail(name, m.At(k), "md5: %s", err)
			}
		case "etag":
			e.ETag = checksum(v)
		case "checksum":
			e.Checksum = checksum(v) // an ETag, in which case counts
		case "version_id":
			e.VersionID = checksum(v)
		case "isexec":
			e.Exec, _ = v.(bool)
		case "size", "nfiles":
			n, ok := v.(int64)
			if !ok || n < 0 {
				return doc.Fail(name, m.At(k), "%s: want a number, found %s", k, doc.Kind(v))
			}
			if k == "size" {
				e.Size = &n
			} else {
				e.Files = &n
			}
		}
	}
	return nil
}

// checksum is a checksum as it is written: one that has digits only looks like a number.
func checksum(v any) string {
	if v == nil {
		return ""
	}
	return doc.Text(v)
}

// ValidMD5 keeps what is no checksum away from the file system.
func ValidMD5(s string) string {
	hex := strings.TrimSuffix(s, ".dir")
	if s != "" && (len(hex) != 32 || strings.Trim(hex, "0123456789abcdef") != "") {
		return "want 32 hex digits, found " + config.Quote(s)
	}
	return ""
}

// lockMap writes an entry with its keys in DVC's order for a lock.
func (e Entry) lockMap() *doc.Map {
	m := doc.NewMap("path", e.Path)
	if e.Hash == MD5 {
		m.Set("hash", MD5)
	}
	e.hashFirst(m)
	e.files(m)
	return m
}

// files writes the entries of a folder that is listed file by file.
func (e Entry) files(m *doc.Map) {
	var files []any
	for _, f := range e.List {
		one := doc.NewMap("relpath", f.Path)
		f.hashFirst(one)
		files = append(files, one)
	}
	if len(files) > 0 {
		m.Set("files", files)
	}
}

// hashFirst writes the checksum and then the facts, as DVC orders them.
func (e Entry) hashFirst(m *doc.Map) {
	if len(e.List) > 0 {
		return
	}
	switch { // of an origin, the checksum that it has is first
	case e.MD5 != "":
		m.Set("md5", e.MD5)
	case e.Cloud == "" && e.ETag != "":
		m.Set("etag", e.ETag)
	case e.Cloud == "" && e.Checksum != "":
		m.Set("checksum", e.Checksum)
	}
	if e.Size != nil {
		m.Set("size", *e.Size)
	}
	if e.Files != nil {
		m.Set("nfiles", *e.Files)
	}
	if e.Exec {
		m.Set("isexec", true)
	}
	e.cloud(m)
}

func (e Entry) cloud(m *doc.Map) {
	into := m
	if e.Cloud != "" {
		into = &doc.Map{}
	}
	facts := [][2]string{{"etag", e.ETag}, {"checksum", e.Checksum}, {"version_id", e.VersionID}}
	if e.Cloud == "" {
		facts = [][2]string{facts[2], facts[0], facts[1]} // DVC's order, which is another one here
	}
	for _, kv := range facts {
		if kv[1] != "" {
			into.Set(kv[0], kv[1])
		}
	}
	if e.Cloud != "" && into.Len() > 0 {
		m.Set("cloud", doc.NewMap(e.Cloud, into))
	}
}

// Told reports whether there is anything.
func (e Entry) Told() bool { return e.MD5+e.ETag+e.Checksum != "" }

// Named is the entry with the name of its content, also where only its files have one.
func (e Entry) Named() Entry {
	e.MD5 = e.Sum()
	return e
}

// Sum is the content's name; that of a folder that is listed file by file is made of them.
func (e Entry) Sum() string {
	if e.MD5 != "" || len(e.List) == 0 {
		return e.MD5
	}
	var files []TreeFile
	for _, f := range e.List {
		if f.MD5 == "" {
			return ""
		}
		files = append(files, TreeFile{Path: f.Path, MD5: f.MD5})
	}
	return TreeSum(TreeText(files))
}
