// Package config reads .dvc/config as DVC does, and what it says of caches, remotes and how options
// are written. It knows texts only: which files there are and which of them is over which other,
// the caller says.
package config

import (
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Config is what .dvc/config and .dvc/config.local say: sections of keys, those of
// remotes as remote "NAME".
type Config map[string]map[string]string

// Read reads the text of a config file.
func Read(name string, b []byte) (Config, error) {
	c := Config{}
	if len(b) > doc.MaxSize {
		return nil, doc.TooLarge(name, len(b))
	}
	section, n := "", 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			end := strings.LastIndexByte(line, ']')
			if end < 0 {
				return nil, doc.Fail(name, doc.Pos{Line: n, Col: 1}, "the section is not closed")
			}
			section = strings.ToLower(kindOf(unquote(line[1:end]))) + rest(unquote(line[1:end]))
			if c[section] == nil {
				c[section] = map[string]string{}
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section == "" {
			return nil, doc.Fail(name, doc.Pos{Line: n, Col: 1}, "want [SECTION] or KEY = VALUE, found %.40q", line)
		}
		c[section][strings.ToLower(unquote(strings.TrimSpace(key)))] = unquote(comment(strings.TrimSpace(value)))
	}
	return c, nil
}

func kindOf(section string) string { k, _, _ := strings.Cut(section, " "); return k }

func rest(section string) string {
	_, name, ok := strings.Cut(section, " ")
	if !ok {
		return ""
	}
	return ` "` + unquote(strings.TrimSpace(name)) + `"`
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// comment takes a comment off the end of a value that is not in quotes.
func comment(v string) string {
	if v == "" || v[0] == '"' || v[0] == '\'' {
		return v
	}
	if i := strings.Index(v, " #"); i >= 0 {
		return strings.TrimSpace(v[:i])
	}
	return v
}

// Over lays a second config over the first.
func (c Config) Over(top Config) Config {
	for section, keys := range top {
		if c[section] == nil {
			c[section] = map[string]string{}
		}
		for k, v := range keys {
			c[section][k] = v
		}
	}
	return c
}

// Remotes returns the urls of the remotes by name.
func (c Config) Remotes() map[string]string {
	out := map[string]string{}
	for section, keys := range c {
		if name, ok := strings.CutPrefix(section, "remote "); ok {
			out[unquote(name)] = keys["url"]
		}
	}
	return out
}

// CacheDir is where the cache lies: from the config's folder if it is not absolute.
func (c Config) CacheDir(root string) string {
	dir := c["cache"]["dir"]
	switch {
	case dir == "":
		return filepath.Join(root, ".dvc", "cache")
	case filepath.IsAbs(dir):
		return dir
	}
	return filepath.Join(root, ".dvc", filepath.FromSlash(dir))
}

// CacheTypes are the kinds of link that bring an object into the folder, the best first.
func (c Config) CacheTypes() (list []string) {
	for _, one := range strings.FieldsFunc(c["cache"]["type"], func(r rune) bool { return strings.ContainsRune(` ,"'`, r) }) {
		list = append(list, strings.ToLower(one))
	}
	if len(list) == 0 {
		return []string{"reflink", "copy"}
	}
	return list
}

// From makes what names a folder from the config's own absolute, as DVC takes it.
func (c Config) From(dir string) Config {
	for section, keys := range c {
		key := "url"
		if section == "cache" {
			key = "dir"
		} else if kindOf(section) != "remote" {
			continue
		}
		if at := keys[key]; at != "" && !filepath.IsAbs(at) && !strings.Contains(at, "://") {
			keys[key] = filepath.Join(dir, filepath.FromSlash(at))
		}
	}
	return c
}

// Global is the config that a person has for all projects, where dvc looks for it.
func Global() string {
	if dir := os.Getenv("DVC_GLOBAL_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, "config")
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "dvc", "config")
}

// System is the config that all persons of a machine have.
func System() string {
	if dir := os.Getenv("DVC_SYSTEM_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, "config")
	}
	if dirs := os.Getenv("XDG_CONFIG_DIRS"); dirs != "" {
		return filepath.Join(filepath.SplitList(dirs)[0], "dvc", "config")
	}
	return filepath.Join("/etc", "xdg", "dvc", "config")
}
