package dvc

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Each line of DVC keeps what it remembers of a project in a folder of its own, outside of
// it, whose name is made of the project's place and the person. The folder says which line
// has worked here; in it is the list of what that one has linked.

// memory is the folder of the DVC that works in the project: of DVC 3 where there is one,
// else of DVC 2; empty where neither has worked here.
func (p *Project) memory() (dir string, line int) {
	for _, m := range []struct {
		line  int
		token string
	}{{3, p.tokenOf3()}, {2, p.tokenOf2()}} {
		for _, site := range p.sites(m.line) {
			dir := filepath.Join(site, "repo", m.token)
			if info, err := os.Stat(dir); err == nil && info.IsDir() {
				return dir, m.line
			}
		}
	}
	return "", 0
}

// sites are where such folders may lie. The two lines do not agree on what goes first.
func (p *Project) sites(line int) []string {
	said := []string{os.Getenv("DVC_SITE_CACHE_DIR"), p.Config["core"]["site_cache_dir"]}
	if line == 2 {
		slices.Reverse(said)
	}
	for _, dir := range said {
		if dir != "" {
			return []string{dir}
		}
	}
	switch runtime.GOOS {
	case "darwin":
		return []string{"/Library/Caches/dvc"}
	case "windows":
		return []string{filepath.Join(os.Getenv("ProgramData"), "iterative", "dvc", "Cache")}
	}
	return []string{"/var/tmp/dvc", "/var/cache/dvc"}
}

// tokenOf2 and tokenOf3 are the names of the folders: the MD5 of what Python writes of a
// tuple (dvc/repo/__init__.py, site_cache_dir, of 2.58 and 3.67).
func (p *Project) tokenOf2() string {
	return token("(" + pyText(p.Dir) + ", " + pyText(person()) + ")")
}

func (p *Project) tokenOf3() string {
	born := "None"
	if info, err := os.Stat(filepath.Join(p.Dir, Dir, "tmp", "btime")); err == nil {
		born = doc.Float(pyTime(info.ModTime().Unix(), info.ModTime().Nanosecond()))
	}
	return token("(" + pyText(p.Dir) + ", None, " + born + ", " + pyText(person()) + ", 3, 0)")
}

// pyTime is a time as Python's stat has it: seconds, with what a float can hold of the rest.
func pyTime(sec int64, nano int) float64 {
	rest := float64(1e-9 * float64(nano)) // rounded before it is added
	return float64(sec) + rest
}

func token(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// person is who Python's getpass says works here.
func person() string {
	for _, name := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if who := os.Getenv(name); who != "" {
			return who
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// pyText is a text as Python's repr writes it.
func pyText(s string) string {
	quote := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = `"`
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\' || string(r) == quote:
			b.WriteString(`\` + string(r))
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return quote + b.String() + quote
}
