package plots

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// definition is what a revision says of one plot.
type definition struct {
	File  string   // the dvc.yaml that names it; empty where a stage does, or the call
	ID    string   // its name there: the path of its data, or any other where Props say what y is by file
	At    doc.Pos  // of its name in File
	Props *doc.Map // template, x, y, title, x_label and y_label
}

// defined are the plots of a revision and how their data is read.
type defined struct {
	List []definition

	contents dvc.Contents
	readers  map[string]dvc.Reader
	headers  map[string]*doc.Map // what stages say of the files that they make
	call     *doc.Map
}

// plotProps are the words that a stage may say of a plot.
var plotProps = []string{"template", "x", "y", "x_label", "y_label", "title", "header"}

// definedIn collects the plots that every dvc.yaml names at its top, those that stages make, and
// files that targets name. A target is a regular expression of plots' names, as DVC takes it;
// none are all. Props count more than what is written in the project.
func definedIn(p *dvc.Project, targets []string, props *doc.Map) (defined, error) {
	s := defined{contents: p.Contents(), readers: map[string]dvc.Reader{}, headers: map[string]*doc.Map{}, call: props}
	wanted, err := plotTargets(targets)
	if err != nil {
		return s, err
	}
	for _, pl := range p.Pipelines {
		s.named(pl, wanted)
	}
	for _, o := range s.contents.Marked("plots") {
		own := &doc.Map{}
		for _, k := range plotProps {
			if v, ok := o.Plot.Get(k); ok {
				own.Set(k, v)
			}
		}
		s.headers[o.Path] = own
		if wanted(o.File, o.Path) {
			s.files("", o.Path, doc.Pos{}, own, nil)
		}
	}
	found := len(s.List) > 0
	for _, t := range targets {
		at := path.Clean(t)
		if there := s.found(at); there || !found {
			s.files("", at, doc.Pos{}, nil, nil)
		}
	}
	return s, nil
}

// plotTargets says whether a plot of a file is wanted.
func plotTargets(targets []string) (func(file, id string) bool, error) {
	var list []*regexp.Regexp
	for _, t := range targets {
		re, err := regexp.Compile("^(?:" + t + ")")
		if err != nil {
			return nil, errs.New(errs.Invalid, "%q is no name of a plot, and no regular expression: %w", t, err).WithHint("`rondo plots show` without names shows all plots")
		}
		list = append(list, re)
	}
	return func(file, id string) bool {
		return len(list) == 0 || slices.ContainsFunc(list, func(re *regexp.Regexp) bool {
			return re.MatchString(id) || re.MatchString(file+"::"+id)
		})
	}, nil
}

// named takes the list at the top of a dvc.yaml.
func (s *defined) named(pl *metafile.Pipeline, wanted func(file, id string) bool) {
	dir := path.Dir(pl.File)
	defs, at := &doc.Map{}, map[string]doc.Pos{}
	for _, v := range pl.Plots {
		switch x := v.(type) {
		case string:
			defs.Set(x, nil)
		case *doc.Map:
			if x.Len() > 0 {
				defs.Set(x.Keys[0], x.Value(x.Keys[0]))
				at[x.Keys[0]] = x.At(x.Keys[0])
			}
		}
	}
	var parents []string
	for _, id := range defs.Keys {
		parents = append(parents, path.Join(dir, id))
	}
	for _, id := range defs.Keys {
		if !wanted(pl.File, id) {
			continue
		}
		props, _ := defs.Value(id).(*doc.Map)
		if _, isMap := props.Value("y").(*doc.Map); isMap {
			s.add(definition{pl.File, id, at[id], fromDir(props, dir)})
			continue
		}
		s.files(pl.File, path.Join(dir, id), at[id], props, parents)
	}
}

// fromDir names the files of x and y from the project.
func fromDir(props *doc.Map, dir string) *doc.Map {
	out := doc.Clone(props).(*doc.Map)
	for _, axis := range []string{"x", "y"} {
		old, ok := out.Value(axis).(*doc.Map)
		if !ok {
			continue
		}
		files := &doc.Map{}
		for _, k := range old.Keys {
			files.Set(path.Join(dir, k), old.Value(k))
		}
		out.Drop(axis)
		out.Set(axis, files)
	}
	return out
}

// files adds a plot for a file, or for each one of a folder that no other name in the list is
// nearer to.
func (s *defined) files(file, at string, pos doc.Pos, props *doc.Map, parents []string) {
	var names []string
	s.found(at)
	if _, is := s.readers[at]; !is {
		for name := range s.readers {
			if strings.HasPrefix(name, at+"/") && !s.contents.Ignored(name) && (parents == nil || nearest(name, parents) == at) {
				names = append(names, name)
			}
		}
	}
	if slices.Sort(names); names == nil && !s.contents.IsFolder(at) {
		names = []string{at}
	}
	for _, name := range names {
		one := &doc.Map{}
		layOver(one, props)
		s.add(definition{file, name, pos, one})
	}
}

// found looks for a file or folder, and remembers how it is read.
func (s *defined) found(at string) bool {
	if !fs.ValidPath(at) {
		return false
	}
	one := s.contents.Of(at)
	maps.Copy(s.readers, one)
	return len(one) > 0
}

// nearest is what a path and one of several folders have in common, of the longest.
func nearest(name string, dirs []string) (best string) {
	for _, d := range dirs {
		a, b, n := strings.Split(name, "/"), strings.Split(d, "/"), 0
		for n < len(a) && n < len(b) && a[n] == b[n] {
			n++
		}
		if common := strings.Join(a[:n], "/"); len(common) > len(best) {
			best = common
		}
	}
	return best
}

// add joins what is said twice of a plot of one file.
func (s *defined) add(one definition) {
	i := slices.IndexFunc(s.List, func(o definition) bool { return o.File == one.File && o.ID == one.ID })
	if i < 0 {
		i, s.List = len(s.List), append(s.List, definition{one.File, one.ID, one.At, &doc.Map{}})
	}
	layOver(s.List[i].Props, one.Props)
	layOver(s.List[i].Props, s.call)
}

// layOver puts what one mapping says over another: mappings key by key, lists behind each other.
func layOver(into, from *doc.Map) {
	for i := range from.Len() {
		k := from.Keys[i]
		v := from.Value(k)
		switch x := v.(type) {
		case *doc.Map:
			if old, ok := into.Value(k).(*doc.Map); ok {
				layOver(old, x)
				continue
			}
			v = doc.Clone(x)
		case []any:
			if old, ok := into.Value(k).([]any); ok {
				v = append(slices.Clone(old), x...)
			}
		}
		into.Set(k, v)
	}
}
