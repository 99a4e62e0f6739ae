package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"rondo/backend/monitor"
	"rondo/backend/monitor/report"
)

const evil = `wind"><script src="http://evil.example/x.js"></script><img src=x onerror=alert(1)>`

func window(t *testing.T) (monitor.Window, []monitor.Quality) {
	t.Helper()
	b, err := os.ReadFile("testdata/window.json")
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Window  monitor.Window    `json:"window"`
		History []monitor.Quality `json:"history"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		t.Fatal(err)
	}
	return in.Window, in.History
}

func write(t *testing.T, w monitor.Window, history []monitor.Quality) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, w, history); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReportTellsWhatWasFound(t *testing.T) {
	w, history := window(t)
	page := write(t, w, history)
	if dir := os.Getenv("RONDO_TEST_KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "report.html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text := html.UnescapeString(page)
	for _, c := range w.Columns {
		if !strings.Contains(text, c.Verdict.Text) {
			t.Errorf("the verdict of %s is missing", c.Name)
		}
	}
	for _, want := range []string{w.Verdict.Text, w.Quality.Verdict.Text, "Benjamini", "Adjusted p", "Kolmogorov–Smirnov D", "PSI", "Jensen–Shannon", monitor.Reason("ks"), w.ID} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(page, "<svg"); n != len(w.Columns)+1 {
		t.Errorf("%d figures for %d columns and the quality", n, len(w.Columns))
	}
}

var address = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]`)

// TestReportStandsAlone walks the page's elements: nothing may load or run.
func TestReportStandsAlone(t *testing.T) {
	w, history := window(t)
	page := write(t, w, history)
	if m := address.FindString(page); m != "" {
		t.Errorf("the page names an address: %q", m)
	}
	checkInert(t, page)
}

func checkInert(t *testing.T, page string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			checkTag(t, z.Token())
		}
	}
}

func checkTag(t *testing.T, tag html.Token) {
	t.Helper()
	switch tag.Data {
	case "script", "iframe", "object", "embed", "link", "img", "image", "form", "base", "use":
		t.Errorf("the page holds <%s>", tag.Data)
	}
	for _, a := range tag.Attr {
		key := strings.ToLower(a.Key)
		if strings.HasPrefix(key, "on") || key == "src" || strings.HasSuffix(key, "href") && !strings.HasPrefix(a.Val, "#") {
			t.Errorf("<%s> has %s=%q", tag.Data, a.Key, a.Val)
		}
	}
}

func TestNamesFromOutsideAreEscaped(t *testing.T) {
	w, history := window(t)
	w.Monitor, w.Endpoint, w.Model = evil, evil, evil
	w.Columns[0].Name, w.Brief[0].Name = evil, evil
	w.Columns[0].Role, w.Brief[0].Role = "input", "input"
	w.Columns[0].NewValues = []string{evil}
	w.Columns[0].Verdict.Text = evil
	w.Columns[0].Histogram = monitor.Histogram{Labels: []string{evil, "</svg>" + evil}, Baseline: []int{1, 2}, Window: []int{2, 1}}
	w.Quality.Classes = append(w.Quality.Classes, monitor.ClassQuality{Class: evil})
	w.Quality.Metrics[evil] = 1
	page := write(t, w, history)
	checkInert(t, page)
	if !strings.Contains(page, "&lt;script") {
		t.Error("the name is gone instead of escaped")
	}
}

func TestReportsOfLittleAreWhole(t *testing.T) {
	for _, w := range []monitor.Window{{}, {Status: monitor.StatusNoBasis, Verdict: monitor.Verdict{Text: "There is nothing to compare with"}}, {Status: monitor.StatusTooSmall, Needed: 50}} {
		page := write(t, w, nil)
		if !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Errorf("%s: the page is cut short", w.Status)
		}
	}
}
