//go:build linux

package cli_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/ref"
)

// servedVerb is a verb that is cut off: what is said and what its end is, who is killed, and what
// the one that is said again is told where the first had come to its end.
type servedVerb struct {
	begin func(k *killedWorld) (args []string, done func(when string))
	dies  func(k *killedWorld) []int
	had   string
}

var servedVerbs = map[string]servedVerb{
	"add": {begin: func(k *killedWorld) ([]string, func(string)) {
		k.n++
		name := fmt.Sprint("x", k.n)
		k.file("data/"+name+"/f.txt", name)
		return []string{"data", "add", "data/" + name}, func(when string) {
			if log := k.ok("data", "verify", name); !strings.Contains(log, "intact") {
				k.t.Fatalf("%s: %s", when, log)
			}
			k.ok("data", "remove", name)
		}
	}, dies: theServer, had: "already"},

	"snapshot": {begin: func(k *killedWorld) ([]string, func(string)) {
		k.token()
		return []string{"data", "snapshot", "d"}, func(when string) { k.holds(len(k.tokens), k.tokens[len(k.tokens)-1], when) }
	}, dies: theServer},

	"checkout": {begin: func(k *killedWorld) ([]string, func(string)) {
		v := 1 + rand.IntN(len(k.tokens))
		return []string{"data", "checkout", fmt.Sprint("d@", v)}, func(when string) {
			if b, err := os.ReadFile(filepath.Join(k.dir, "data/d/token.txt")); err != nil || string(b) != k.tokens[v-1] {
				k.t.Fatalf("%s: version %d holds %q, %v", when, v, b, err)
			}
			if out := k.ok("data", "status", "d"); !strings.Contains(out, "clean") && !strings.Contains(out, "older") {
				k.t.Fatalf("%s: %s", when, out)
			}
		}
	}, dies: theServer},

	"push": {begin: func(k *killedWorld) ([]string, func(string)) {
		k.token()
		k.ok("data", "snapshot", "d")
		return []string{"data", "push"}, func(when string) {
			if out := k.ok("data", "remote-status"); !strings.Contains(out, "in sync") {
				k.t.Fatalf("%s: %s", when, out)
			}
		}
	}, dies: theServer},

	"pull": {begin: func(k *killedWorld) ([]string, func(string)) {
		k.ok("data", "push")
		far := emptyWorld(k.t)
		k.at = far
		far.ok("data", "remote", "disk", k.disk())
		return []string{"data", "pull", "d"}, func(when string) {
			if b, err := os.ReadFile(filepath.Join(far.dir, "data/d/token.txt")); err != nil || string(b) != k.tokens[len(k.tokens)-1] {
				k.t.Fatalf("%s: it holds %q, %v", when, b, err)
			}
			far.ok("stop")
			if err := os.RemoveAll(far.dir); err != nil {
				k.t.Fatal(err)
			}
		}
	}, dies: theServer},

	"gc": {begin: func(k *killedWorld) ([]string, func(string)) {
		return []string{"data", "gc", "--grace", "1ms"}, func(string) {}
	}, dies: theServer},

	"repro": {begin: reproNext, dies: theServer},

	"repro, supervisor": {begin: reproNext, dies: func(k *killedWorld) []int { return k.processes("supervise") }},

	"repro, runner": {begin: reproNext, dies: func(k *killedWorld) []int { return k.processes("pipeline-run") }},
}

func reproNext(k *killedWorld) ([]string, func(string)) {
	k.lines()
	return []string{"repro"}, func(when string) {
		if out := k.ok("repro"); strings.Contains(out, "runs:") {
			k.t.Fatalf("%s: it runs once more: %s", when, out)
		}
		if b, err := os.ReadFile(filepath.Join(k.dir, "sorted.txt")); err != nil || !strings.Contains(string(b), fmt.Sprint(k.n)) {
			k.t.Fatalf("%s: sorted.txt is %q, %v", when, b, err)
		}
		if b, err := os.ReadFile(filepath.Join(k.dir, "counted/n.txt")); err != nil || strings.TrimSpace(string(b)) != "4" {
			k.t.Fatalf("%s: counted/n.txt is %q, %v", when, b, err)
		}
	}
}

func theServer(k *killedWorld) []int { return []int{k.at.info().Process.PID} }

// processes are those of Rondo's own that work in the project's runs under an inner verb.
func (k *killedWorld) processes(verb string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, at := range all {
		b, err := os.ReadFile(at)
		args := strings.Split(string(b), "\x00")
		if err != nil || len(args) < 3 || args[1] != verb || !strings.HasPrefix(args[2], k.dir) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(at))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// holds wants a snapshot to be there, and its token in it.
func (k *killedWorld) holds(version int, token, when string) {
	k.t.Helper()
	got := k.ask("GET", fmt.Sprintf("/datasets/d/snapshots/%d/files", version), "")
	if got.status != 200 || !strings.Contains(got.body, ref.Of([]byte(token)).String()) {
		k.t.Fatalf("%s: d@%d (%d) has no token.txt that holds %q: %s", when, version, got.status, token, got.body)
	}
}
