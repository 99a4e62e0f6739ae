package dvc_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/plots"
)

// drawn is what both programs say of plots: of each its points, fields, labels and revisions.
func drawn(t *testing.T, answer map[string]any) map[string]any {
	t.Helper()
	out := map[string]any{}
	data, _ := answer["data"].(map[string]any)
	for name, v := range data {
		for i, one := range v.([]any) {
			one := one.(map[string]any)
			if one["type"] == "image" {
				out[fmt.Sprint(name, " ", i)] = map[string]any{"revisions": one["revisions"]}
				continue
			}
			content := one["content"].(map[string]any)
			x, y := encodings(content, "x"), encodings(content, "y")
			title, _ := content["title"].(map[string]any)
			out[name] = map[string]any{"revisions": one["revisions"], "values": content["data"].(map[string]any)["values"], "title": title["text"], "x": x, "y": y}
		}
	}
	return out
}

// encodings finds the first axis of a name in a specification, with its field and title.
func encodings(v any, axis string) any {
	switch x := v.(type) {
	case map[string]any:
		if e, ok := x["encoding"].(map[string]any); ok {
			if a, ok := e[axis].(map[string]any); ok {
				return []any{a["field"], a["title"]}
			}
		}
		for _, k := range []string{"layer", "spec"} {
			if found := encodings(x[k], axis); found != nil {
				return found
			}
		}
	case []any:
		for _, it := range x {
			if found := encodings(it, axis); found != nil {
				return found
			}
		}
	}
	return nil
}

func rondoPlots(t *testing.T, dir string, revs, targets []string, props *doc.Map) map[string]any {
	t.Helper()
	p := open(t, dir)
	defer p.Close()
	page, err := plots.Collect(t.Context(), p, revs, targets, props)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(page.JSON())
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

var placesInJSON = regexp.MustCompile(`: (NaN|-?Infinity)([,}])`)

// dvcPlots is what dvc says; numbers that JSON has no word for become texts.
func (h *history) dvcPlots(args ...string) map[string]any {
	h.t.Helper()
	out := h.d.must(h.main, args...)
	i := strings.IndexByte(out, '{')
	if i < 0 {
		h.t.Fatalf("dvc %v says %q", args, out)
	}
	text := placesInJSON.ReplaceAllString(out[i:strings.LastIndexByte(out, '}')+1], `: "$1"$2`)
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		h.t.Fatalf("dvc %v: %v", args, err)
	}
	return v
}

const plotsPipeline = `plots:
- top.csv
- top.tsv: {x: when, y: b}
- many/deep: {y: v, title: Deep}
- many: {title: Many, template: simple}
- nested.json: {y: loss}
- rows.yaml: {x: at, template: simple, x_label: time, y_label: what}
- roc:
    template: scatter
    title: ROC
    x: fpr
    y:
      sub/roc.json: [tpr, thr]
      sub/more.json: fpr
- both:
    x:
      top.csv: a
    y:
      top.csv: [b, c]
- pairs:
    x: {top.csv: a, many/one.csv: s}
    y: {top.csv: b, many/one.csv: v}
- same:
    x: {top.csv: a}
    y: {top.csv: b}
- conf.csv: {template: confusion, x: actual, y: predicted}
- bars.json: {template: bar_horizontal_sorted, x: n, y: name}
- own.csv: {template: mine, y: b}
- pictures
- ${words.file}
vars:
- words: {file: words.csv}
stages:
  made:
    cmd: "true"
    deps: [in.csv]
    plots:
    - made.csv: {x: s, y: v, title: "as DVC 2 has it", template: simple, x_label: X, y_label: Y}
    - bare.tsv: {header: false, cache: false}
    - folder
`

// writePlots fills all files of data anew.
func (h *history) writePlots(r *rand.Rand) {
	n := 2 + r.Intn(3)
	table := func(sep string, names ...string) string {
		rows := []string{strings.Join(names, sep)}
		for range n {
			var cells []string
			for range names {
				cells = append(cells, []string{"1", "0.5", "-2e3", "x", "", `"a, b"`, `"say ""hi"""`, "nan", "é"}[r.Intn(9)])
			}
			rows = append(rows, strings.Join(cells, sep))
		}
		return strings.Join(rows, "\n") + "\n"
	}
	list := func(keys ...string) string {
		var out []map[string]any
		for range n {
			m := map[string]any{}
			for _, k := range keys {
				m[k] = []any{1, 0.25, "NaN", nil, true, 1e21, "\"Infinity\\"}[r.Intn(7)]
			}
			out = append(out, m)
		}
		b, _ := json.Marshal(out)
		if r.Intn(3) == 0 {
			return strings.Replace(strings.Replace(string(b), ":0.25", ":NaN", 1), ":1e+21", ":-Infinity", 1)
		}
		return string(b)
	}
	for name, text := range map[string]string{
		"top.csv": table(",", "a", "b", "c"), "top.tsv": strings.ReplaceAll(table("\t", "when", "a", "b"), "\n", "\r\n"), "words.csv": table(",", "w"),
		"many/one.csv": table(",", "s", "v"), "many/two.json": list("s", "v"), "many/deep/three.tsv": table("\t", "s", "v"), "many/deep/er/four.json": list("v"),
		"nested.json": `{"train": {"loss": ` + list("loss", "step") + `, "note": "x"}, "other": ` + list("acc") + `, "scalars": [1, 2]}`,
		"rows.yaml":   "- {at: '2024-01-02', v: 1}\n- {at: 2, v: 1e-5}\n- {at: x, v: [1, 2]}\n", "sub/roc.json": `{"roc": ` + list("fpr", "tpr", "thr") + `}`,
		"sub/more.json": list("fpr"), "conf.csv": "actual,predicted\ncat,cat\ncat,dog\ndog,dog\n", "bars.json": list("n", "name"), "own.csv": table(",", "a", "b"),
		"pictures/a.png": "PNG" + fmt.Sprint(n), "pictures/b.svg": "<svg/>", "made.csv": table(",", "s", "v"), "bare.tsv": "1\t2,3\n4\t5\n\n6\n", "folder/x.csv": table(",", "s", "v", "w"), "folder/y.json": list("s"),
		"in.csv": fmt.Sprint(n), ".dvc/plots/mine.json": `{"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "point", "title": {"text": "<DVC_METRIC_TITLE>"}, "encoding": {"x": {"field": "<DVC_METRIC_X>", "title": "<DVC_METRIC_X_LABEL>"}, "y": {"field": "<DVC_METRIC_Y>", "title": "<DVC_METRIC_Y_LABEL>"}}}`,
		"dvclive/dvc.yaml": "plots:\n- plots/metrics:\n    x: step\n- plots/sklearn/roc.json: {template: simple, x: fpr, y: tpr}\n- top.csv: {y: q}\n", "dvclive/top.csv": table(",", "q"),
		"dvclive/plots/metrics/train/loss.tsv": table("\t", "step", "loss"), "dvclive/plots/metrics/acc.tsv": table("\t", "step", "acc"), "dvclive/plots/sklearn/roc.json": list("fpr", "tpr"),
		".dvcignore": "skip.csv\n", "many/skip.csv": table(",", "s", "v"),
		"extra/loose.csv": table(",", "p", "q"),
	} {
		h.write(name, text)
	}
}

// plotted is a project with plots of all forms in several commits, some of them in the cache only.
func plotted(t *testing.T, d *driver, seed int64) *history {
	h := &history{t: t, d: d, main: folder(t, map[string]string{"dvc.yaml": plotsPipeline}), r: rand.New(rand.NewSource(seed))}
	h.git(h.main, "init", "-b", "main", h.main)
	d.must(h.main, "init")
	for i := range 3 {
		h.writePlots(h.r)
		d.must(h.main, "commit", "-f", "-q", "made")
		h.git(h.main, "add", "-A")
		h.git(h.main, "commit", "--allow-empty", "-m", "step")
		h.git(h.main, "tag", fmt.Sprintf("t%d", i))
	}
	return h
}

func (h *history) samePlots(ours, theirs map[string]any, what ...string) {
	h.t.Helper()
	if here, there := canonical(drawn(h.t, ours)), canonical(drawn(h.t, theirs)); here != there {
		h.t.Errorf("dvc %v\n%s", what, lineDiff(here, there))
	}
}

// lineDiff is what of two texts differs, line by line.
func lineDiff(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("rondo\n%s\n\ndvc\n%s", strings.Join(x[max(0, i-8):min(i+12, len(x))], "\n"), strings.Join(y[max(0, i-8):min(i+12, len(y))], "\n"))
		}
	}
	return "dvc has more: " + strings.Join(y[len(x):], "\n")
}

// TestPlotsAreDVCs compares the points of plots of every form, in the folder and over
// revisions, with those of dvc.
func TestPlotsAreDVCs(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for seed := range int64(setting("DVC_ROUNDS", 2)) {
		h := plotted(t, d, int64(setting("DVC_SEED", 3))+seed)
		show := func() {
			t.Helper()
			h.samePlots(rondoPlots(t, h.main, []string{"workspace"}, nil, nil), h.dvcPlots("plots", "show", "--json"), "show")
		}
		show()
		lose(t, h.main, "made.csv", "folder/x.csv", "many/one.csv", "dvclive/plots/metrics/acc.tsv")
		show()
		h.writePlots(h.r)
		show()
		for _, revs := range [][]string{{"t0", "t1"}, {"t2", "workspace", "t0"}, {"t1", "workspace"}} {
			h.samePlots(rondoPlots(t, h.main, revs, nil, nil), h.dvcPlots(append([]string{"plots", "diff", "--json"}, revs...)...), revs...)
		}
		for _, targets := range [][]string{{"roc"}, {"top"}, {"extra/loose.csv"}, {"dvclive/dvc.yaml"}, {"made.csv"}, {"many"}, {"folder"}, {"pictures/a.png", "both"}, {"top.csv"}} {
			ours := rondoPlots(t, h.main, []string{"workspace"}, targets, nil)
			h.samePlots(ours, h.dvcPlots(append([]string{"plots", "show", "--json"}, targets...)...), targets...)
		}
		props := doc.NewMap("template", "simple", "x", "s", "title", "T", "x_label", "XL", "y_label", "YL", "y", "v")
		h.samePlots(rondoPlots(t, h.main, []string{"workspace"}, []string{"made.csv"}, props), h.dvcPlots("plots", "show", "--json", "-t", "simple", "-x", "s", "-y", "v", "--title", "T", "--x-label", "XL", "--y-label", "YL", "made.csv"))
		bare := doc.NewMap("header", false)
		h.samePlots(rondoPlots(t, h.main, []string{"workspace"}, []string{"extra/loose.csv"}, bare), h.dvcPlots("plots", "show", "--json", "--no-header", "extra/loose.csv"))
	}
}

// TestPlotsOfBadDataSayWhere walks what can be wrong with a plot: each is told of with its file, its
// place and a way out, and the others are drawn.
func TestPlotsOfBadDataSayWhere(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "good.csv": "a,b\n1,2\n", "long.csv": "a,b\n\"" + strings.Repeat("x", 140_000) + "\",2\n",
		"bad.json": "[{\"a\": 1},\n {\"a\": }]\n", "bad.yaml": "- a: 1\n  a: 2\n", "data.parquet": "PAR1", "latin.csv": "a\n\xe9\n", "one.json": "3\n",
		"dvc.yaml":  "plots:\n- good.csv\n- long.csv\n- bad.json\n- bad.yaml\n- data.parquet\n- latin.csv\n- one.json\n- gone.csv\n- good.csv2:\n    y: {good.csv: z}\n- uneven:\n    x: {other.csv: a}\n    y: {good.csv: b}\n- many:\n    x: {good.csv: a, other.csv: a}\n    y: {good.csv: b}\n- other.csv: {template: nothing}\n",
		"other.csv": "a\n1\n2\n",
	})
	p := open(t, dir)
	page, err := plots.Collect(t.Context(), p, []string{"workspace"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Figures) != 1 || page.Figures[0].Name != "good.csv" {
		t.Errorf("drawn: %+v", page.Figures)
	}
	want := map[string]string{
		"long.csv": "long.csv:2:1: ", "bad.json": "bad.json:2:8: ", "bad.yaml": "bad.yaml:2:", "data.parquet": ".csv, .tsv", "latin.csv": "UTF-8", "one.json": "one.json holds one value", "gone.csv": "rondo data pull",
		"good.csv2": "dvc.yaml:10: good.csv has no field z", "uneven": "other.csv has 2 rows of a, and good.csv has 1 of b", "many": "2 columns are x and 1 are y", "other.csv": ".dvc/plots",
	}
	for _, pr := range page.Problems {
		if part, ok := want[pr.Name]; !ok || !strings.Contains(pr.Msg+" "+pr.Hint, part) || pr.Hint == "" && !strings.HasPrefix(pr.Name, "bad.") {
			t.Errorf("%+v; want %q", pr, part)
		}
		delete(want, pr.Name)
	}
	if len(want) > 0 {
		t.Errorf("not told of: %v", want)
	}
	if _, err := plots.Collect(t.Context(), p, []string{"workspace"}, []string{"("}, nil); errs.KindOf(err) != errs.Invalid || errs.HintOf(err) == "" {
		t.Errorf("a target that is no regular expression: %v", err)
	}
}

// TestTheFirstRevisionSaysHowAPlotLooks, where revisions say it in other ways; the rest the others say.
func TestTheFirstRevisionSaysHowAPlotLooks(t *testing.T) {
	dir := folder(t, map[string]string{
		".dvc/config": "", "p.csv": "a,b\n1,2\n2,3\n", "dvc.yaml": "plots:\n- p.csv: {title: of the commit, x_label: steps}\n",
	})
	gitDo(t, dir, "init", "-q", "-b", "main")
	gitDo(t, dir, "add", ".")
	gitDo(t, dir, "commit", "-q", "-m", "one")
	put(t, dir, "dvc.yaml", "plots:\n- p.csv: {title: of the folder}\n")
	for _, revs := range [][]string{{"workspace", "main"}, {"main", "workspace"}} {
		page, err := plots.Collect(t.Context(), open(t, dir), revs, nil, nil)
		if err != nil || len(page.Figures) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		if f := page.Figures[0]; f.Title != "of the folder" || f.XLabel != "steps" || len(f.Revisions) != 2 {
			t.Errorf("%v: %q over %q of %v", revs, f.Title, f.XLabel, f.Revisions)
		}
	}
}
