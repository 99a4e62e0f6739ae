package plots

import (
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// kinds are how DVC's own templates are drawn.
var kinds = map[string]string{
	"linear": "line", "simple": "line", "smooth": "line", "scatter": "points", "scatter_jitter": "points",
	"bar_horizontal": "bars", "bar_horizontal_sorted": "bars", "confusion": "matrix", "confusion_normalized": "matrix",
}

// style is how a plot is drawn. One of the project's own is looked at for its mark and for
// what it wants of the points; nothing of it is run.
type style struct {
	name  string
	kind  string
	plain bool // it has no place for what tells lines apart, so points keep all of it
}

// marks are what Vega-Lite calls a drawing, and what it is here.
var marks = map[string]string{"point": "points", "circle": "points", "square": "points", "tick": "points", "bar": "bars", "rect": "matrix"}

func templateOf(p *dvc.Project, props *doc.Map) (style, error) {
	v, _ := props.Get("template")
	name, _ := v.(string)
	if name == "" {
		name = "linear"
	}
	at := path.Join(dvc.Dir, "plots", name)
	for _, file := range []string{at, strings.TrimSuffix(at, path.Ext(at)) + ".json", path.Clean(name)} {
		b, err := p.Read(file)
		if err != nil {
			continue
		}
		v, err := doc.ReadParams(file+".json", b)
		if err != nil {
			return style{}, err
		}
		return own(file, v)
	}
	if kind := kinds[name]; kind != "" {
		return style{name: name, kind: kind}, nil
	}
	return style{}, errs.New(errs.NotFound, "there is no template %s", name).
		WithHint("it is a file below .dvc/plots, or one of bar_horizontal, bar_horizontal_sorted, confusion, confusion_normalized, linear, scatter, scatter_jitter, simple, smooth")
}

// own is a template of the project's.
func own(file string, v *doc.Map) (style, error) {
	t := style{name: file, kind: "line", plain: true}
	has := anchors(v)
	if !has["data"] {
		return t, errs.New(errs.Invalid, "the template %s has no <DVC_METRIC_DATA>", file).WithHint("put it where the values of the data belong")
	}
	for _, name := range []string{"color", "column", "group_by_x", "group_by_y", "group_by", "pivot_field", "plot_height", "plot_width", "row", "shape", "stroke_dash", "tooltip", "zoom_and_pan"} {
		t.plain = t.plain && !has[name]
	}
	mark, _ := v.Get("mark")
	if m, ok := mark.(*doc.Map); ok {
		mark, _ = m.Get("type")
	}
	if s, ok := mark.(string); ok && marks[s] != "" {
		t.kind = marks[s]
	}
	return t, nil
}

// numbers are the columns that have to be numbers to be drawn.
func (t style) numbers(s *shape) []column {
	switch t.kind {
	case "line", "points":
		return s.ys
	case "bars":
		return s.xs
	}
	return nil
}

// anchors are the places of a template that are filled.
func anchors(v any) map[string]bool {
	out := map[string]bool{}
	var look func(v any)
	look = func(v any) {
		switch x := v.(type) {
		case *doc.Map:
			for _, k := range x.Keys {
				one, _ := x.Get(k)
				look(one)
			}
		case []any:
			for _, it := range x {
				look(it)
			}
		case string:
			if name, ok := strings.CutPrefix(x, "<DVC_METRIC_"); ok {
				out[strings.ToLower(strings.TrimSuffix(name, ">"))] = true
			}
		}
	}
	look(v)
	return out
}
