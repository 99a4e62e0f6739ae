package figure_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/monitor"
	"rondo/backend/monitor/figure"
)

func numeric(name string) monitor.Column {
	c := monitor.Column{Name: name, Kind: monitor.KindNumeric}
	for i := range 25 {
		c.Histogram.Edges = append(c.Histogram.Edges, float64(i)*1.5-5)
	}
	for i := range 24 {
		c.Histogram.Baseline = append(c.Histogram.Baseline, int(100*math.Exp(-math.Pow(float64(i)-9, 2)/20)))
		c.Histogram.Window = append(c.Histogram.Window, int(40*math.Exp(-math.Pow(float64(i)-13, 2)/12)))
	}
	return c
}

func categorical(name string, labels ...string) monitor.Column {
	c := monitor.Column{Name: name, Kind: monitor.KindCategorical, Histogram: monitor.Histogram{Labels: labels}}
	for i := range labels {
		c.Histogram.Baseline = append(c.Histogram.Baseline, 10*(i+1))
		c.Histogram.Window = append(c.Histogram.Window, 7)
	}
	return c
}

// keep leaves the figures where a person can look at them, if asked to.
func keep(t *testing.T, name string, b []byte) {
	if dir := os.Getenv("RONDO_TEST_KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func draw(t *testing.T, f figure.Figure, err error, format string) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFiguresInBothFormatsAndThemes(t *testing.T) {
	figures := map[string]func(figure.Theme) (figure.Figure, error){
		"numeric": func(th figure.Theme) (figure.Figure, error) { return figure.Column(numeric("wind"), th) },
		"categorical": func(th figure.Theme) (figure.Figure, error) {
			return figure.Column(categorical("weather", "rain", "sun", "fog"), th)
		},
		"quality": func(th figure.Theme) (figure.Figure, error) {
			floor := 0.7
			var list []monitor.Quality
			for _, a := range []float64{0.8, 0.79, 0.61, 0.6, 0.73} {
				list = append(list, monitor.Quality{Metrics: map[string]float64{"accuracy": a, "accuracy_low": a - 0.04, "accuracy_high": a + 0.04}})
			}
			return figure.Quality(list, "accuracy", monitor.Bound{Min: &floor}, th)
		},
	}
	for name, make := range figures {
		for themeName, theme := range map[string]figure.Theme{"light": figure.Light, "dark": figure.Dark} {
			f, err := make(theme)
			svg := draw(t, f, err, figure.SVG)
			checkXML(t, name, svg)
			keep(t, name+"-"+themeName+".svg", svg)
			f, err = make(theme)
			b := draw(t, f, err, figure.PNG)
			img, err := png.Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			colours := map[any]bool{}
			for x := range img.Bounds().Dx() {
				for y := range img.Bounds().Dy() {
					colours[img.At(x, y)] = true
				}
			}
			if len(colours) < 10 {
				t.Errorf("%s in %s has %d colours: it looks blank", name, themeName, len(colours))
			}
			keep(t, name+"-"+themeName+".png", b)
		}
	}
}

func checkXML(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s is no XML: %v", name, err)
		}
		if e, ok := tok.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "image" || e.Name.Local == "b") {
			t.Errorf("%s holds a <%s>", name, e.Name.Local)
		}
	}
}

func TestNamesFromOutsideStayText(t *testing.T) {
	evil := `</text><script>alert(1)</script><b a="&`
	f, err := figure.Column(numeric(evil), figure.Light)
	checkXML(t, "numeric", draw(t, f, err, figure.SVG))
	f, err = figure.Column(categorical(evil+"\x00\x01\xff", evil, "<b>", "ok"), figure.Light)
	checkXML(t, "categorical", draw(t, f, err, figure.SVG))
}

func TestWhatCannotBeDrawnIsSaid(t *testing.T) {
	for _, c := range []monitor.Column{{Name: "empty"}, {Name: "torn", Histogram: monitor.Histogram{Edges: []float64{1, 2}, Baseline: []int{1, 2}, Window: []int{1, 2}}}} {
		if _, err := figure.Column(c, figure.Light); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), c.Name) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	if _, err := figure.Quality(nil, "accuracy", monitor.Bound{}, figure.Light); !errs.Is(err, errs.NotFound) {
		t.Errorf("quality of nothing: %v", err)
	}
	if _, err := figure.ThemeOf("pink"); !errs.Is(err, errs.Invalid) {
		t.Errorf("pink: %v", err)
	}
	f, _ := figure.Column(numeric("x"), figure.Light)
	if err := f.Write(io.Discard, "gif"); !errs.Is(err, errs.Invalid) {
		t.Errorf("gif: %v", err)
	}
}
