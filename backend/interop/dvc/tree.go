package dvc

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf16"
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
		fmt.Fprintf(&b, `{"md5": "%s", "relpath": %s}`, f.MD5, asciiJSON(f.Path))
	}
	b.WriteByte(']')
	return b.Bytes()
}

// TreeSum is the name that a folder's content has.
func TreeSum(text []byte) string {
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:]) + ".dir"
}

// asciiJSON writes text as Python's json.dumps does: what is not ASCII as \uXXXX.
func asciiJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	for _, r := range s {
		switch {
		case short[r] != "":
			b.WriteString(short[r])
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// ReadTree reads a .dir object. A path that would leave the folder is refused.
func ReadTree(name string, b []byte) ([]TreeFile, error) {
	var list []struct {
		MD5  string `json:"md5"`
		Path string `json:"relpath"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fail(name, Pos{}, "is no list of files: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	out := make([]TreeFile, 0, len(list))
	for _, f := range list {
		if !fs.ValidPath(f.Path) || f.Path == "." || strings.Contains(f.Path, `\`) || f.MD5 == "" || validMD5(f.MD5) != "" {
			return nil, fail(name, Pos{}, "%q with md5 %q is no file of a folder", f.Path, f.MD5)
		}
		out = append(out, TreeFile{Path: f.Path, MD5: f.MD5})
	}
	return out, nil
}
