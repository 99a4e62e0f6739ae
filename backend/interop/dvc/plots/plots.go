// Package plots makes figures of what a DVC project says of its plots: the same data points
// as DVC does, drawn as SVG on one page that needs nothing from elsewhere.
package plots

import (
	"context"
	"encoding/base64"
	"mime"
	"path"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// Figure is one plot over all revisions.
type Figure struct {
	Name      string
	Images    []Image // of an image; the rest is of data
	Revisions []string
	Template  string
	kind      string // of drawing
	Title     string
	X, Y      string // fields of the points
	XLabel    string
	YLabel    string
	Series    string // the field that tells lines of one revision apart, or empty
	Points    []*doc.Map
}

// Image is a picture in a revision.
type Image struct {
	Rev  string
	File string
	Data []byte
}

// URL is the image as an address that holds it.
func (i Image) URL() string {
	return "data:" + mime.TypeByExtension(path.Ext(i.File)) + ";base64," + base64.StdEncoding.EncodeToString(i.Data)
}

// Problem is what keeps a plot of a revision from being drawn, or a part of it.
type Problem struct {
	Name   string `json:"name,omitempty"` // of the plot
	Rev    string `json:"rev"`
	Source string `json:"source,omitempty"` // the file
	Msg    string `json:"msg"`
	Hint   string `json:"hint,omitempty"`
}

func problem(name, rev, source string, err error) Problem {
	return Problem{name, rev, source, err.Error(), errs.HintOf(err)}
}

// Page is what was found: all figures, and what could not be drawn.
type Page struct {
	Figures  []Figure
	Problems []Problem
}

// side is a definition of a plot in one revision.
type side struct {
	rev  string
	plot definition
	read func(string) (any, error)
}

// Collect makes the figures of revisions. Workspace comes first wherever it is named. Props
// are those that dvc plots takes, and count more than what the project says.
func Collect(ctx context.Context, p *dvc.Project, revs, targets []string, props *doc.Map) (Page, error) {
	var page Page
	c := &collection{sides: map[string][]side{}, page: &page}
	defer c.close()
	if i := slices.Index(revs, dvc.Workspace); i > 0 {
		revs = append([]string{dvc.Workspace}, slices.Delete(slices.Clone(revs), i, i+1)...)
	}
	for i, rev := range revs {
		if slices.Contains(revs[:i], rev) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return page, err
		}
		if err := c.revision(p, rev, targets, props); err != nil {
			return page, err
		}
	}
	for _, name := range c.names {
		if err := ctx.Err(); err != nil {
			return page, err
		}
		c.figure(p, name)
	}
	return page, nil
}

type collection struct {
	names []string
	sides map[string][]side
	open  []*dvc.Project
	page  *Page
}

func (c *collection) close() {
	for _, p := range c.open {
		_ = p.Close()
	}
}

// revision collects the plots of a revision. One that two files name gets the file in front.
func (c *collection) revision(p *dvc.Project, rev string, targets []string, props *doc.Map) error {
	then, err := p.At(rev)
	if git.Lacks(err) {
		c.page.Problems = append(c.page.Problems, problem("", rev, "", err))
		return nil
	}
	if err != nil {
		return err
	}
	if then != p {
		c.open = append(c.open, then)
	}
	for _, err := range then.Problems {
		c.page.Problems = append(c.page.Problems, problem("", rev, "", err))
	}
	set, err := definedIn(then, targets, props)
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, one := range set.List {
		times[one.ID]++
	}
	read := remember(set.source)
	for _, one := range set.List {
		name := one.ID
		if times[name] > 1 && one.File != "" {
			name = one.File + "::" + name
		}
		if c.sides[name] == nil {
			c.names = append(c.names, name)
		}
		c.sides[name] = append(c.sides[name], side{rev: rev, plot: one, read: read})
	}
	return nil
}

// remember reads each file once.
func remember(read func(string) (any, error)) func(string) (any, error) {
	type answer struct {
		v   any
		err error
	}
	had := map[string]answer{}
	return func(at string) (any, error) {
		a, ok := had[at]
		if !ok {
			a.v, a.err = read(at)
			had[at] = a
		}
		return a.v, a.err
	}
}

// figure joins what the revisions have of one plot.
func (c *collection) figure(p *dvc.Project, name string) {
	sides := c.sides[name]
	f := Figure{Name: name, Title: name}
	if slices.Contains(images, path.Ext(sides[0].plot.ID)) {
		f.Name = sides[0].plot.ID
		for _, s := range sides {
			c.image(&f, s)
		}
	} else {
		props := &doc.Map{}
		for _, s := range slices.Backward(sides) {
			for _, k := range s.plot.Props.Keys {
				v, _ := s.plot.Props.Get(k)
				props.Set(k, v)
			}
		}
		c.points(p, &f, sides, props)
	}
	if len(f.Images)+len(f.Points) > 0 {
		c.page.Figures = append(c.page.Figures, f)
	}
}

func (c *collection) image(f *Figure, s side) {
	v, err := s.read(s.plot.ID)
	if err != nil {
		c.page.Problems = append(c.page.Problems, problem(f.Name, s.rev, s.plot.ID, err))
		return
	}
	if b, ok := v.([]byte); ok && len(b) > 0 {
		f.Images = append(f.Images, Image{s.rev, s.plot.ID, b})
		f.Revisions = append(f.Revisions, s.rev)
	}
}
