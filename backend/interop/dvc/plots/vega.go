package plots

// JSON is a page as `dvc plots show --json` has it: plots by name, and what went wrong. The
// content of a plot is a specification of Vega-Lite, whose data.values are its points.
func (p Page) JSON() map[string]any {
	data := map[string]any{}
	for _, f := range p.Figures {
		if len(f.Points) > 0 {
			data[f.Name] = []any{map[string]any{"type": "vega", "revisions": f.Revisions, "content": f.Vega()}}
			continue
		}
		list := []any{}
		for _, i := range f.Images {
			list = append(list, map[string]any{"type": "image", "revisions": []string{i.Rev}, "url": i.URL()})
		}
		data[f.Name] = list
	}
	out := map[string]any{"data": data}
	if len(p.Problems) > 0 {
		out["errors"] = p.Problems
	}
	return out
}

// Vega is a figure of data for Vega-Lite.
func (f Figure) Vega() map[string]any {
	values := make([]any, len(f.Points))
	for i, pt := range f.Points {
		values[i] = pt.Plain()
	}
	out := map[string]any{
		"$schema": "https://vega.github.io/schema/vega-lite/v5.json",
		"data":    map[string]any{"values": values},
		"title":   map[string]any{"text": f.Title, "anchor": "middle"},
		"width":   300, "height": 300,
		"usermeta": map[string]any{"template": f.Template},
	}
	x, y := axis(f.X, f.XLabel, "quantitative"), axis(f.Y, f.YLabel, "quantitative")
	code := map[string]any{"x": x, "y": y, "color": map[string]any{"field": fieldRev, "type": "nominal"}}
	mark := "line"
	switch f.kind {
	case "line":
		y["scale"] = map[string]any{"zero": false}
		f.apart(code, "strokeDash")
	case "points":
		mark = "point"
		f.apart(code, "shape")
	case "bars":
		mark, y["type"] = "bar", "nominal"
		code["yOffset"] = map[string]any{"field": fieldRev}
		f.apart(code, "column")
	case "matrix":
		mark, x["type"], y["type"] = "rect", "nominal", "nominal"
		code["color"] = map[string]any{"aggregate": "count", "type": "quantitative"}
		code["column"] = map[string]any{"field": fieldRev, "type": "nominal"}
		f.apart(code, "row")
	}
	out["mark"], out["encoding"] = map[string]any{"type": mark, "tooltip": true}, code
	return out
}

func axis(field, title, kind string) map[string]any {
	return map[string]any{"field": escaped(field), "title": title, "type": kind}
}

// apart tells lines of one revision apart.
func (f Figure) apart(code map[string]any, by string) {
	if f.Series != "" {
		code[by] = map[string]any{"field": f.Series, "type": "nominal"}
	}
}

// escaped writes a field's name as Vega does, for which dots and brackets lead into it.
func escaped(field string) string {
	var out []byte
	for i := range len(field) {
		if c := field[i]; c == '.' || c == '[' || c == ']' {
			out = append(out, '\\')
		}
		out = append(out, field[i])
	}
	return string(out)
}
