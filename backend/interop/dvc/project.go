package dvc

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/ignore"
	"rondo/backend/interop/dvc/metafile"
)

// Project is a DVC project as it lies in a folder. Every name from it is looked up
// through an os.Root, so that nothing outside is read but the cache, and what Allow says.
type Project struct {
	Dir       string // absolute
	Config    config.Config
	Cache     cache.Cache
	Pipelines []*metafile.Pipeline
	Locks     map[string]*metafile.Lock // by the path of the dvc.yaml
	Singles   []SingleFile              // by path
	Problems  []error                   // files that cannot be read; the others can
	Waits     func(text string)         // is told what is waited for without an end, and whose it is

	misset   error // the first of Problems that is one of the settings, which are the same in each commit
	root     *os.Root
	tree     fs.FS // where DVC's own files are read: the folder, or a commit
	ignore   *ignore.Rules
	git      gitRules
	atCommit bool   // read from a commit, where git ignores nothing
	hash     string // that new entries get: MD5, or Dos2Unix in a project of DVC 2
	seen     map[string]sight
	origins  map[string]metafile.Entry // what addresses have that stages name
	brought  map[string]bool           // what came here out of the cache, or went into it
	sums     *sums
	lost     map[string]bool // files that were read and have lost what they held
	made     map[string]bool // outs that stages were run for
	texts    *Readings
	partials map[string]metafile.Entry // what was brought of imports whose .dvc files do not say what it is
	reader   *Project                  // the one that reads this one, to take something over from it
	chain    int                       // how many read each other
	inputs   []string                  // DVC's own files and what they name, read so far
	supposed map[string][]byte         // what some files are taken to say instead
	held     map[string]heldText       // what files said that are not read again; nil: all are
	allowed  []string                  // paths outside of the project that may be read
}

// SingleFile is a .dvc file and its place.
type SingleFile struct {
	Path string // in the project
	*metafile.Single
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
func Open(dir string) (*Project, error) { return OpenAgain(dir, &Readings{}) }

// OpenAgain is Open for who does it often: what looks as texts remember it is not parsed anew.
func OpenAgain(dir string, texts *Readings) (*Project, error) { return openTree(dir, nil, texts) }

// OpenTree reads a DVC project as it was in a commit: DVC's own files come from tree, the
// settings and the cache are those of the folder. A nil tree is the folder.
func OpenTree(dir string, tree fs.FS) (*Project, error) { return openTree(dir, tree, &Readings{}) }

func openTree(dir string, tree fs.FS, texts *Readings) (*Project, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	p := newProject(dir, root, loadSums(dir), texts)
	p.settings()
	if tree != nil {
		p.tree, p.atCommit = tree, true
	}
	return p, p.Reload()
}

func newProject(dir string, root *os.Root, sums *sums, texts *Readings) *Project {
	return &Project{Dir: dir, Config: config.Config{}, root: root, tree: root.FS(), seen: map[string]sight{}, lost: map[string]bool{}, made: map[string]bool{}, origins: map[string]metafile.Entry{}, brought: map[string]bool{}, partials: map[string]metafile.Entry{}, sums: sums, texts: texts}
}

// then is the project as a commit has it, with the settings of now. It shares what is remembered
// of files; who opens it closes its root.
func (p *Project) then(tree fs.FS) (*Project, error) {
	root, err := openRoot(p.Dir)
	if err != nil {
		return nil, err
	}
	t := newProject(p.Dir, root, p.sums, p.texts)
	t.tree, t.atCommit, t.Config, t.Cache = tree, true, p.Config, p.Cache
	return t, t.Reload()
}

func openRoot(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%s cannot be opened: %w", dir, err)
	}
	return root, nil
}

// Reload reads everything but the settings anew.
func (p *Project) Reload() error {
	settings := len(p.Problems)
	w := &walk{p: p, git: !p.atCommit && p.scm(), old: true}
	if err := p.collect(w); err != nil || len(w.found) == 0 || !p.knownTo3() {
		return err
	}
	p.Problems = p.Problems[:settings]
	return p.collect(&walk{p: p, git: w.git})
}

func (p *Project) collect(w *walk) error {
	p.Pipelines, p.Singles, p.Locks = nil, nil, map[string]*metafile.Lock{}
	p.inputs = []string{path.Join(Dir, "config"), path.Join(Dir, "config.local")}
	p.forget()
	p.ignore, p.git = ignore.Default(), gitRules{}
	if w.git {
		p.git = outerGitRules(p.Dir)
	}
	if err := w.folder("."); err != nil {
		return err
	}
	slices.SortFunc(p.Pipelines, func(a, b *metafile.Pipeline) int { return strings.Compare(a.File, b.File) })
	slices.SortFunc(p.Singles, func(a, b SingleFile) int { return strings.Compare(a.Path, b.Path) })
	p.hash = p.generation()
	return nil
}

// generation is the hash of new entries: where all that there are have their names from
// DVC 2, it may be what works here, and it could not read others. DVC 3 reads both.
func (p *Project) generation() string {
	old := p.hasDvcfile()
	for _, o := range p.outs() {
		if o.entry.MD5 == "" {
			continue
		}
		if o.entry.Hash != metafile.Dos2Unix {
			return metafile.MD5
		}
		old = true
	}
	if old || p.begunBy2() {
		return metafile.Dos2Unix
	}
	return metafile.MD5
}

// begunBy2 reports whether only DVC 2 has worked in the project so far: by what it
// remembers of it, or by a cache that has nothing but its layout.
func (p *Project) begunBy2() bool {
	switch _, line := p.memory(); line {
	case 3:
		return false
	case 2:
		return true
	}
	entries, err := os.ReadDir(p.Cache.Dir)
	old := false
	for _, e := range entries {
		if e.Name() == "files" {
			return false
		}
		old = old || len(e.Name()) == 2 && e.IsDir()
	}
	return err == nil && old
}

// settings reads the person's own config, the project's, and the one of this copy of it.
func (p *Project) settings() {
	if name := config.Global(); name != "" {
		if b, err := os.ReadFile(name); err == nil && len(b) <= doc.MaxSize {
			if c, err := config.Read(name, b); err == nil {
				p.Config = p.Config.Over(c.From(filepath.Dir(name)))
			}
		}
	}
	at := map[string]config.Place{}
	for _, name := range []string{"config", "config.local"} {
		b, err := p.Read(path.Join(Dir, name))
		if missing(err) {
			continue
		}
		if err == nil {
			var c config.Config
			if c, err = config.Read(path.Join(Dir, name), b); err == nil {
				p.Config = p.Config.Over(c.From(filepath.Join(p.Dir, Dir)))
				maps.Copy(at, config.Places(Dir, name, b))
			}
		}
		if err != nil {
			p.problem(err)
		}
	}
	if err := p.Config.Check(at); err != nil {
		p.problem(err)
	}
	if len(p.Problems) > 0 {
		p.misset = p.Problems[0]
	}
	p.Cache = cache.Cache{Dir: p.Config.CacheDir(p.Dir), Types: p.Config.CacheTypes(), Shared: p.Config["cache"]["shared"] == "group"}
}

// Inputs are the files that the stages and what is tracked were read from: dvc.yaml, .dvc
// and ignore files, params and vars; also those that were looked for and are not there.
func (p *Project) Inputs() []string {
	out := []string{}
	for _, name := range p.inputs {
		if path.Base(name) != metafile.LockFile && filepath.IsLocal(filepath.FromSlash(name)) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Close lets the folder go.
func (p *Project) Close() error {
	p.sums.save()
	return p.root.Close()
}

func (p *Project) problem(err error) { p.Problems = append(p.Problems, err) }

// Read reads a file of DVC's own in the project.
func (p *Project) Read(name string) ([]byte, error) {
	p.inputs = append(p.inputs, name)
	at := path.Clean(filepath.ToSlash(name))
	if text, is := p.supposed[at]; is {
		return text, nil
	}
	if h, is := p.held[at]; is {
		return h.text, h.err
	}
	text, err := p.readNow(at, name)
	if p.held != nil {
		p.held[at] = heldText{text, err}
	}
	return text, err
}

func (p *Project) readNow(at, name string) ([]byte, error) {
	f, err := p.tree.Open(at)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return nil, errs.New(errs.Invalid, "%s is not a file", name)
	}
	if err == nil && info.Size() > doc.MaxSize {
		return nil, doc.TooLarge(name, int(info.Size()))
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", name)
	}
	text := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // dvc.lock is read for every stage
	if _, err := text.ReadFrom(io.LimitReader(f, doc.MaxSize+1)); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", name)
	}
	return text.Bytes(), nil
}

// walk collects DVC's files as DVC does: not in what is ignored, not in what a stage
// makes or a .dvc file tracks, and not in projects inside this one.
type walk struct {
	p     *Project
	git   bool     // what git ignores counts
	old   bool     // a Dvcfile counts
	found []string // those that were read
	outs  map[string]bool
}

const maxFolders = 200_000

func (w *walk) folder(dir string) error {
	if len(w.outs) > maxFolders {
		return errs.New(errs.TooLarge, "%s has more than %d folders", w.p.Dir, maxFolders)
	}
	entries, err := fs.ReadDir(w.p.tree, dir)
	if err != nil {
		w.p.problem(errs.New(errs.Unavailable, "%s cannot be read: %w", dir, err))
		return nil
	}
	w.rules(dir)
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		if e.Type().IsRegular() && w.counts(e.Name()) &&
			!w.p.ignore.Match(at, false) && !w.p.git.Match(at, false) {
			w.file(at)
		}
	}
	for _, e := range entries {
		at := path.Join(dir, e.Name())
		if !e.IsDir() || e.Name() == ".rondo" || w.outs[at] || w.p.ignore.Match(at, true) || w.p.git.Match(at, true) {
			continue
		}
		if info, err := fs.Stat(w.p.tree, path.Join(at, Dir)); err == nil && info.IsDir() {
			continue // a project of its own
		}
		if err := w.folder(at); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) counts(name string) bool {
	return name == metafile.PipelineFile || metafile.IsSingle(name) && (w.old || name != metafile.OldSingle)
}

// rules takes a folder's ignore files over.
func (w *walk) rules(dir string) {
	if at := path.Join(dir, IgnoreFile); !w.p.ignore.Match(at, false) {
		if b, err := w.p.Read(at); err == nil {
			w.p.ignore = w.p.ignore.With(dir, b)
		}
	}
	if !w.git {
		return
	}
	if b, err := w.p.Read(path.Join(dir, ".gitignore")); err == nil {
		w.p.git = w.p.git.With(dir, b)
	}
}

func (w *walk) file(at string) {
	b, err := w.p.Read(at)
	if err != nil {
		w.p.problem(err)
		return
	}
	if path.Base(at) == metafile.PipelineFile {
		w.pipeline(at, b)
		return
	}
	if path.Base(at) == metafile.OldSingle {
		w.found = append(w.found, at)
	}
	s, err := metafile.ReadSingle(at, b)
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
	pl, err := w.p.texts.pipeline(at, b, w.p.Read, w.p.Config.OptionStyle())
	if err != nil {
		w.p.problem(err)
		return
	}
	w.p.Pipelines = append(w.p.Pipelines, pl)
	for i := range pl.Stages {
		w.p.relative(&pl.Stages[i])
		s := pl.Stages[i]
		for _, o := range s.Outs {
			w.made(path.Join(s.Wdir, o.Path))
		}
	}
	name := path.Join(path.Dir(at), metafile.LockFile)
	text, err := w.p.lockText(name)
	if missing(err) {
		return
	}
	var l *metafile.Lock
	if err == nil {
		l, err = w.p.texts.lock(name, text)
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
