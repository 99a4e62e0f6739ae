// Package report writes a monitor's window as one HTML page that stands alone: no
// script, no font, no picture and no address from anywhere else, so that it can be
// mailed, kept and printed. It tells what was found and judges nothing itself.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/monitor"
	"rondo/backend/monitor/figure"
)

//go:embed report.html
var source string

//go:embed report.css
var style string

// maxDrawn is how many columns get a figure; the table has all of them.
const maxDrawn = 60

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"num": num, "p": chance, "pct": percent, "when": when, "opt": opt, "measure": measure, "status": statusWord, "bar": bar,
	}).Parse(source))
})

type view struct {
	monitor.Window
	Style   template.CSS
	Columns []columnView
	More    int // columns without a figure
	Trend   template.HTML
	Metric  string
	Every   string
	Rules   []threshold
}

type columnView struct {
	monitor.Column
	ID     string
	Figure template.HTML
	Lead   monitor.Brief
}

// threshold is one rule of the window, with its reason.
type threshold struct {
	Name   string
	Value  float64
	Reason string
}

// Write writes the report of a window, which was read whole. History is the quality
// of the monitor's windows, oldest first; it may be empty.
func Write(out io.Writer, w monitor.Window, history []monitor.Quality) error {
	v := view{Window: w, Style: template.CSS(style), Rules: rules(w)}
	if w.Rule.Every > 0 {
		v.Every = w.Rule.Every.String()
	}
	for i, b := range w.Brief {
		at := slices.IndexFunc(w.Columns, func(c monitor.Column) bool { return c.Name == b.Name && c.Role == b.Role })
		if at < 0 {
			continue
		}
		c := columnView{Column: w.Columns[at], ID: "column-" + strconv.Itoa(i+1), Lead: b}
		if i < maxDrawn {
			c.Figure = columnFigure(c.Column)
		} else {
			v.More++
		}
		v.Columns = append(v.Columns, c)
	}
	v.Metric, v.Trend = trend(w, history)
	var b bytes.Buffer // a page that fails half way must not be half sent
	if err := page().Execute(&b, v); err != nil {
		return errs.New(errs.Internal, "the report of window %d of monitor %s: %w", w.Number, w.Monitor, err)
	}
	_, err := b.WriteTo(out)
	return err
}

func rules(w monitor.Window) (list []threshold) {
	for name, v := range w.Rule.Drift {
		list = append(list, threshold{measure(name), v, monitor.Reason(name)})
	}
	slices.SortFunc(list, func(a, b threshold) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// columnFigure is empty where there is nothing to draw.
func columnFigure(c monitor.Column) template.HTML {
	f, err := figure.Column(c, figure.Inline)
	if err != nil {
		return ""
	}
	return inline(f, "Distribution of "+c.Name+" in training and in the window")
}

func trend(w monitor.Window, history []monitor.Quality) (metric string, svg template.HTML) {
	metric = "accuracy"
	if w.Task == "regression" {
		metric = "mae"
	}
	f, err := figure.Quality(history, metric, w.Rule.Quality[metric], figure.Inline)
	if err != nil {
		return metric, ""
	}
	return metric, inline(f, metric+" of the monitor's windows")
}

// inline turns a figure into an element of the page that follows the page's colours.
func inline(f figure.Figure, label string) template.HTML {
	var b bytes.Buffer
	if err := f.Write(&b, figure.SVG); err != nil {
		return ""
	}
	_, body, ok := strings.Cut(b.String(), "<svg ")
	if !ok {
		return ""
	}
	_, body, _ = strings.Cut(body, "viewBox=")
	view, body, _ := strings.Cut(body, ">")
	view, _, _ = strings.Cut(view, "\n")
	return template.HTML(fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox=%s>`, template.HTMLEscapeString(label), view) + figure.Themed(body))
}

// num writes a number in at most four significant digits.
func num(v float64) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case a >= 1e6 || a < 1e-4:
		return strconv.FormatFloat(v, 'e', 2, 64)
	case a >= 1000:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func opt(v *float64) string {
	if v == nil {
		return "–"
	}
	return num(*v)
}

func chance(v float64) string {
	if v < 0.0001 {
		return "< 0.0001"
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

var measureNames = map[string]string{
	monitor.MeasureKS: "Kolmogorov–Smirnov D", monitor.MeasureChi2: "Cramér's V (chi-square)", monitor.MeasurePSI: "PSI",
	monitor.MeasureJS: "Jensen–Shannon distance", monitor.MeasureWasserstein: "Wasserstein, in standard deviations",
	monitor.CheckMissing: "missing values", monitor.CheckOutOfRange: "values out of range", monitor.CheckNewCategory: "new categories",
}

func measure(code string) string {
	if n, ok := measureNames[code]; ok {
		return n
	}
	return code
}

var statusWords = map[string]string{
	monitor.StatusQuiet: "Quiet", monitor.StatusDrift: "Drift", monitor.StatusTooSmall: "Not enough data", monitor.StatusNoBasis: "No baseline",
}

func statusWord(status string) string { return statusWords[status] }

// bar is how far an effect goes towards twice its threshold, 0 to 100.
func bar(b monitor.Brief) int {
	if b.Threshold <= 0 {
		return 0
	}
	return int(math.Round(100 * math.Min(1, b.Effect/(2*b.Threshold))))
}
