package cli_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// zeros is a body without an end in sight.
type zeros struct{ left int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), z.left)
	clear(b[:n])
	z.left -= n
	return int(n), nil
}

const tenGB = 10 << 30

func TestTenGigabytesAreRefusedBeforeTheyAreRead(t *testing.T) {
	w := newWorld(t)
	w.ok("token")
	huge := filepath.Join(t.TempDir(), "huge.json")
	if err := os.WriteFile(huge, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, tenGB); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"endpoint", "predict", "weather", "@" + huge}, {"endpoint", "truth", "weather", "@" + huge}} {
		w.refuses(mistake{args: args, code: 2, wants: []string{"more than 64 MiB", "several parts"}})
	}
	cmd := w.command("endpoint", "predict", "weather", "-")
	cmd.Stdin = &zeros{tenGB}
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "more than 64 MiB") {
		t.Errorf("piped in: %d %s", cmd.ProcessState.ExitCode(), out)
	}
	body := &zeros{tenGB}
	if a := w.request("POST", w.info().URL+"/api/v1/endpoints/weather/predict", body); a.status != 413 || a.Hint == "" || body.left < tenGB-1<<30 {
		t.Errorf("as a body: %d %s, %d bytes left", a.status, a.body, body.left)
	}
	for name, verb := range map[string]string{"params.yaml": "repro", "rondo.yaml": "status"} {
		path := filepath.Join(w.dir, name)
		was, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, tenGB); err != nil {
			t.Fatal(err)
		}
		w.refuses(mistake{args: []string{verb}, code: 2, method: "POST", path: "/executions", body: `{}`, status: 413, wants: []string{name + " has 10737418240 bytes", "limit"}})
		if err := os.WriteFile(path, was, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHundredThousandParams(t *testing.T) {
	w := newWorld(t)
	w.ok("trust", "--yes")
	many := map[string]string{}
	for i := range 100_000 {
		many["p"+strconv.Itoa(i)] = "1"
	}
	body := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	w.refuses(mistake{method: "POST", path: "/runs", body: body(map[string]any{"command": []string{"true"}, "params": many}), status: 413, wants: []string{"100000 params", "limit of 1000"}})
	w.refuses(mistake{method: "POST", path: "/executions", body: body(map[string]any{"params": many}), status: 413, wants: []string{"100000 params", "limit is 1000", "params.yaml"}})
	var list []map[string]string
	for k, v := range many {
		list = append(list, map[string]string{"key": k, "value": v})
	}
	id := strings.TrimSpace(w.ok("run", "--detach", "--", "true"))
	if a := w.request("POST", w.info().URL+"/api/2.0/mlflow/runs/log-batch", strings.NewReader(body(map[string]any{"run_id": id, "params": list}))); a.status != 400 || !strings.Contains(a.body, "at most 100 params. Got 100000") {
		t.Errorf("MLflow's batch: %d %.200s", a.status, a.body)
	}
	args := []string{"run"}
	for i := range 1001 {
		args = append(args, "-P", "p"+strconv.Itoa(i)+"=1")
	}
	w.refuses(mistake{args: append(args, "--", "true"), code: 2, wants: []string{"1001 params", "limit of 1000"}})

	path := filepath.Join(w.dir, "params.yaml")
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	with := func(n int) {
		text := strings.Builder{}
		for i := range n {
			text.WriteString("  q" + strconv.Itoa(i) + ": 1\n")
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(was), "train:\n", "train:\n"+text.String(), 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	with(80_000) // all of which the stage depends on
	w.refuses(mistake{args: []string{"repro"}, code: 2, method: "POST", path: "/executions", body: `{}`, status: 413, wants: []string{"depend on 80006 params", "limit is 5000", "data file"}})
	with(600_000) // more than a params file can hold
	w.refuses(mistake{args: []string{"repro"}, code: 2, method: "POST", path: "/executions", body: `{}`, status: 413, wants: []string{"params.yaml", "it has 12000", "limit of 1000000", "files of its own"}})
	with(1500) // more than one record of a run takes
	w.ok("repro", "-S", "train.l2=0.5")
	if out := w.ok("runs", "show", "pipeline"); !strings.Contains(out, "train.q1499") {
		t.Errorf("not all params are with the run: %.300s", out)
	}
}
