package figures

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// Table is what revisions say, side by side.
type Table struct {
	Revisions []string `json:"revisions"`
	Metrics   []Row    `json:"metrics"`
	Params    []Row    `json:"params"`
	Problems  []string `json:"problems"` // what could not be read, with its revision
}

// Row is one value in all revisions, in the order of these.
type Row struct {
	File    string `json:"file"`
	Key     string `json:"key"`    // dotted; empty where the file is one value
	Values  []any  `json:"values"` // numbers, texts or truths; null where a revision has none
	Differs bool   `json:"differs"`
}

// TableOf reads metrics and params of revisions; of none, those of HEAD and the folder.
func TableOf(ctx context.Context, v *dvc.Inventory, revs []string) (Table, error) {
	p, err := v.Project()
	if err != nil {
		return Table{}, err
	}
	defer p.Close()
	if len(revs) == 0 {
		revs = []string{"HEAD", dvc.Workspace}
	}
	return SideBySide(ctx, p, revs)
}

// SideBySide compares metrics and params of any number of revisions.
func SideBySide(ctx context.Context, p *dvc.Project, revs []string) (Table, error) {
	out := Table{Revisions: revs, Problems: []string{}}
	var metrics, params []Files
	for _, rev := range revs {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		then, err := p.At(rev)
		if git.Lacks(err) {
			metrics, params = append(metrics, nil), append(params, nil)
			out.Problems = append(out.Problems, rev+": "+err.Error()+"; "+errs.HintOf(err))
			continue
		}
		if err != nil {
			return out, err
		}
		metrics, params = append(metrics, Metrics(then)), append(params, Params(then))
		for _, problem := range then.Problems {
			out.Problems = append(out.Problems, rev+": "+problem.Error())
		}
		for _, problem := range unread(then) {
			out.Problems = append(out.Problems, rev+": "+problem)
		}
		if then != p {
			_ = then.Close()
		}
	}
	out.Metrics, out.Params = sideBySide(metrics), sideBySide(params)
	return out, nil
}

// unread says why files of metrics cannot be read, which Metrics leaves out.
func unread(p *dvc.Project) (list []string) {
	_, broken := readMetrics(p)
	for _, err := range broken {
		list = append(list, err.Error())
	}
	slices.Sort(list)
	return list
}

func sideBySide(all []Files) []Row {
	type place struct{ file, key string }
	rows := map[place][]any{}
	for i, of := range all {
		for file := range of {
			for _, leaf := range of.Leaves(file) {
				at := place{file, leaf.Key}
				if rows[at] == nil {
					rows[at] = make([]any, len(all))
				}
				rows[at][i] = leaf.Value
			}
		}
	}
	list := []Row{}
	for _, at := range slices.SortedFunc(maps.Keys(rows), func(a, b place) int {
		return strings.Compare(a.file+"\x00"+a.key, b.file+"\x00"+b.key)
	}) {
		row := Row{File: at.file, Key: at.key}
		for _, v := range rows[at] {
			row.Differs = row.Differs || !alike(v, rows[at][0])
			row.Values = append(row.Values, doc.Plain(v))
		}
		list = append(list, row)
	}
	return list
}

// alike also says of two numbers that are none that they are the same.
func alike(a, b any) bool {
	x, isX := a.(float64)
	y, isY := b.(float64)
	return isX && isY && math.IsNaN(x) && math.IsNaN(y) || doc.Equal(a, b)
}
