package metafile

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// TreeFile is one file of a folder that DVC tracks.
type TreeFile struct {
	Path string // in the folder, with slashes
	MD5  string
	Size int64 // where it was read; a .dir object does not tell
	Exec bool
}

// TreeText writes a .dir object, byte for byte as DVC does.
func TreeText(files []TreeFile) []byte {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b TreeFile) int { return slices.Compare([]rune(a.Path), []rune(b.Path)) })
	var b bytes.Buffer
	b.WriteByte('[')
	for i, f := range files {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"md5": "%s", "relpath": %s}`, f.MD5, doc.Quote(f.Path))
	}
	b.WriteByte(']')
	return b.Bytes()
}

// TreeSum is the name that a folder's content has.
func TreeSum(text []byte) string {
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:]) + ".dir"
}

// ReadTree reads a .dir object. A path that would leave the folder is refused.
func ReadTree(name string, b []byte) ([]TreeFile, error) {
	var list []struct {
		MD5  string `json:"md5"`
		Path string `json:"relpath"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, doc.Fail(name, doc.Pos{}, "is no list of files: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	out := make([]TreeFile, 0, len(list))
	for _, f := range list {
		if !fs.ValidPath(f.Path) || f.Path == "." || strings.Contains(f.Path, `\`) || f.MD5 == "" || ValidMD5(f.MD5) != "" {
			return nil, doc.Fail(name, doc.Pos{}, "%q with md5 %q is no file of a folder", f.Path, f.MD5)
		}
		out = append(out, TreeFile{Path: f.Path, MD5: f.MD5})
	}
	return out, nil
}
