package git

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"

	format "github.com/go-git/go-git/v5/plumbing/format/config"

	"rondo/backend/ignore"
)

// settings are what git's config files say, the machine's first and the repository's last,
// with what they include. (go-git follows no include, which is where many people have
// their name.)
type settings struct {
	values  map[string][]string // section.sub.key, section and key in lower case
	gitDir  string              // of this work tree, for includeIf
	branch  string
	nesting int
}

const (
	maxSettings = 1 << 20 // bytes of one config file
	maxIncludes = 10      // as git has it
)

// settings reads the config anew: it is small, and a Repo lives for one piece of work.
func (r *Repo) settings() *settings {
	s := &settings{values: map[string][]string{}}
	var own []string
	if r.repo != nil {
		s.gitDir = r.gitDir
		if head, err := r.Head(); err == nil {
			s.branch = head.Branch
		}
		own = append(own, filepath.Join(commonOf(r.gitDir), "config"))
	}
	for _, at := range append(personal(), own...) {
		s.file(at)
	}
	if s.yes("extensions.worktreeconfig", false) {
		s.file(filepath.Join(s.gitDir, "config.worktree"))
	}
	return s
}

// personal are the config files of the machine and of the person.
func personal() (list []string) {
	if at, set := os.LookupEnv("GIT_CONFIG_SYSTEM"); set {
		list = append(list, at)
	} else if os.Getenv("GIT_CONFIG_NOSYSTEM") == "" {
		list = append(list, "/etc/gitconfig")
	}
	if at, set := os.LookupEnv("GIT_CONFIG_GLOBAL"); set {
		return append(list, at)
	}
	if dir := configHome(); dir != "" {
		list = append(list, filepath.Join(dir, "git", "config"))
	}
	if home, err := os.UserHomeDir(); err == nil {
		list = append(list, filepath.Join(home, ".gitconfig"))
	}
	return list
}

func configHome() string {
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".config")
}

// ownIgnores are the person's rules of what is ignored anywhere: those of the file that
// core.excludesFile names, from the top of the work tree, or of git's usual one.
func (s *settings) ownIgnores(top string) string {
	own, home := atHome(s.get("core.excludesfile")), configHome()
	switch {
	case own == "" && (home == "" || len(s.values["core.excludesfile"]) > 0):
		return ""
	case own == "":
		own = filepath.Join(home, "git", "ignore")
	case !filepath.IsAbs(own):
		own = filepath.Join(top, own)
	}
	return outside(own)
}

func (s *settings) file(at string) {
	f, err := os.Open(at)
	if err != nil {
		return
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSettings))
	f.Close()
	conf := format.New()
	if err != nil || format.NewDecoder(bytes.NewReader(b)).Decode(conf) != nil {
		return // git itself will say what is wrong with it
	}
	for _, section := range conf.Sections {
		name := strings.ToLower(section.Name)
		s.take(at, name, "", section.Options)
		for _, sub := range section.Subsections {
			s.take(at, name, sub.Name, sub.Options)
		}
	}
}

func (s *settings) take(at, section, sub string, options format.Options) {
	prefix := section + "."
	if sub != "" {
		prefix += sub + "."
	}
	for _, o := range options {
		key := strings.ToLower(o.Key)
		s.values[prefix+key] = append(s.values[prefix+key], o.Value)
		if key == "path" && (section == "include" && sub == "" || section == "includeif" && s.holds(at, sub)) {
			s.include(at, o.Value)
		}
	}
}

func (s *settings) include(from, path string) {
	if s.nesting >= maxIncludes || path == "" {
		return
	}
	path = atHome(path)
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(from), path)
	}
	s.nesting++
	s.file(path)
	s.nesting--
}

// holds reports whether the condition of an includeIf is true here.
func (s *settings) holds(from, condition string) bool {
	kind, pattern, _ := strings.Cut(condition, ":")
	switch kind {
	case "gitdir", "gitdir/i":
		return s.gitDir != "" && matchDir(pattern, from, s.gitDir, kind == "gitdir/i")
	case "onbranch":
		if strings.HasSuffix(pattern, "/") {
			pattern += "**"
		}
		return s.branch != "" && ignore.Wildmatch(pattern, s.branch, true)
	}
	return false
}

func matchDir(pattern, from, dir string, fold bool) bool {
	pattern = filepath.ToSlash(atHome(pattern))
	if rest, ok := strings.CutPrefix(pattern, "./"); ok {
		pattern = filepath.ToSlash(filepath.Dir(from)) + "/" + rest
	} else if !strings.HasPrefix(pattern, "/") && !filepath.IsAbs(filepath.FromSlash(pattern)) {
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	dir = filepath.ToSlash(dir)
	if fold {
		pattern, dir = strings.ToLower(pattern), strings.ToLower(dir)
	}
	return ignore.Wildmatch(pattern, dir, true)
}

func atHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

// get returns the last value of a key such as core.autocrlf, empty where there is none.
func (s *settings) get(key string) string {
	list := s.values[key]
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// yes reads a switch.
func (s *settings) yes(key string, otherwise bool) bool {
	if _, set := s.values[key]; !set {
		return otherwise
	}
	switch strings.ToLower(s.get(key)) {
	case "true", "yes", "on", "1":
		return true
	case "": // a key without a value is true, one with an empty value is not; the decoder tells both as empty
		return true
	}
	return false
}
