package mlflow_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/ledger"
)

// keptStep is what MLflow's own file store forgets: the step of a point that has a dataset.
var keptStep = []string{"/history/f1: [[1 1700000002500 0.5]"}

// TestRealStores makes stores with the real client, imports them, and compares what the
// client says of both, field by field.
func TestRealStores(t *testing.T) {
	c := startClient(t)
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		uri := "sqlite:///" + dir + "/mlflow.db"
		c.do(t, nil, "make", uri, dir+"/art")
		h := open(t)
		want := h.comesWhole(t, c, dir+"/mlflow.db", uri, dir, dir+"/art")
		t.Run("postgres", func(t *testing.T) { inPostgres(t, c, dir, want) })
		h.repeats(t, c, dir+"/mlflow.db", uri, dir+"/art")
		h.leaves(t, c)
	})
	t.Run("files", func(t *testing.T) {
		dir := t.TempDir()
		uri := "file://" + dir + "/mlruns"
		c.do(t, nil, "make", uri, nil)
		h := open(t)
		h.comesWhole(t, c, dir, uri, dir)
		h.repeats(t, c, dir+"/mlruns", uri)
		t.Run("moved", func(t *testing.T) { moved(t, dir) })
	})
	t.Run("before", func(t *testing.T) {
		for version, revision := range map[string]string{"2.22": "0584bdc529eb", "1.24": "bd07f7e963c5"} {
			t.Run(version, func(t *testing.T) { comesOld(t, c, revision) })
		}
	})
}

// comesWhole imports and compares; the source stays as it was, to the byte.
func (h *house) comesWhole(t *testing.T, c *client, source, uri, dir string, roots ...string) map[string]any {
	t.Helper()
	want := c.dump(t, uri)
	before := hashes(t, dir)
	a := h.bring(t, source, roots...)
	if after := hashes(t, dir); after != before {
		t.Error("the source was changed")
	}
	if len(a.Left) != 0 {
		t.Errorf("left: %+v", a.Left)
	}
	if v, err := h.registry.Version(t.Context(), "clf model", 4); err != nil || !v.Empty || v.Size != 0 {
		t.Errorf("the version without files came as %+v, %v", v, err)
	}
	same(t, want, c.dump(t, h.url), keptStep...)
	h.rebuilds(t)
	return want
}

func hashes(t testing.TB, dir string) string {
	t.Helper()
	sum := sha256.New()
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		sum.Write([]byte(name))
		sum.Write(b)
		return err
	}))
	return hex.EncodeToString(sum.Sum(nil))
}

// rebuilds wants the same rows from an index that is made anew.
func (h *house) rebuilds(t *testing.T) {
	t.Helper()
	var now, then bytes.Buffer
	must(t, h.ledger.Dump(t.Context(), &now))
	l, err := ledger.Open(t.Context(), ledger.Options{JournalDir: filepath.Join(h.dir, ".rondo", "journal"), Device: "other", IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: nouns(h.dir)})
	must(t, err)
	defer l.Close()
	must(t, l.Dump(t.Context(), &then))
	if now.String() != then.String() {
		t.Errorf("a rebuilt index has other rows: %s", otherLines(now.String(), then.String()))
	}
}

// otherLines are those that only one of two texts has.
func otherLines(a, b string) string {
	var out strings.Builder
	list := func(mark string, of, against string) {
		has := map[string]int{}
		for line := range strings.Lines(against) {
			has[line]++
		}
		for line := range strings.Lines(of) {
			if has[line]--; has[line] < 0 {
				out.WriteString("\n" + mark + " " + line)
			}
		}
	}
	list("-", a, b)
	list("+", b, a)
	return out.String()
}

// repeats imports again: first nothing is new, then only what was added.
func (h *house) repeats(t *testing.T, c *client, source, uri string, roots ...string) {
	t.Helper()
	a := h.bring(t, source, roots...)
	for _, n := range a.Counts {
		if n.New > 0 || n.Changed > 0 && n.Kind != "model" || n.Same == 0 && n.Left == 0 && n.Kind == "run" {
			t.Errorf("the second import says of %ss: %+v", n.Kind, n)
		}
	}
	if a.Points != 0 {
		t.Errorf("the second import brought %d points", a.Points)
	}
	c.do(t, nil, "more", uri)
	a = h.bring(t, source, roots...)
	if n := counts(a, "run"); n != [4]int{1, 1, 5, 0} {
		t.Errorf("after more, runs are %v", n)
	}
	if a.Points != 1 || counts(a, "version")[0] != 1 {
		t.Errorf("after more came %+v", a)
	}
	same(t, c.dump(t, uri), c.dump(t, h.url), keptStep...)
	c.do(t, nil, "renamed", uri)
	a = h.bring(t, source, roots...)
	if counts(a, "run")[0]+counts(a, "model")[0]+counts(a, "experiment")[0] > 0 {
		t.Errorf("what was renamed came as new: %+v", a)
	}
	same(t, c.dump(t, uri), c.dump(t, h.url), keptStep[0], "/updated: ") // which says when it was taken away here
	h.rebuilds(t)
}

// leaves exports, opens the export with the real client, and brings it into a project again.
func (h *house) leaves(t *testing.T, c *client) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "out")
	x, err := h.importer.Export(t.Context(), to, nil)
	must(t, err)
	want := c.dump(t, h.url)
	same(t, want, c.dump(t, x.URI))
	again := open(t)
	a := again.bring(t, filepath.Join(to, "mlflow.db"))
	if len(a.Left) > 0 {
		t.Errorf("of the export was left: %+v", a.Left)
	}
	same(t, want, c.dump(t, again.url))
	if _, err := h.importer.Export(t.Context(), to, nil); err == nil {
		t.Error("a second export wrote over the first")
	}
	if list, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".rondo-export-*")); len(list) > 0 {
		t.Errorf("left behind: %v", list)
	}
}

// moved imports a store whose addresses are those of another place.
func moved(t *testing.T, dir string) {
	to := filepath.Join(t.TempDir(), "elsewhere")
	must(t, exec.Command("cp", "-r", dir+"/mlruns", to).Run())
	must(t, os.Rename(dir+"/mlruns", dir+"/gone"))
	h := open(t)
	a := h.bring(t, to)
	if a.Files < 8 || counts(a, "version")[0] != 7 {
		t.Errorf("of a moved store came %+v", a)
	}
}

// comesOld imports a database as an older version left it, with the schema of that version.
func comesOld(t *testing.T, c *client, revision string) {
	dir := t.TempDir()
	c.do(t, nil, "old", dir+"/mlflow.db", revision)
	h := open(t)
	a := h.bring(t, dir)
	r, err := h.runs.Get(t.Context(), strings.Repeat("0", 31)+"1")
	must(t, err)
	if r.User != "ann" || r.Params["p"] != "v" || r.Tags["t"] != "w" || float64(r.Metrics["m"].Value) != 0.25 || r.StartedAt.UnixMilli() != 1500000000000 {
		t.Errorf("the run is %+v", r)
	}
	f, _, err := h.runs.OpenArtifact(t.Context(), r.ID, "a.txt")
	must(t, err)
	f.Close()
	if lacks := strings.Join(a.Lacks, ","); !strings.Contains(lacks, "logged models") {
		t.Errorf("it does not say what a store of this version cannot hold: %s", lacks)
	}
	if counts(a, "trace")[0] == 0 {
		if !strings.Contains(strings.Join(a.Lacks, ","), "traces") {
			t.Errorf("no trace came: %+v", a)
		}
		return
	}
	spans, err := h.traces.Spans(t.Context(), strings.Repeat("a", 32))
	must(t, err)
	if len(spans) != 1 || spans[0].ID != "000000000000001f" || spans[0].Status.Code != 1 || len(spans[0].Events) != 1 || spans[0].Events[0].Time != 1500000000601000000 {
		t.Errorf("the spans are %+v", spans)
	}
}

// TestStops stops an import again and again, and lets it end then: nothing comes twice.
func TestStops(t *testing.T) {
	dir := t.TempDir()
	writeStore(t, dir, 40)
	h := open(t)
	for n := range 6 {
		h.stopped(t, dir, n*5)
	}
	h.bring(t, dir)
	other := open(t)
	other.bring(t, dir)
	if a, b := h.said(t), other.said(t); a != b || len(a) < 1000 {
		t.Errorf("an import that was stopped came to\n%.2000s\nand one that was not to\n%.2000s", a, b)
	}
	a := h.bring(t, dir)
	if n := counts(a, "run"); n != [4]int{0, 0, 40, 0} {
		t.Errorf("the last import says %v", n)
	}
}
