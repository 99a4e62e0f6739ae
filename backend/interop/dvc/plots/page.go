package plots

import (
	_ "embed"
	"html"
	"html/template"
	"io"
	"sync"

	"rondo/backend/errs"
)

//go:embed page.html
var source string

var sheet = sync.OnceValue(func() *template.Template { return template.Must(template.New("plots").Parse(source)) })

// Generator is what the pages of this package say that they come from.
const Generator = "rondo plots"

func escape(s string) string { return html.EscapeString(s) }

type view struct {
	Title, Generator string
	Figures          []figureView
	Problems         []Problem
}

type figureView struct {
	Figure
	Drawing template.HTML
	Legend  []Key
	Notes   []string
	Shots   []shot
}

type shot struct {
	Rev, File string
	URL       template.URL
}

// Write writes the page: figures as SVG and images, all of them in it. It has no script, and
// asks for nothing from elsewhere.
func (p Page) Write(out io.Writer, title string) error {
	v := view{Title: title, Generator: Generator, Problems: p.Problems}
	for _, f := range p.Figures {
		one := figureView{Figure: f}
		if len(f.Points) > 0 {
			d := f.Draw()
			one.Drawing, one.Legend, one.Notes = template.HTML(d.SVG), d.Legend, d.Notes // every text in it is escaped
		}
		for _, i := range f.Images {
			one.Shots = append(one.Shots, shot{i.Rev, i.File, template.URL(i.URL())})
		}
		v.Figures = append(v.Figures, one)
	}
	if err := sheet().Execute(out, v); err != nil {
		return errs.New(errs.Unavailable, "the page of plots: %w", err)
	}
	return nil
}
