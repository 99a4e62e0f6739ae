package dvc

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// Project is a DVC project as it lies in a folder. Every name from it is looked up
// through an os.Root, so that nothing outside is read but the cache.
type Project struct {
	Dir       string // absolute
	Config    Config
	Cache     Cache
	Pipelines []*Pipeline
	Locks     map[string]*Lock // by the path of the dvc.yaml
	Singles   []SingleFile     // by path
	Problems  []error          // files that cannot be read; the others can

	root   *os.Root
	ignore *Ignore
	seen   map[string]sight
}

// SingleFile is a .dvc file and its place.
type SingleFile struct {
	Path string // in the project
	*Single
}

// Find returns the DVC project that dir is in: the nearest folder upward with .dvc in it.
func Find(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := abs; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, Dir)); err == nil && info.IsDir() {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", errs.New(errs.NotFound, "%s is not inside a DVC project: no folder upward has a %s", abs, Dir).
				WithHint("name the folder of a DVC project")
		}
	}
}

// Open reads a DVC project: its settings, pipelines, locks and .dvc files. What of them
// cannot be read is in Problems.
func Open(dir string) (*Project, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%s cannot be opened: %w", dir, err)
	}
	p := &Project{Dir: dir, Config: Config{}, Locks: map[string]*Lock{}, root: root, seen: map[string]sight{}}
	for _, name := range []string{"config", "config.local"} {
		b, err := p.Read(path.Join(Dir, name))
		if missing(err) {
			continue
		}
		if err == nil {
			var c Config
			if c, err = ReadConfig(path.Join(Dir, name), b); err == nil {
				p.Config = p.Config.over(c)
			}
		}
		if err != nil {
			p.problem(err)
		}
	}
	p.Cache = Cache{p.Config.cacheDir(dir)}
	w := &walk{p: p, git: &Ignore{}}
	p.ignore = DefaultIgnore()
	if err := w.folder("."); err != nil {
		return nil, err
	}
	slices.SortFunc(p.Pipelines, func(a, b *Pipeline) int { return strings.Compare(a.File, b.File) })
	slices.SortFunc(p.Singles, func(a, b SingleFile) int { return strings.Compare(a.Path, b.Path) })
	return p, nil
}

// Close lets the folder go.
func (p *Project) Close() error { return p.root.Close() }

func (p *Project) problem(err error) { p.Problems = append(p.Problems, err) }

// Read reads a file of DVC's own in the project.
func (p *Project) Read(name string) ([]byte, error) {
	f, err := p.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return nil, errs.New(errs.Invalid, "%s is not a file", name)
	}
	if err == nil && info.Size() > maxMeta {
		return nil, tooLarge(name, int(info.Size()))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxMeta+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", name)
	}
	return b, nil
}

// walk collects DVC's files as DVC does: not in what is ignored, not in what a stage
// makes or a .dvc file tracks, and not in projects inside this one.
type walk struct {
	p    *Project
	git  *Ignore
	outs map[string]bool
}

const maxFolders = 200_000

func (w *walk) folder(dir string) error {
	if len(w.outs) > maxFolders {
		return errs.New(errs.TooLarge, "%s has more than %d folders", w.p.Dir, maxFolders)
	}
	entries, err := fs.ReadDir(w.p.root.FS(), dir)
	if err != nil {
		w.p.problem(errs.New(errs.Unavailable, "%s cannot be read: %w", dir, err))
		return nil
	}
	w.rules(dir)
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		if e.Type().IsRegular() && (e.Name() == PipelineFile || strings.HasSuffix(e.Name(), Suffix)) &&
			!w.p.ignore.Match(at, false) && !w.git.Match(at, false) {
			w.file(at)
		}
	}
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		if !e.IsDir() || e.Name() == ".rondo" || w.outs[at] || w.p.ignore.Match(at, true) || w.git.Match(at, true) {
			continue
		}
		if info, err := w.p.root.Stat(path.Join(at, Dir)); err == nil && info.IsDir() {
			continue // a project of its own
		}
		if err := w.folder(at); err != nil {
			return err
		}
	}
	return nil
}

// rules takes a folder's ignore files over.
func (w *walk) rules(dir string) {
	if at := path.Join(dir, IgnoreFile); !w.p.ignore.Match(at, false) {
		if b, err := w.p.Read(at); err == nil {
			w.p.ignore = w.p.ignore.With(dir, b)
		}
	}
	if b, err := w.p.Read(path.Join(dir, ".gitignore")); err == nil {
		w.git = w.git.With(dir, b)
	}
}

func (w *walk) file(at string) {
	b, err := w.p.Read(at)
	if err != nil {
		w.p.problem(err)
		return
	}
	if path.Base(at) == PipelineFile {
		w.pipeline(at, b)
		return
	}
	s, err := ReadSingle(at, b)
	if err != nil {
		w.p.problem(err)
		return
	}
	w.p.Singles = append(w.p.Singles, SingleFile{at, s})
	for _, o := range s.Outs {
		w.made(path.Join(path.Dir(at), s.Wdir, o.Entry.Path))
	}
}

func (w *walk) pipeline(at string, b []byte) {
	pl, err := ReadPipeline(at, b, w.p.Read)
	if err != nil {
		w.p.problem(err)
		return
	}
	w.p.Pipelines = append(w.p.Pipelines, pl)
	for _, s := range pl.Stages {
		for _, o := range s.Outs {
			w.made(path.Join(s.Wdir, o.Path))
		}
	}
	name := path.Join(path.Dir(at), LockFile)
	text, err := w.p.Read(name)
	if missing(err) {
		return
	}
	var l *Lock
	if err == nil {
		l, err = ReadLock(name, text)
	}
	if err != nil {
		w.p.problem(err)
		return
	}
	w.p.Locks[at] = l
}

func (w *walk) made(at string) {
	if w.outs == nil {
		w.outs = map[string]bool{}
	}
	w.outs[path.Clean(at)] = true
}
