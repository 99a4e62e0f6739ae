package dataset

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strconv"

	"rondo/backend/folder"
)

// LeftOut is what .rondoignore leaves out of a dataset's folder.
type LeftOut struct {
	Files   int    `json:"files"`
	Folders int    `json:"folders"` // none of what lies in them is counted
	Rules   []Rule `json:"rules"`   // that leave something out
}

// Rule is a line of a .rondoignore, with what it leaves out.
type Rule struct {
	File    string   `json:"file"` // from the project folder
	Line    int      `json:"line"`
	Text    string   `json:"text"`
	Files   int      `json:"files"`
	Folders int      `json:"folders"`
	Such    []string `json:"such"` // some of them, in the dataset's folder
}

const maxSuch = 5

// StatusRuled is Status that tells what rules leave out, where there are any: then all names are
// looked at, and not only what has changed.
func (s *Service) StatusRuled(ctx context.Context, name string) (Status, error) {
	st, err := s.Status(ctx, name)
	if err != nil || !st.ruled {
		return st, err
	}
	st.LeftOut, err = s.leftOut(ctx, st.Path)
	return st, err
}

func (s *Service) leftOut(ctx context.Context, at string) (*LeftOut, error) {
	all, by := &LeftOut{}, map[string]int{}
	err := folder.LeftOut(ctx, s.root, at, func(l folder.Left) {
		file := path.Join(l.By.Base(), folder.IgnoreFile)
		key := file + ":" + strconv.Itoa(l.By.Line)
		i, known := by[key]
		if !known {
			i, by[key] = len(all.Rules), len(all.Rules)
			all.Rules = append(all.Rules, Rule{File: file, Line: l.By.Line, Text: l.By.String()})
		}
		all.Rules[i].leaves(l)
		if l.Dir {
			all.Folders++
		} else {
			all.Files++
		}
	})
	if err != nil || len(all.Rules) == 0 {
		return nil, err
	}
	slices.SortFunc(all.Rules, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return all, nil
}

func (r *Rule) leaves(l folder.Left) {
	name := l.Path
	if l.Dir {
		r.Folders++
		name += "/"
	} else {
		r.Files++
	}
	if len(r.Such) < maxSuch {
		r.Such = append(r.Such, name)
	}
}
