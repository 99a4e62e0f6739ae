package plots

import (
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// Names of fields that are not in the data, as DVC calls them.
const (
	fieldStep = "step"
	fieldX    = "dvc_inferred_x_value"
	fieldY    = "dvc_inferred_y_value"
	fieldRev  = "rev"
	fieldFile = "filename"
	fieldName = "field"
)

// column is a field of a file.
type column struct{ file, field string }

// columns lists what x or y says by file.
func columns(v any) (list []column) {
	m, _ := v.(*doc.Map)
	for i := range m.Len() {
		file := m.Keys[i]
		val, _ := m.Get(file)
		switch x := val.(type) {
		case string:
			list = append(list, column{file, x})
		case []any:
			for _, it := range x {
				if s, ok := it.(string); ok {
					list = append(list, column{file, s})
				}
			}
		}
	}
	return list
}

// points makes the data points of a plot in all revisions.
func (c *collection) points(p *dvc.Project, f *Figure, sides []side, props *doc.Map) {
	var kept *shape
	template, failed := templateOf(p, props)
	for _, s := range sides {
		data := c.data(f.Name, s)
		one, err := newShape(s.plot.ID, props, data)
		if err == nil {
			err = one.flatten(s.rev)
		}
		if err != nil {
			c.page.Problems = append(c.page.Problems, problem(f.Name, s.rev, "", s.inFile(err)))
			continue
		}
		if len(one.points) == 0 {
			continue
		}
		if kept == nil {
			kept = one
		}
		if err := one.numberless(template.numbers(one)); err != nil {
			c.page.Problems = append(c.page.Problems, problem(f.Name, s.rev, "", err))
		}
		f.Revisions = append(f.Revisions, s.rev)
		f.Points = append(f.Points, one.points...)
	}
	if kept == nil {
		return
	}
	f.X, f.Y, f.XLabel, f.YLabel = kept.xField, kept.yField, kept.xLabel, kept.yLabel
	if t, ok := props.Get("title"); ok {
		f.Title, _ = t.(string)
	}
	if failed != nil {
		c.page.Problems = append(c.page.Problems, problem(f.Name, f.Revisions[0], "", failed))
		f.Points = nil
		return
	}
	f.Template, f.kind = template.name, template.kind
	f.Series = name(kept.ys, template.plain, f.Points)
}

// inFile says where a plot is named that cannot be drawn.
func (s side) inFile(err error) error {
	if s.plot.File == "" || s.plot.At.Line == 0 {
		return err
	}
	return errs.New(errs.KindOf(err), "%s:%d: %w", s.plot.File, s.plot.At.Line, err).WithHint("%s", errs.HintOf(err))
}

// name leaves in the points what tells their lines apart, and returns its field.
func name(ys []column, plain bool, points []*doc.Map) (series string) {
	files, fields := map[string]bool{}, map[string]bool{}
	for _, y := range ys {
		files[y.file], fields[y.field] = true, true
	}
	switch {
	case len(files) > 1 && len(fields) > 1:
		series = fieldFile + "::" + fieldName
	case len(files) > 1:
		series = fieldFile
	case len(fields) > 1:
		series = fieldName
	}
	if plain {
		return series
	}
	for _, pt := range points {
		if len(files) > 1 && len(fields) > 1 {
			file, _ := pt.Get(fieldFile)
			field, _ := pt.Get(fieldName)
			pt.Set(series, file.(string)+"::"+field.(string))
		}
		for _, k := range []string{fieldFile, fieldName} {
			if k != series {
				pt.Drop(k)
			}
		}
	}
	return series
}

// data reads the files of a plot; those that cannot be read are told of.
func (c *collection) data(plot string, s side) map[string]any {
	out := map[string]any{}
	for _, at := range sources(s.plot) {
		v, err := s.read(at)
		if err != nil {
			c.page.Problems = append(c.page.Problems, problem(plot, s.rev, at, err))
			continue
		}
		if !empty(v) {
			out[at] = v
		}
	}
	return out
}

func sources(p definition) (list []string) {
	y, _ := p.Props.Get("y")
	if m, ok := y.(*doc.Map); ok {
		list = slices.Clone(m.Keys)
	} else {
		list = []string{p.ID}
	}
	x, _ := p.Props.Get("x")
	if m, ok := x.(*doc.Map); ok && m.Len() > 0 && !slices.Contains(list, m.Keys[0]) {
		list = append(list, m.Keys[0])
	}
	return list
}

func empty(v any) bool {
	switch x := v.(type) {
	case *doc.Map:
		return x.Len() == 0
	case []any:
		return len(x) == 0
	}
	return v == nil || v == "" || v == false || doc.Equal(v, int64(0))
}

// rows are the points that a file holds: those of all lists of mappings in it, side by side.
func rows(file string, v any) ([]*doc.Map, error) {
	switch v.(type) {
	case []any, *doc.Map:
	default:
		return nil, errs.New(errs.Invalid, "%s holds one value and no list of points", file).WithHint("a plot's data is a list such as [{\"step\": 0, \"loss\": 1.5}], alone or under a key")
	}
	var out []*doc.Map
	for _, list := range lists(v) {
		maps := asPoints(list)
		for i, m := range maps {
			if i == len(out) {
				out = append(out, &doc.Map{})
			}
			out[i].Update(m)
		}
	}
	return out, nil
}

func lists(v any) (out [][]any) {
	switch x := v.(type) {
	case []any:
		return [][]any{x}
	case *doc.Map:
		for _, k := range x.Keys {
			one, _ := x.Get(k)
			out = append(out, lists(one)...)
		}
	}
	return out
}

// asPoints is a list of mappings of which the first has all keys; else nothing.
func asPoints(list []any) (out []*doc.Map) {
	for _, it := range list {
		m, ok := it.(*doc.Map)
		if !ok {
			return nil
		}
		out = append(out, m)
		for _, k := range m.Keys {
			if _, known := out[0].Get(k); !known {
				return nil
			}
		}
	}
	return out
}

// shortFile is a file's path without what all of them have in common.
func shortFile(file string, common int) string {
	return strings.Trim(file[min(common, len(file)):], `/\`)
}

// commonPath is how many bytes of their paths several files share, in whole folders.
func commonPath(files []string) int {
	if len(files) < 2 {
		return 0
	}
	best := strings.Split(files[0], "/")
	for _, f := range files[1:] {
		parts, n := strings.Split(f, "/"), 0
		for n < len(best) && n < len(parts) && best[n] == parts[n] {
			n++
		}
		best = best[:n]
	}
	return len(path.Join(best...))
}
