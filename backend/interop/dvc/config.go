package dvc

import (
	"path/filepath"
	"strings"
)

// Config is what .dvc/config and .dvc/config.local say: sections of keys, those of
// remotes as remote "NAME".
type Config map[string]map[string]string

// ReadConfig reads the text of a config file.
func ReadConfig(name string, b []byte) (Config, error) {
	c := Config{}
	if len(b) > maxMeta {
		return nil, tooLarge(name, len(b))
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
				return nil, fail(name, Pos{n, 1}, "the section is not closed")
			}
			section = strings.ToLower(kindOf(unquote(line[1:end]))) + rest(unquote(line[1:end]))
			if c[section] == nil {
				c[section] = map[string]string{}
			}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section == "" {
			return nil, fail(name, Pos{n, 1}, "want [SECTION] or KEY = VALUE, found %.40q", line)
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

// over lays a second config over the first.
func (c Config) over(top Config) Config {
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

// cacheDir is where the cache lies: from the config's folder if it is not absolute.
func (c Config) cacheDir(root string) string {
	dir := c["cache"]["dir"]
	switch {
	case dir == "":
		return filepath.Join(root, Dir, "cache")
	case filepath.IsAbs(dir):
		return dir
	}
	return filepath.Join(root, Dir, filepath.FromSlash(dir))
}
