package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/app/cli"
	"rondo/app/client"
)

// TestMain lets this test binary be the program: what the tests start, and the
// servers and supervisors which that starts in turn, is the real main.
func TestMain(m *testing.M) {
	if os.Getenv("RONDO_TEST_MAIN") == "1" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		dieAt(os.Getenv("RONDO_TEST_DIE_AT"), os.Getenv("RONDO_TEST_DIED"))
		failAsTold(os.Getenv("RONDO_TEST_FAIL"))
		dir, _ := os.Getwd()
		os.Exit(cli.Main(ctx, cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Dir: dir}, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// world is a home with a project, apart from the person's own.
type world struct {
	t    *testing.T
	home string
	dir  string
	env  []string
	exe  string               // the program where it is not the test itself
	as   *syscall.SysProcAttr // whom it runs as; nil: who runs the test
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, home: t.TempDir(), dir: filepath.Join(t.TempDir(), "weather")}
	w.env = append(os.Environ(), "RONDO_TEST_MAIN=1", "RONDO_HOME="+w.home, "HOME="+w.home, "RONDO_ACTOR=ann", "DISPLAY=", "WAYLAND_DISPLAY=")
	w.ok("init", "--sample", "weather", w.dir)
	t.Cleanup(func() { w.run("stop", "--project", w.dir) })
	return w
}

// result is how a call of the program ended.
type result struct {
	out, err string
	code     int
}

func (w *world) run(args ...string) result {
	w.t.Helper()
	cmd := w.command(args...)
	var out, fail bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &fail
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		w.t.Fatal(err)
	}
	return result{out.String(), fail.String(), cmd.ProcessState.ExitCode()}
}

func (w *world) command(args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(cmp.Or(w.exe, exe), args...)
	cmd.Env, cmd.SysProcAttr = w.env, w.as
	cmd.Dir = w.home
	if _, err := os.Stat(w.dir); err == nil {
		cmd.Dir = w.dir
	}
	return cmd
}

func (w *world) ok(args ...string) string {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("rondo %s: code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// info is what the running server says of itself.
func (w *world) info() client.Info {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	if err != nil || len(found) != 1 {
		w.t.Fatalf("server.json: %v %v", found, err)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		w.t.Fatal(err)
	}
	var i client.Info
	if err := json.Unmarshal(b, &i); err != nil {
		w.t.Fatal(err)
	}
	return i
}

func TestMistakesOnTheCommandLineAreExplained(t *testing.T) {
	w := newWorld(t)
	empty := t.TempDir()
	for _, c := range []struct {
		args  []string
		code  int
		wants []string
	}{
		{[]string{"snapshoot"}, 2, []string{`"snapshoot" is not a verb`, "did you mean `rondo data snapshot`"}},
		{[]string{"verzion"}, 2, []string{"did you mean `rondo version`"}},
		{[]string{"xyzzy"}, 2, []string{`"xyzzy" is not a verb`, "see `rondo help`"}},
		{[]string{"data"}, 2, []string{"data wants a second word", "usage: rondo data VERB", "data snapshot        take a snapshot"}},
		{[]string{"--json", "model"}, 2, []string{`"message":"model wants a second word: alias, compare`}},
		{[]string{"data", "xyzzyxyzzy"}, 2, []string{`"data xyzzyxyzzy" is not a verb`, "see `rondo help data`"}},
		{[]string{"model", "shwo"}, 2, []string{`"model shwo" is not a verb`, "did you mean `rondo model show`"}},
		{[]string{"serve", "--prot", "1"}, 2, []string{"serve: there is no flag --prot", "rondo help serve"}},
		{[]string{"serve", "--port", "many"}, 2, []string{`invalid value "many"`}},
		{[]string{"--jsn", "version"}, 2, []string{"--jsn is not a flag that stands in front of a verb"}},
		{[]string{"--project"}, 2, []string{"--project wants a folder"}},
		{[]string{"data", "add", "rondo.yaml"}, 2, []string{"belongs into git", "git add rondo.yaml"}},
		{[]string{"init", "a", "b"}, 2, []string{"usage: rondo init [DIR]"}},
		{[]string{"init", "--sample", "wether", filepath.Join(empty, "x")}, 3, []string{`there is no sample called "wether"`, "weather-python"}},
		{[]string{"init", w.dir}, 4, []string{"is a Rondo project already"}},
		{[]string{"token", "--project", empty}, 3, []string{"is not inside a Rondo project", "rondo init"}},
		{[]string{"model", "show", "nobody"}, 3, []string{"nobody"}},
	} {
		r := w.run(c.args...)
		if r.code != c.code {
			t.Errorf("rondo %s: code %d, want %d\n%s", strings.Join(c.args, " "), r.code, c.code, r.err)
		}
		for _, want := range c.wants {
			if !strings.Contains(r.err, want) {
				t.Errorf("rondo %s says\n%s\nwithout %q", strings.Join(c.args, " "), r.err, want)
			}
		}
	}
}

func TestHelpNamesEveryVerbOnceAndExplainsEach(t *testing.T) {
	w := newWorld(t)
	overview := w.ok("help")
	names := regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)?) {2,}\S`).FindAllStringSubmatch(overview, -1)
	if len(names) < 20 {
		t.Fatalf("only %d verbs in\n%s", len(names), overview)
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n[1]] {
			t.Errorf("%s is listed twice", n[1])
		}
		seen[n[1]] = true
		if text := w.ok(append([]string{"help"}, strings.Fields(n[1])...)...); !strings.HasPrefix(text, "usage: rondo "+n[1]) {
			t.Errorf("help %s says %q", n[1], text)
		}
	}
	for _, ask := range [][]string{{"help", "data"}, {"data", "--help"}, {"data", "-h"}, {"data", "help"}} {
		if text := w.ok(ask...); !strings.HasPrefix(text, "usage: rondo data VERB") || !strings.Contains(text, "\n  data gc              remove objects") {
			t.Errorf("rondo %s says %q", strings.Join(ask, " "), text)
		}
	}
	if strings.Contains(overview, "supervise") {
		t.Error("the help shows what is for Rondo's own processes")
	}
}

func TestFailuresAreJSONForPrograms(t *testing.T) {
	w := newWorld(t)
	r := w.run("--json", "model", "show", "nobody")
	var f struct {
		Error struct{ Kind, Message, Hint string }
	}
	lines := strings.Split(strings.TrimSpace(r.err), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &f); err != nil || f.Error.Kind != "not_found" {
		t.Errorf("%v in %q", err, r.err)
	}
}

func TestVerbsStartOneServerAndShareIt(t *testing.T) {
	w := newWorld(t)
	first := w.run("token")
	if first.code != 0 || !strings.Contains(first.err, "started the project's server") {
		t.Fatalf("%+v", first)
	}
	if second := w.run("token"); second.err != "" || second.out != first.out {
		t.Errorf("a second verb: %+v", second)
	}
	r := w.run("serve")
	if r.code != 4 || !strings.Contains(r.err, "is served already, at "+w.info().URL) || !strings.Contains(r.err, "rondo stop") {
		t.Errorf("a second server: %+v", r)
	}
	w.ok("stop")
	if out := w.ok("stop"); !strings.Contains(out, "No server runs") {
		t.Errorf("stop twice: %s", out)
	}
}

func TestManyVerbsAtOnceStartOneServer(t *testing.T) {
	w := newWorld(t)
	results := make(chan result, 6)
	for range cap(results) {
		go func() { results <- w.run("token") }()
	}
	var token string
	for range cap(results) {
		r := <-results
		if r.code != 0 || token != "" && r.out != token {
			t.Errorf("%+v, want the token %q", r, token)
		}
		token = r.out
	}
}

func TestAKilledServerIsReplacedAndForgotten(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather", "-m", "before the kill")
	before := w.ok("dump")
	old := w.info()
	if err := syscall.Kill(old.Process.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for old.Process.Alive() {
		time.Sleep(time.Millisecond) // the kernel's time to end it, not ours to wait for something else
	}
	if after := w.ok("dump"); after != before || before == "" {
		t.Errorf("the state changed:\n%s\nwas\n%s", after, before)
	}
	if now := w.info(); now.Process.PID == old.Process.PID {
		t.Error("no new server")
	}
}

func TestTheIndexIsOnlyAView(t *testing.T) {
	w := newWorld(t)
	w.ok("data", "snapshot", "weather", "-m", "one")
	if out := w.ok("rebuild"); !strings.Contains(out, "the state is the same, row for row") {
		t.Error(out)
	}
}

func TestTrustIsAskedForAndRemembered(t *testing.T) {
	w := newWorld(t)
	r := w.run("trust")
	if r.code != 6 || !strings.Contains(r.out, "rondo step train") || !strings.Contains(r.err, "rondo trust --yes") {
		t.Errorf("unanswered: %+v", r)
	}
	w.ok("trust", "--yes")
	if out := w.ok("trust"); !strings.Contains(out, "is allowed on this device") {
		t.Error(out)
	}
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "rondo step train", "rondo step train && true")
	if r := w.run("trust"); r.code != 6 {
		t.Errorf("a changed command needs no trust: %+v", r)
	}
}

func TestABrokenProjectFileIsNamedWithItsPlace(t *testing.T) {
	w := newWorld(t)
	w.ok("token")
	edit(t, filepath.Join(w.dir, "rondo.yaml"), "endpoints:", "endpoints: [")
	r := w.run("trust")
	if r.code != 2 || !regexp.MustCompile(`rondo\.yaml:\d+:\d+: `).MatchString(r.err) {
		t.Errorf("%+v", r)
	}
}

func TestAFolderFromANewerRondoIsRefused(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(w.dir, ".rondo", "format"), []byte("rondo 7\nproject 0123456789abcdef0123456789abcdef\nand more\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"token"}} {
		r := w.run(args...)
		if r.code != 4 || !strings.Contains(r.err, "the project has format 7 and this Rondo writes format 1: get a newer Rondo") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

func TestEnvironmentPointsMLflowHere(t *testing.T) {
	w := newWorld(t)
	out := w.ok("env")
	i := w.info()
	for _, want := range []string{"export MLFLOW_TRACKING_URI='" + i.URL + "'", "export MLFLOW_TRACKING_TOKEN='" + i.Token + "'"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
	res, err := http.Get(i.URL + "/api/2.0/mlflow/experiments/search")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 401 {
		t.Errorf("without the token: %d", res.StatusCode)
	}
	info, err := os.Stat(filepath.Join(w.home))
	if err != nil || info == nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server.json", "token", "serving-token"} {
		found, _ := filepath.Glob(filepath.Join(w.home, "*", name))
		if st, err := os.Stat(found[0]); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("others can read %s: %v %v", name, st.Mode(), err)
		}
	}
}

func TestServePrintsALinkAndEndsOnInterrupt(t *testing.T) {
	w := newWorld(t)
	cmd := w.command("open", "--port", "-1", "--serving-port", "-1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 0, 4096)
	link := regexp.MustCompile(`http://127\.0\.0\.1:\d+/launch\?code=\w+`)
	for buf := make([]byte, 512); !bytes.Contains(said, []byte("Ctrl-C")); {
		n, err := out.Read(buf)
		if said = append(said, buf[:n]...); err != nil {
			t.Fatalf("ended after saying %s", said)
		}
	}
	res, err := http.Get(link.FindString(string(said)))
	if err != nil {
		t.Fatalf("%v in %s", err, said)
	}
	res.Body.Close()
	if res.StatusCode != 200 || len(res.Cookies()) == 0 {
		t.Errorf("the printed link gives %d", res.StatusCode)
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted: %v", err)
	}
}

// edit replaces text in a file and fails where it is not there.
func edit(t *testing.T, path, old, new string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		t.Fatalf("%q is not in %s", old, path)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}
