package dvc

import (
	"context"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/metafile"
)

// collect finds what lies at a path there: tracked by DVC, by git, or a folder in which both
// have something. What git has counts where both say so.
func (s *source) collect(ctx context.Context, at, inTree, hash string) error {
	info, err := fs.Stat(s.near, inTree)
	if err != nil && !missing(err) {
		return errs.Wrap(errs.Unavailable, err, "look at %s there", inTree)
	}
	below, holder := s.outsAt(at)
	if holder != nil && s.lies {
		return s.mixed(ctx, at, inTree, hash, *holder, err == nil)
	}
	if holder != nil && (err != nil || info.IsDir()) {
		e, files, err := s.tracked(ctx, *holder, strings.TrimPrefix(strings.TrimPrefix(at, holder.at), "/"))
		if err == nil {
			s.takeOver(e, files)
		}
		return err
	}
	var files []metafile.TreeFile
	if err == nil {
		files, err = s.inGit(ctx, at, inTree, hash)
	} else if len(below) > 0 {
		err = nil
	} else {
		when := " at that commit"
		if s.lies {
			when = ""
		}
		return errs.New(errs.NotFound, "it has no %s%s", inTree, when).WithHint("`rondo data update` takes a newer one; `rondo data remove` ends the import")
	}
	for _, o := range below {
		if err == nil {
			files, err = s.merge(ctx, files, o, at)
		}
	}
	s.found(files)
	return err
}

// mixed is what lies at the path of an out, or in it, and of what is recorded what does not.
func (s *source) mixed(ctx context.Context, at, inTree, hash string, o tracked, there bool) (err error) {
	var files []metafile.TreeFile
	if there {
		if files, err = s.inGit(ctx, at, inTree, hash); err != nil {
			return err
		}
	}
	if there && o.entry.Sum() == "" {
		s.found(files)
		return nil
	}
	e, in, err := s.tracked(ctx, o, strings.TrimPrefix(strings.TrimPrefix(at, o.at), "/"))
	if err != nil {
		return err
	}
	if !e.IsDir() {
		in = []metafile.TreeFile{{MD5: e.MD5, Exec: e.Exec}}
	}
	s.found(s.addAbsent(files, in, e.Hash))
	return nil
}

// addAbsent adds of files those whose paths the others do not have.
func (s *source) addAbsent(have, more []metafile.TreeFile, hash string) []metafile.TreeFile {
	known := map[string]bool{}
	for _, f := range have {
		known[f.Path] = true
	}
	for _, f := range more {
		if known[f.Path] {
			continue
		}
		if have = append(have, f); hash != s.is.Hash {
			s.hashes[f.MD5] = hash
		}
	}
	return have
}

// outsAt are the cached outs of the other project below a path, and the one that is there or
// that it is in.
func (s *source) outsAt(at string) (below []tracked, holder *tracked) {
	if s.project == nil {
		return nil, nil
	}
	for _, o := range s.project.outs() {
		switch {
		case o.out.NoCache:
		case o.at == at || inside(at, o.at):
			holder = &o
		case at == "." || inside(o.at, at):
			below = append(below, o)
		}
	}
	return below, holder
}

// inGit are the files that git has at a path, but for DVC's own, what it ignores and projects
// inside. Their content is read here only for its hash.
func (s *source) inGit(ctx context.Context, at, inTree, hash string) (files []metafile.TreeFile, err error) {
	err = fs.WalkDir(s.near, inTree, func(name string, d fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(strings.TrimPrefix(name, strings.TrimPrefix(inTree, ".")), "/")
		if err == nil && name != inTree && s.unseen(name, path.Join(at, rel), d) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := s.near.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		sum, size, err := metafile.Sum(ctx, f, hash)
		s.lists[sum] = name
		files = append(files, metafile.TreeFile{Path: rel, MD5: sum, Size: size, Exec: executable(d)})
		return err
	})
	return files, err
}

// unseen reports whether DVC leaves out what git has in a folder that is imported.
func (s *source) unseen(name, inProject string, d fs.DirEntry) bool {
	if !d.IsDir() && (strings.HasSuffix(name, metafile.Suffix) || d.Name() == metafile.PipelineFile || d.Name() == IgnoreFile) || d.Name() == Dir {
		return true
	}
	if s.project != nil && s.project.ignore.Match(inProject, d.IsDir()) {
		return true
	}
	info, err := fs.Stat(s.near, path.Join(name, Dir))
	return d.IsDir() && err == nil && info.IsDir()
}

func executable(d fs.DirEntry) bool {
	info, err := d.Info()
	return err == nil && info.Mode()&0o111 != 0
}

// merge adds what DVC tracks below a path to what git has there.
func (s *source) merge(ctx context.Context, files []metafile.TreeFile, o tracked, at string) ([]metafile.TreeFile, error) {
	e, in, err := s.tracked(ctx, o, "")
	if err != nil {
		return files, err
	}
	if !e.IsDir() {
		in = []metafile.TreeFile{{MD5: e.MD5, Exec: e.Exec}}
	}
	in = slices.Clone(in)
	for i := range in {
		in[i].Path = path.Join(below(o.at, at), in[i].Path)
	}
	return s.addAbsent(files, in, e.Hash), nil
}

// tracked is what DVC tracks there, or the part of it that is named. A folder in a folder has
// no list of its own.
func (s *source) tracked(ctx context.Context, o tracked, part string) (e metafile.Entry, files []metafile.TreeFile, err error) {
	if err := s.comesFrom(ctx, o); err != nil {
		return e, nil, err
	}
	if o.entry.Sum() == "" {
		return e, nil, errs.New(errs.NotFound, "%s has not been made there", o.at).WithHint("run the stage there, and push what it made")
	}
	e = o.entry.Named()
	if e.IsDir() {
		files, err = s.tree(ctx, e)
	}
	if err != nil || part == "" {
		return e, files, err
	}
	var in []metafile.TreeFile
	for _, f := range files {
		if f.Path == part {
			return metafile.Entry{Hash: e.Hash, MD5: f.MD5, Exec: f.Exec}, nil, nil
		}
		if rel, ok := strings.CutPrefix(f.Path, part+"/"); ok {
			in = append(in, metafile.TreeFile{Path: rel, MD5: f.MD5, Size: f.Size})
		}
	}
	if len(in) == 0 {
		return e, nil, errs.New(errs.NotFound, "it has no %s in %s at that commit", part, o.at)
	}
	return metafile.Entry{Hash: e.Hash, MD5: metafile.TreeSum(metafile.TreeText(in))}, in, nil
}

// comesFrom opens where the other project has imported a path from, unless it has it all.
func (s *source) comesFrom(ctx context.Context, o tracked) error {
	d := s.project.importOf(o)
	if d == nil {
		s.own = true
		return nil
	}
	if has, err := s.project.Cache.Has(ctx, o.entry); has || err != nil {
		return err
	}
	from, err := s.project.openSource(ctx, o, d)
	if err == nil {
		s.inner = append(s.inner, from)
	}
	return err
}

// tree is the list of a folder there, which is brought where only a remote has it.
func (s *source) tree(ctx context.Context, e metafile.Entry) ([]metafile.TreeFile, error) {
	files, err := s.project.filesOf(e)
	if !errs.Is(err, errs.NotFound) {
		return files, err
	}
	body, err := s.Get(ctx, farName(e.Hash, e.MD5), 0, -1)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, cache.MaxTree+1))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "bring the list of %s", e.Path)
	}
	if metafile.TreeSum(text) != e.MD5 {
		return nil, errs.New(errs.Corrupt, "the list of %s there is damaged: its content has another hash", e.Path).WithHint("push it there again from where it is whole")
	}
	s.lists[e.MD5] = text
	return metafile.ReadTree(e.MD5, text)
}

// found notes what the path holds: a file has an empty path.
func (s *source) found(files []metafile.TreeFile) {
	if len(files) == 1 && files[0].Path == "" {
		f := files[0]
		s.is.MD5, s.is.Size, s.is.Exec = f.MD5, &f.Size, f.Exec
		return
	}
	s.takeOver(metafile.Entry{Hash: s.is.Hash, MD5: metafile.TreeSum(metafile.TreeText(files))}, files)
}

// takeOver notes what the path holds, with the list of a folder.
func (s *source) takeOver(e metafile.Entry, files []metafile.TreeFile) {
	s.is, s.files = e, files
	if text := metafile.TreeText(files); e.IsDir() && metafile.TreeSum(text) == e.MD5 {
		s.lists[e.MD5] = text
	}
}
