package dvc

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// Listed is a file or folder of a repository, as `dvc ls --json` tells it.
type Listed struct {
	Path string  `json:"path"`   // from what was listed
	Out  bool    `json:"isout"`  // DVC tracks it
	Dir  bool    `json:"isdir"`  //
	Exec bool    `json:"isexec"` //
	Size *int64  `json:"size"`   // bytes of a file; null where nothing tells it
	MD5  *string `json:"md5"`    // as it is recorded
}

// List says what of a repository to list.
type List struct {
	Elsewhere
	Recursive bool
	Level     int  // so many folders deep, where recursive; 0: all
	OnlyDVC   bool // leave out what DVC does not track
}

// lister goes through the folders of a tree.
type lister struct {
	*foreignTree
	in   List
	open map[string]*source // by the top of the project
	out  []Listed
}

// List tells what lies at a path of a repository, of DVC and of git, as `dvc ls` does.
func (p *Project) List(ctx context.Context, in List) ([]Listed, error) {
	t, err := p.openElsewhere(ctx, in.Elsewhere)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	l := &lister{foreignTree: t, in: in, open: map[string]*source{}, out: []Listed{}}
	defer l.close()
	if err := l.top(ctx); err != nil {
		return nil, t.lost(err)
	}
	slices.SortFunc(l.out, func(a, b Listed) int { return strings.Compare(a.Path, b.Path) })
	return l.out, nil
}

func (l *lister) close() {
	for _, s := range l.open {
		_ = s.Close() // it was only read
	}
}

// top lists the path that was asked for: a folder, or the one file that it is.
func (l *lister) top(ctx context.Context) error {
	if l.at == "." {
		return l.folder(ctx, ".", 1)
	}
	beside, err := l.children(ctx, path.Dir(l.at), false)
	if err != nil {
		return err
	}
	one, there := beside[path.Base(l.at)]
	switch {
	case !there:
		return errs.New(errs.NotFound, "it has no %s", l.at)
	case one.Dir:
		return l.folder(ctx, l.at, 1)
	}
	l.out = append(l.out, one)
	return nil
}

func (l *lister) folder(ctx context.Context, dir string, depth int) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	children, err := l.children(ctx, dir, l.in.OnlyDVC)
	if err != nil {
		return err
	}
	for name, one := range children {
		at := path.Join(dir, name)
		if one.Dir && l.in.Recursive && (l.in.Level == 0 || depth < l.in.Level) {
			if err := l.folder(ctx, at, depth+1); err != nil {
				return err
			}
			continue
		}
		one.Path = below(at, l.at)
		l.out = append(l.out, one)
	}
	return nil
}

// children are what a folder has by name, of git and of DVC, or of DVC only.
func (l *lister) children(ctx context.Context, dir string, only bool) (map[string]Listed, error) {
	s, in, err := l.project(dir)
	if err != nil {
		return nil, err
	}
	all := map[string]Listed{}
	if !only {
		all, err = l.lying(s, dir, in)
	}
	if err != nil || s.project == nil {
		return all, err
	}
	for _, o := range s.project.outs() {
		if o.out.NoCache {
			continue
		}
		list, within := []Listed{{Path: o.at, MD5: textOf(o.entry.Sum()), Size: o.entry.Size, Exec: o.entry.Exec, Dir: o.entry.IsDir()}}, in == o.at || inside(in, o.at)
		if within {
			if list, err = l.held(ctx, s, o); err != nil {
				return nil, err
			}
		}
		for _, one := range list {
			if in == "." || inside(one.Path, in) {
				addTo(all, below(one.Path, in), one, within)
			}
		}
	}
	return all, nil
}

// project is the project that a folder is in.
func (l *lister) project(dir string) (s *source, in string, err error) {
	top := projectOf(l.near, dir)
	if s, known := l.open[top]; known {
		return s, below(dir, top), nil
	}
	if s, in, err = l.source(dir); err == nil {
		l.open[top] = s
	}
	return s, in, err
}

// lying is what a folder has on the disk, or in the commit.
func (l *lister) lying(s *source, dir, in string) (map[string]Listed, error) {
	all := map[string]Listed{}
	entries, err := fs.ReadDir(l.near, dir)
	if err != nil && !missing(err) {
		if info, not := fs.Stat(l.near, dir); not == nil && !info.IsDir() {
			return all, nil
		}
		return nil, errs.Wrap(errs.Unavailable, err, "look at %s there", dir)
	}
	for _, d := range entries {
		at := path.Join(dir, d.Name())
		if slices.Contains([]string{".git", ".hg", Dir, ".rondo"}, d.Name()) || s.project != nil && s.project.ignore.Match(path.Join(in, d.Name()), d.IsDir()) {
			continue
		}
		one := Listed{Path: d.Name(), Dir: d.IsDir()}
		info, err := fs.Stat(l.near, at) // of what a link leads to
		if err == nil && !info.IsDir() {
			n := info.Size()
			one.Size, one.Exec = &n, info.Mode()&0o111 != 0
		}
		one.Dir = one.Dir || err == nil && info.IsDir() && d.Type()&fs.ModeSymlink == 0
		all[d.Name()] = one
	}
	return all, nil
}

// held is what DVC has recorded of a folder, file by file.
func (l *lister) held(ctx context.Context, s *source, o tracked) (list []Listed, err error) {
	if !o.entry.IsDir() && len(o.entry.List) == 0 {
		return nil, nil
	}
	_, files, err := s.tracked(ctx, o, "")
	for _, f := range files {
		list = append(list, Listed{Path: path.Join(o.at, f.Path), MD5: textOf(f.MD5), Exec: f.Exec})
	}
	return list, err
}

// addTo adds what DVC tracks below a folder to what lies in it. What lies there tells its own size.
// A folder on the way is an out only within one.
func addTo(all map[string]Listed, at string, one Listed, within bool) {
	name, _, deeper := strings.Cut(at, "/")
	was, there := all[name]
	switch {
	case deeper:
		was.Dir, was.Out = true, was.Out || within
	case there:
		was.Out, was.MD5 = true, one.MD5
	default:
		was = one
		was.Out = true
	}
	if was.Path = name; was.Dir {
		was.Size = nil
	}
	all[name] = was
}

func textOf(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
