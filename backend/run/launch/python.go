package launch

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// python is an interpreter that is being looked at.
type python struct {
	executable, version, prefix string
	packages                    []Package
}

const maxPackages = 5000

var pythonName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(python|pypy)(\d+(\.\d+)*)?(\.exe)?$`) })

// findPython reads which interpreter a command uses. Nothing is executed: the folder of
// a project may bring its own interpreter and packages, which may be anything.
func findPython(command []string, dir string, environ []string) *python {
	path := lookup(command[0], dir, environ)
	if path == "" {
		return nil
	}
	if !pythonName().MatchString(filepath.Base(path)) {
		if path = interpreter(path, dir, environ); path == "" {
			return nil
		}
	}
	p := &python{executable: path, prefix: filepath.Dir(filepath.Dir(path)), packages: []Package{}}
	p.look()
	return p
}

// lookup finds a program in the PATH of the run, not in this program's.
func lookup(name, dir string, environ []string) string {
	if strings.ContainsAny(name, `/\`) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		return ""
	}
	var path string
	for _, kv := range environ {
		if k, v, _ := strings.Cut(kv, "="); k == "PATH" {
			path = v
		}
	}
	for _, d := range filepath.SplitList(path) {
		if !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		if found, err := exec.LookPath(filepath.Join(d, name)); err == nil {
			return found
		}
	}
	return ""
}

// interpreter reads the first line of a script: #!/usr/bin/env python3.
func interpreter(path, dir string, environ []string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, 512)).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		return ""
	}
	if filepath.Base(words[0]) == "env" {
		if words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, "-") }); len(words) == 0 {
			return ""
		}
	}
	if !pythonName().MatchString(filepath.Base(words[0])) {
		return ""
	}
	return lookup(words[0], dir, environ)
}

// look reads version and packages: of the environment itself and, where it uses them,
// those of the system.
func (p *python) look() {
	config := readConfig(filepath.Join(p.prefix, "pyvenv.cfg"))
	prefixes := []string{p.prefix}
	if config == nil {
		if real, err := filepath.EvalSymlinks(p.executable); err == nil && filepath.Dir(filepath.Dir(real)) != p.prefix {
			prefixes = append(prefixes, filepath.Dir(filepath.Dir(real)))
		}
	}
	if p.version = config["version"]; p.version == "" {
		p.version = config["version_info"]
	}
	if config["include-system-site-packages"] == "true" && config["home"] != "" {
		prefixes = append(prefixes, filepath.Dir(config["home"]))
	}
	seen := map[string]bool{}
	for _, prefix := range prefixes {
		for _, dir := range p.sites(prefix) {
			p.read(dir, seen)
		}
	}
	sort.Slice(p.packages, func(i, j int) bool { return strings.ToLower(p.packages[i].Name) < strings.ToLower(p.packages[j].Name) })
}

func readConfig(path string) map[string]string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	out := map[string]string{}
	lines := bufio.NewScanner(io.LimitReader(f, 64<<10))
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), "="); ok {
			out[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
		}
	}
	return out
}

var libName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:python|pypy)(\d+\.\d+)$`) })

// sites are the folders that hold packages below a prefix.
func (p *python) sites(prefix string) (dirs []string) {
	for _, lib := range []string{"lib", "lib64", filepath.Join("local", "lib")} {
		entries, _ := os.ReadDir(filepath.Join(prefix, lib)) // none: nothing there
		for _, e := range entries {
			m := libName().FindStringSubmatch(e.Name())
			if m == nil && e.Name() != "python3" || m != nil && !p.fits(m[1]) {
				continue
			}
			dirs = append(dirs, filepath.Join(prefix, lib, e.Name(), "site-packages"), filepath.Join(prefix, lib, e.Name(), "dist-packages"))
		}
	}
	return append(dirs, filepath.Join(prefix, "Lib", "site-packages"))
}

// fits reports whether a folder is for this interpreter, whose version the folder may
// be the first to tell.
func (p *python) fits(version string) bool {
	if p.version == "" {
		p.version = p.named()
	}
	if p.version == "" {
		p.version = version
	}
	return p.version == version || strings.HasPrefix(p.version, version+".") || strings.HasPrefix(version, p.version+".")
}

// named is the version in the interpreter's own name, such as python3.13, which a link may lead to.
func (p *python) named() string {
	real, err := filepath.EvalSymlinks(p.executable)
	if err != nil {
		real = p.executable
	}
	name := strings.TrimSuffix(filepath.Base(real), ".exe")
	version := strings.TrimLeft(name, "python")
	if !strings.Contains(version, ".") {
		return ""
	}
	return version
}

func (p *python) read(dir string, seen map[string]bool) {
	entries, _ := os.ReadDir(dir) // none: nothing there
	for _, e := range entries {
		file := ""
		switch {
		case strings.HasSuffix(e.Name(), ".dist-info"):
			file = "METADATA"
		case strings.HasSuffix(e.Name(), ".egg-info"):
			file = "PKG-INFO"
		default:
			continue
		}
		path := filepath.Join(dir, e.Name(), file)
		if !e.IsDir() {
			path = filepath.Join(dir, e.Name())
		}
		one, ok := readPackage(path)
		if key := strings.ToLower(one.Name); ok && !seen[key] && len(p.packages) < maxPackages {
			seen[key] = true
			p.packages = append(p.packages, one)
		}
	}
}

// readPackage reads name and version at the head of a distribution's metadata.
func readPackage(path string) (p Package, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return p, false
	}
	f, err := os.Open(path)
	if err != nil {
		return p, false
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, 64<<10))
	for lines.Scan() && lines.Text() != "" {
		switch k, v, _ := strings.Cut(lines.Text(), ":"); k {
		case "Name":
			p.Name = short(strings.TrimSpace(v), 200)
		case "Version":
			p.Version = short(strings.TrimSpace(v), 100)
		}
	}
	return p, p.Name != "" && p.Version != ""
}
