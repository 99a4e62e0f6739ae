package plots

import (
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// shape is which columns of which files are x and y of a plot in one revision.
type shape struct {
	xs, ys         []column
	xField, yField string
	xLabel, yLabel string
	rows           map[string][]*doc.Map
	points         []*doc.Map
}

// newShape finds out what is x and y, by DVC's rules: what the plot says; else the last
// column of the first list, over its place there.
func newShape(id string, props *doc.Map, data map[string]any) (*shape, error) {
	x, _ := props.Get("x")
	y, _ := props.Get("y")
	s := &shape{rows: map[string][]*doc.Map{}}
	if name, ok := x.(string); ok {
		x = besideY(id, name, y)
	}
	if y == nil {
		y = lastColumn(id, data[id])
	} else if _, byFile := y.(*doc.Map); !byFile {
		y = doc.NewMap(id, y)
	}
	for file, v := range data {
		list, err := rows(file, v)
		if err != nil {
			return nil, err
		}
		s.rows[file] = list
	}
	s.xs, s.ys = columns(x), columns(y)
	for _, c := range slices.Concat(s.xs, s.ys) {
		if err := s.has(c); err != nil {
			return nil, err
		}
	}
	s.labels(props, x, y)
	return s, s.fields()
}

// besideY is a column x in each file of y, as often as that has columns.
func besideY(id, name string, y any) *doc.Map {
	files, ok := y.(*doc.Map)
	if !ok {
		return doc.NewMap(id, name)
	}
	out := &doc.Map{}
	for _, file := range files.Keys {
		fields, _ := files.Get(file)
		list, many := fields.([]any)
		if !many {
			out.Set(file, name)
			continue
		}
		all := make([]any, len(list))
		for i := range all {
			all[i] = name
		}
		out.Set(file, all)
	}
	return out
}

func lastColumn(id string, v any) any {
	for _, list := range lists(v) {
		all := len(list) > 0 && !slices.ContainsFunc(list, func(it any) bool { _, ok := it.(*doc.Map); return !ok })
		if !all {
			continue
		}
		if first := list[0].(*doc.Map); first.Len() > 0 {
			return doc.NewMap(id, first.Keys[first.Len()-1])
		}
	}
	return nil
}

func (s *shape) has(c column) error {
	list, ok := s.rows[c.file]
	if !ok || len(list) == 0 {
		return nil
	}
	if _, ok := list[0].Get(c.field); ok {
		return nil
	}
	return errs.New(errs.NotFound, "%s has no field %s", c.file, c.field).WithHint("it has %s: name one of them as x or y", strings.Join(list[0].Keys, ", "))
}

func (s *shape) labels(props *doc.Map, x, y any) {
	one := func(list []column, other string) string {
		if len(list) > 0 && !slices.ContainsFunc(list, func(c column) bool { return c.field != list[0].field }) {
			return list[0].field
		}
		return other
	}
	s.xLabel, s.yLabel = fieldStep, ""
	if _, ok := x.(*doc.Map); ok {
		s.xLabel = one(s.xs, "x")
	}
	if _, ok := y.(*doc.Map); ok {
		s.yLabel = one(s.ys, "y")
	}
	for key, to := range map[string]*string{"x_label": &s.xLabel, "y_label": &s.yLabel} {
		if v, ok := props.Get(key); ok {
			*to, _ = v.(string)
		}
	}
}

// fields are the names under which points have x and y: of several columns, DVC's own.
func (s *shape) fields() error {
	several := func(list []column) bool {
		return slices.ContainsFunc(list, func(c column) bool { return c.field != list[0].field })
	}
	s.xField = fieldStep
	if len(s.xs) > 0 {
		s.xField = s.xs[0].field
	}
	if several(s.xs) {
		s.xField = fieldX
	}
	if len(s.ys) > 0 {
		s.yField = s.ys[0].field
	}
	if several(s.ys) {
		s.yField = fieldY
	}
	if len(s.xs) > 1 && len(s.xs) != len(s.ys) {
		return errs.New(errs.Invalid, "%d columns are x and %d are y", len(s.xs), len(s.ys)).WithHint("name one x for all, or one for each y")
	}
	return nil
}

// flatten makes the points of a revision: the rows of each y, with what is x and where it is from.
func (s *shape) flatten(rev string) error {
	files := map[string]bool{}
	var list []string
	for _, y := range s.ys {
		if !files[y.file] {
			files[y.file], list = true, append(list, y.file)
		}
	}
	common := commonPath(list)
	for i, y := range s.ys {
		x := column{}
		if len(s.xs) > 1 {
			x = s.xs[i]
		} else if len(s.xs) == 1 {
			x = s.xs[0]
		}
		part, err := s.line(x, y)
		if err != nil {
			return err
		}
		for _, pt := range part {
			pt.Set(fieldRev, rev)
			pt.Set(fieldFile, shortFile(y.file, common))
			pt.Set(fieldName, y.field)
		}
		s.points = append(s.points, part...)
	}
	return nil
}

// line makes the points of one y.
func (s *shape) line(x, y column) ([]*doc.Map, error) {
	from := s.rows[y.file]
	beside := s.rows[x.file]
	if x.file != "" && len(beside) != len(from) {
		return nil, errs.New(errs.Invalid, "%s has %d rows of %s, and %s has %d of %s", x.file, len(beside), x.field, y.file, len(from), y.field).
			WithHint("x and y need the same number of rows")
	}
	out := make([]*doc.Map, len(from))
	for i, row := range from {
		pt := &doc.Map{}
		pt.Update(row)
		if s.yField == fieldY {
			pt.Take(fieldY, row, y.field)
		}
		if x.file == "" {
			pt.Set(fieldStep, int64(i))
		} else {
			pt.Take(s.xField, beside[i], x.field)
		}
		out[i] = pt
	}
	return out, nil
}

// numberless complains about what a column of numbers has that is none; what is empty is a gap.
func (s *shape) numberless(list []column) error {
	bad, all, said := 0, 0, errs.New(errs.Invalid, "")
	for _, c := range list {
		for i, row := range s.rows[c.file] {
			v, ok := row.Get(c.field)
			if _, is := numeric(v); !ok || is || v == nil || v == "" {
				all++
				continue
			}
			if all, bad = all+1, bad+1; bad == 1 {
				at := c.file
				if line := row.At(c.field).Line; line > 0 {
					at += ":" + strconv.Itoa(line)
				}
				said = errs.New(errs.Invalid, "%s: %s of row %d is %s, which is no number", at, c.field, i+1, short(strconv.Quote(word(v)), 40))
			}
		}
	}
	if bad == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "%w; %d of %d values are not drawn", said, bad, all).WithHint("mend the file, or name a column of numbers")
}
