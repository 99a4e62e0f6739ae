package figures

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// Change is a value in two revisions; nil where one of them has none. Diff is there where
// both are numbers.
type Change struct {
	Old  any `json:"old"`
	New  any `json:"new"`
	Diff any `json:"diff,omitempty"`
}

// Changes are changes by file and by the dotted key in it; a file that is one value has the
// key "".
type Changes map[string]map[string]Change

// Compare tells what changed between two revisions of figures, as DVC does; with all, also
// what did not.
func Compare(before, after Files, all bool) Changes {
	out := Changes{}
	for _, at := range slices.Sorted(maps.Keys(before)) {
		out.file(at, before[at], after[at], all)
	}
	for _, at := range slices.Sorted(maps.Keys(after)) {
		if _, both := before[at]; !both {
			out.file(at, nil, after[at], all)
		}
	}
	return out
}

// From is c with the paths as they are said in another way.
func (c Changes) From(path func(at string) string) Changes {
	out := Changes{}
	for at, all := range c {
		out[path(at)] = all
	}
	return out
}

func (c Changes) file(at string, before, after any, all bool) {
	one := map[string]Change{}
	put := func(key string, a, b any) {
		if all || !doc.Equal(a, b) {
			one[key] = Change{doc.Plain(a), doc.Plain(b), difference(a, b)}
		}
	}
	_, wasMap := before.(*doc.Map)
	_, isMap := after.(*doc.Map)
	if !wasMap && !isMap && before != nil && after != nil {
		put("", before, after)
	} else {
		a, restA := leaves(before)
		b, restB := leaves(after)
		for key := range a {
			v, there := b[key]
			if !there {
				v = restB
			}
			put(key, a[key], v)
		}
		for key := range b {
			if _, both := a[key]; !both {
				put(key, restA, b[key])
			}
		}
	}
	if len(one) > 0 {
		c[at] = one
	}
}

// leaves are the values of a document under dotted keys, lists as Python writes them; rest is
// what other keys have.
func leaves(v any) (out map[string]any, rest any) {
	out = map[string]any{}
	m, ok := v.(*doc.Map)
	if !ok {
		if n, is := doc.Number(v); v == nil || v == "" || is && n == 0 {
			return out, nil
		}
		return out, "unable to parse"
	}
	var add func(v any, key string)
	add = func(v any, key string) {
		switch x := v.(type) {
		case *doc.Map:
			for _, k := range x.Keys {
				add(x.Value(k), strings.TrimPrefix(key+"."+k, "."))
			}
		case []any:
			out[key] = doc.Repr(x)
		case doc.Time:
			out[key] = string(x)
		case doc.Big:
			out[key] = string(x)
		default:
			out[key] = v
		}
	}
	add(m, "")
	return out, nil
}

// difference is what Python gives for b - a, if both are numbers.
func difference(a, b any) any {
	x, isA := doc.Number(a)
	y, isB := doc.Number(b)
	if !isA || !isB {
		return nil
	}
	_, floatA := a.(float64)
	_, floatB := b.(float64)
	if floatA || floatB {
		if d := y - x; !math.IsNaN(d) && !math.IsInf(d, 0) {
			return d
		}
		return nil
	}
	return whole(b) - whole(a)
}

func whole(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	n, _ := doc.Number(v)
	return int64(n)
}

// At are the figures of a revision. Where one of DVC's own files is refused there, there are
// none and refused says why: DVC goes on with the other revisions, too.
func At(p *dvc.Project, rev string, of func(*dvc.Project) Files) (f Files, refused, err error) {
	then, err := p.At(rev)
	if err != nil {
		return nil, nil, err
	}
	if then != p {
		defer then.Close()
	}
	switch {
	case then.Misset() != nil:
		return nil, nil, then.Misset()
	case len(then.Problems) > 0:
		return nil, errs.New(errs.Invalid, "%s: %w", rev, then.Problems[0]), nil
	}
	return of(then), nil, nil
}

// Diff compares metrics, or params, of two revisions. Refused are those that have no figures,
// with the reason.
func Diff(ctx context.Context, p *dvc.Project, from, to string, of func(*dvc.Project) Files, all bool) (changes Changes, refused []error, err error) {
	var sides [2]Files
	for i, rev := range []string{from, to} {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		side, no, err := At(p, rev, of)
		if err != nil {
			return nil, nil, err
		}
		if no != nil && (i == 0 || from != to) {
			refused = append(refused, no)
		}
		sides[i] = side
	}
	return Compare(sides[0], sides[1], all), refused, nil
}

// Plain are the figures as encoding/json knows them.
func (f Files) Plain() map[string]any {
	out := map[string]any{}
	for at, v := range f {
		out[at] = doc.Plain(v)
	}
	return out
}

// Leaf is one value of a file.
type Leaf struct {
	Key   string
	Value any
}

// Leaves are the values of a file by dotted key; one that is a value itself has the key "".
func (f Files) Leaves(at string) (list []Leaf) {
	if _, ok := f[at].(*doc.Map); !ok {
		return []Leaf{{"", f[at]}}
	}
	all, _ := leaves(f[at])
	for _, k := range slices.Sorted(maps.Keys(all)) {
		list = append(list, Leaf{k, all[k]})
	}
	return list
}
