package cli_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// expect is a call of the program and how it shall end.
type expect struct {
	args  string // words; a pair of quotes is not needed
	code  int
	wants []string // on stdout where the code is 0, else on stderr
}

// check runs calls in their order. One that prints JSON must print what can be read.
func (w *world) check(list []expect) {
	w.t.Helper()
	for _, e := range list {
		r := w.run(strings.Fields(e.args)...)
		said := r.out
		if e.code != 0 {
			said = r.err
		}
		if r.code != e.code {
			w.t.Errorf("rondo %s: code %d, want %d\n%s%s", e.args, r.code, e.code, r.out, r.err)
			continue
		}
		w.tells("rondo "+e.args, said, e.wants)
		if strings.Contains(e.args, "--json") && !json.Valid([]byte(said)) {
			w.t.Errorf("rondo %s prints no JSON: %.300s", e.args, said)
		}
	}
}

func TestPipelineVerbs(t *testing.T) {
	w := newWorld(t)
	w.check([]expect{
		{"stage list", 0, []string{"prepare", "stale", "data/weather.csv", "work/train.csv work/holdout.csv", "rondo step train"}},
		{"stage list --json", 0, []string{`"stages"`, `"edges"`}},
		{"stage list x", 2, []string{"usage: rondo stage list"}},
		{"dag", 0, []string{"prepare (stale)\n└─ train (stale)\n   └─ evaluate (stale)   ← prepare"}},
		{"dag --json", 0, []string{`{"from":"prepare","to":"train"}`}},
		{"dag x", 2, []string{"usage: rondo dag"}},
		{"status", 0, []string{"it has never run here", "3 of 3 stages would run: rondo repro"}},
		{"status prepare --json", 0, []string{`"state":"stale"`}},
		{"status trian", 3, []string{`no stage called "trian"`, "did you mean train?", "rondo stage list"}},
		{"repro", 6, []string{"not trusted on this device", "rondo trust"}},
		{"trust --yes", 0, []string{"Allowed"}},
		{"repro --dry", 0, []string{"3 of 3 stages would run"}},
		{"repro evalute", 3, []string{"did you mean evaluate?"}},
		{"repro prepare", 0, []string{"[prepare] runs: it has never run here", "prepare  ran"}},
		{"repro --name whole", 0, []string{"skipped: nothing it depends on has changed", "accuracy=0.821", "finished."}},
		{"repro --json", 0, []string{`"state": "finished"`, `"state": "skipped"`}},
		{"repro -S nothing", 2, []string{`"nothing" is not KEY=VALUE`}},
		{"repro -S train.l2=0.5", 0, []string{"[train] runs: param train.l2: 1 → 0.5"}},
		{"repro --force prepare", 0, []string{"it was forced"}},
		{"repro --forse", 2, []string{"there is no flag --forse"}},
		{"status", 0, []string{"Everything is up to date."}},
		{"runs show whole", 0, []string{"execution", "prepare.holdout_share", "accuracy/Seattle"}},
		{"runs log whole", 0, []string{"[train] train: 884 rows"}},
		{"reproduce", 2, []string{"usage: rondo reproduce RUN | MODEL/VERSION | latest"}},
		{"reproduce nobody", 3, []string{`no run "nobody"`, "rondo runs"}},
		{"reproduce whole", 0, []string{"model weather", "same", "Identical: the same data, code and params gave the same bytes"}},
		{"reproduce latest", 0, []string{"Identical"}},
		{"reproduce weather/1", 0, []string{"Identical"}},
		{"reproduce weather/latest --json", 0, []string{`"verdict": "identical"`}},
		{"reproduce weather/9", 3, []string{"no version 9"}},
		{"reproduce weather/champoin", 3, []string{`no version or alias "champoin"`}},
	})
}

func TestModelVerbs(t *testing.T) {
	w := newWorld(t)
	w.check([]expect{{"model list", 0, []string{"No models yet"}}, {"trust --yes", 0, nil}, {"repro", 0, nil}})
	w.eventually("champion→1", "model", "list")
	w.check([]expect{{"repro -S train.l2=0.5", 0, nil}})
	w.eventually("champion→2", "model", "list")
	w.check([]expect{
		{"model list --json", 0, []string{`"name":"weather"`, `"aliases":{"champion":2}`}},
		{"model list x", 2, []string{"usage: rondo model list"}},
		{"model show weather", 0, []string{"VERSION", "champion", "accuracy=0.821"}},
		{"model show weather 2", 0, []string{"better-than-majority", "passed"}},
		{"model show weather v2 --json", 0, []string{`"version":2`, `"signature"`, `"params"`}},
		{"model show", 2, []string{"usage: rondo model show MODEL [VERSION]"}},
		{"model show wether", 3, []string{`no model called "wether"`, "did you mean weather?", "rondo model list"}},
		{"model show weather 9", 3, []string{`no version 9 of model "weather"`, "rondo model show weather"}},
		{"model show weather two", 2, []string{`"two" is no version number`}},
		{"model compare weather 1 2", 0, []string{"train.l2", "0.5"}},
		{"model compare weather 1 2 --json", 0, []string{`"paired"`}},
		{"model compare weather 1", 2, []string{"usage: rondo model compare MODEL A B"}},
		{"model compare weather 1 9", 3, []string{"no version 9"}},
		{"model history weather", 0, []string{"FROM", "champion"}},
		{"model history weather --json", 0, []string{`"alias":"champion"`}},
		{"model history weahter", 3, []string{"did you mean weather?"}},
		{"model live weather", 0, []string{"version 2 was live under champion"}},
		{"model live weather --at 2001-01-01", 0, []string{"nothing was live under champion"}},
		{"model live weather --at noon", 2, []string{"want a time such as"}},
		{"model rollback weather --reason wrong", 0, []string{"champion of weather: version 2 → version 1"}},
		{"model history weather", 0, []string{"wrong", "cli:ann"}},
		{"model rollback wether", 3, []string{"did you mean weather?"}},
		{"model rollback weather 7", 3, []string{"no version 7"}},
		{"model alias weather champion 2", 0, []string{"version 1 → version 2"}},
		{"model alias weather challenger 1 --json", 0, []string{`"alias":"challenger"`}},
		{"model alias weather champion", 2, []string{"usage: rondo model alias MODEL ALIAS VERSION"}},
		{"model alias weather champion 9", 3, []string{"no version 9"}},
	})
}

func TestEndpointVerbs(t *testing.T) {
	w := trained(t)
	truths := filepath.Join(w.dir, "truths.json")
	if err := os.WriteFile(truths, []byte(`[{"id":"day-1","label":1},{"id":"never","label":0}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	row := `{"temp_max":12,"temp_min":4,"wind":3.1,"day":40}`
	w.check([]expect{
		{"endpoint list", 0, []string{"weather@champion→1", "ready"}},
		{"endpoint list --json", 0, []string{`"name":"weather"`}},
		{"endpoint show weather", 0, []string{"version 1 of weather (onnx)", "\n\nCOLUMN", "temp_min", "required", "answer"}},
		{"endpoint show weather --json", 0, []string{`"signature"`}},
		{"endpoint show", 2, []string{"usage: rondo endpoint show NAME"}},
		{"endpoint show wether", 3, []string{"did you mean weather?", "rondo endpoint list"}},
		{"endpoint predict weather " + row + " --id day-1", 0, []string{"day-1", "version 1"}},
		{"endpoint predict weather [" + row + "," + row + "] --id two", 0, []string{"two.0", "two.1"}},
		{"endpoint predict weather --json", 0, []string{`"predictions"`}},
		{"endpoint predict weather [1]", 2, []string{"a row is an object of columns"}},
		{"endpoint predict weather {", 2, []string{"not the JSON that is wanted"}},
		{"endpoint predict weather @nowhere.json", 3, []string{"nowhere.json", "no such file"}},
		{"endpoint predict wether " + row, 3, []string{"did you mean weather?"}},
		{"endpoint truth weather day-1 1", 0, []string{"1 of 1 id was captured"}},
		{"endpoint truth weather @truths.json", 0, []string{"1 of 2 ids were captured", "never"}},
		{"endpoint truth weather @truths.json --json", 0, []string{`"matched":1`}},
		{"endpoint truth weather", 2, []string{"usage: rondo endpoint truth NAME"}},
		{"endpoint truth wether a 1", 3, []string{"did you mean weather?"}},
		{"endpoint captures weather --labelled true", 0, []string{"day-1", "temp_max=12"}},
		{"endpoint captures weather --limit 1 --json", 0, []string{`"inputs"`}},
		{"endpoint captures weather --labelled perhaps", 2, []string{"want true or false"}},
		{"endpoint captures weahter", 3, []string{"did you mean weather?"}},
		{"endpoint create trial weather --version 1 --capture 0.5", 0, []string{"weather version 1", "ready", "0.5 of all requests"}},
		{"endpoint create trial weather --version 1", 4, []string{"trial"}},
		{"endpoint create other weather --capture 7", 2, []string{"between 0 and 1"}},
		{"endpoint create other", 2, []string{"usage: rondo endpoint create NAME MODEL"}},
		{"endpoint deploy trial --alias champion", 0, []string{"weather@champion→1"}},
		{"endpoint deploy trial --version 9", 3, []string{"no version 9"}},
		{"endpoint deploy weather --version 1", 4, []string{"declared in rondo.yaml", "change it there"}},
		{"endpoint deploy trail --version 1", 3, []string{"did you mean trial?"}},
		{"endpoint delete trail", 3, []string{"did you mean trial?"}},
		{"endpoint delete trial", 0, []string{"has stopped. Its captures stay."}},
		{"endpoint show trial", 3, []string{`no endpoint called "trial"`}},
	})
}

// predictions sends n rows that are nothing like the training data.
func (w *world) predictions(n int) {
	w.t.Helper()
	rows := make([]map[string]any, n)
	for i := range rows {
		rows[i] = map[string]any{"temp_max": 45 + i%7, "temp_min": 30 + i%5, "wind": 20 + i%9, "day": 1 + i%365}
	}
	b, err := json.Marshal(map[string]any{"rows": rows, "id": "far"})
	if err != nil {
		w.t.Fatal(err)
	}
	if a := w.ask(http.MethodPost, "/endpoints/weather/predict", string(b)); a.status != 200 {
		w.t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestMonitorAndAlertVerbs(t *testing.T) {
	w := trained(t)
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "rows: 365, min: 300", "rows: 100, min: 50")
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "windows: 2, of: 3", "windows: 1, of: 1")
	w.ok("trust", "--yes")
	w.check([]expect{
		{"monitor list", 0, []string{"MONITOR", "weather"}},
		{"monitor show weather", 0, nil},
		{"monitor windows weather", 0, []string{"No window yet"}},
		{"alerts", 0, []string{"No such alerts."}},
	})
	w.eventually("of 100 answers", "monitor", "show", "weather")
	w.predictions(250)
	w.check([]expect{{"monitor evaluate weather", 0, nil}, {"monitor evaluate", 0, []string{"weather: nothing new"}}})
	w.check([]expect{
		{"monitor list --json", 0, []string{`"windows":2`}},
		{"monitor windows weather --limit 1", 0, []string{"WINDOW", "2"}},
		{"monitor windows weather --json", 0, []string{`"status":"drift"`}},
		{"monitor windows", 2, []string{"usage: rondo monitor windows MONITOR"}},
		{"monitor windows wether", 3, []string{"did you mean weather?", "rondo monitor list"}},
		{"monitor show weather", 0, []string{"Window 2 of weather", "temp_max", "drifted"}},
		{"monitor show weather 1 --json", 0, []string{`"number":1`}},
		{"monitor show weather 9", 3, []string{"no such window"}},
		{"monitor show weather first", 2, []string{`"first" is no window's number`}},
		{"monitor show wether", 3, []string{"did you mean weather?"}},
		{"monitor evaluate wether", 3, []string{"did you mean weather?"}},
		{"monitor report weather 1 -o r.html", 0, []string{"r.html"}},
		{"monitor report weather -o -", 0, []string{"<!doctype html>"}},
		{"monitor report weather 9", 3, []string{"no such window"}},
		{"monitor report weather -o rondo.yaml/r.html", 5, []string{"cannot write", "-o"}},
		{"alerts", 0, []string{"weather", "drift", "open"}},
		{"alerts --json", 0, []string{`"monitor":"weather"`}},
		{"alerts --monitor nobody", 0, []string{"No such alerts."}},
		{"alerts --status sleepy", 2, []string{"open, acknowledged or resolved"}},
		{"alerts ack", 2, []string{"usage: rondo alerts ack ALERT"}},
		{"alerts ack nobody", 3, []string{`no alert "nobody"`, "rondo alerts"}},
		{"alerts resolve nobody", 3, []string{`no alert "nobody"`}},
	})
	id := strings.Fields(strings.Split(w.ok("alerts"), "\n")[1])[0]
	w.check([]expect{
		{"alerts ack " + id + " --note looking", 0, []string{"is acknowledged"}},
		{"alerts --status acknowledged", 0, []string{id}},
		{"alerts resolve " + id + " --json", 0, []string{`"status":"resolved"`}},
		{"alerts resolve " + id, 4, []string{"resolved"}},
		{"alerts --status all", 0, []string{id, "resolved"}},
	})
}

func TestDecisionVerbs(t *testing.T) {
	w := newWorld(t)
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "triggers:\n", "triggers:\n  careful:\n    on: drift\n    monitor: weather\n    windows: 1\n    model: weather\n    policy: ask\n")
	w.check([]expect{
		{"decisions", 0, []string{"No decisions yet"}},
		{"trigger list", 0, []string{"drift", "automatic", "waiting", "careful", "ask"}},
		{"trigger list --json", 0, []string{`"name":"careful"`}},
		{"trigger list x", 2, []string{"usage: rondo trigger list"}},
		{"trigger fire", 2, []string{"usage: rondo trigger fire NAME"}},
		{"trigger fire drft", 3, []string{`no trigger called "drft"`, "did you mean drift?", "rondo trigger list"}},
		{"trigger fire drift", 6, []string{"not trusted"}},
		{"trust --yes", 0, nil},
		{"data snapshot weather", 0, nil},
		{"trigger fire drift --reason because", 0, []string{"is running", "rondo decisions show"}},
	})
	w.eventually("promoted", "decisions")
	id := strings.Fields(strings.Split(w.ok("decisions"), "\n")[1])[0]
	w.check([]expect{
		{"decisions --json", 0, []string{`"state":"promoted"`}},
		{"decisions x", 2, []string{"usage: rondo decisions"}},
		{"decisions show " + id, 0, []string{"retrain of weather: promoted", "because", "train", "judge", "rondo model show weather 1"}},
		{"decisions show " + id + " --json", 0, []string{`"steps"`}},
		{"decisions show", 2, []string{"usage: rondo decisions show ID"}},
		{"decisions show nobody", 3, []string{`no decision "nobody"`, "rondo decisions"}},
		{"decisions approve nobody", 3, []string{`no decision "nobody"`}},
		{"decisions reject nobody", 3, []string{`no decision "nobody"`}},
		{"decisions approve " + id, 4, []string{"does not ask any more", "rondo decisions show"}},
	})
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "rows: 365, min: 300", "rows: 100, min: 50")
	w.ok("trust", "--yes")
	w.eventually("of 100 answers", "monitor", "show", "weather")
	w.predictions(150)
	w.eventually("asked", "decisions")
	asked := strings.Fields(strings.Split(w.ok("decisions"), "\n")[1])[0]
	w.check([]expect{
		{"decisions show " + asked, 0, []string{"asked", "policy ask"}},
		{"decisions reject " + asked + " --reason summer", 0, []string{"is rejected"}},
		{"decisions show " + asked, 0, []string{"by cli:ann: summer"}},
	})
}
