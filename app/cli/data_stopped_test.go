package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestAStopOfTheMachineIsTold: what it has left of a checkout is named, and neither a
// snapshot nor a stage takes it for data until it is brought back.
func TestAStopOfTheMachineIsTold(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells its starts apart; elsewhere a checkout waits for the disk")
	}
	w := newWorld(t)
	w.ok("data", "snapshot", "weather")
	w.ok("trust", "--yes")
	data := filepath.Join(w.dir, "data", "weather.csv")
	original, err := os.ReadFile(data)
	if err != nil {
		t.Fatal(err)
	}
	pointer, err := os.ReadFile(data + ".snap")
	if err != nil {
		t.Fatal(err)
	}
	tree := regexp.MustCompile(`(?m)^tree: (.*)$`).FindSubmatch(pointer)[1]
	device, err := filepath.Glob(filepath.Join(w.home, "*", "server.json"))
	if err != nil || len(device) != 1 {
		t.Fatal(device, err)
	}
	w.ok("stop")
	note := filepath.Join(filepath.Dir(device[0]), "unsettled", strings.Repeat("0", 32)+".json")
	text := fmt.Sprintf(`{"format":1,"dataset":"weather","path":"data/weather.csv","folder":%q,"number":1,"tree":%q,"single":true,"boot":"of before","at":"2026-03-01T09:30:00Z"}`, w.dir, tree)
	for _, err := range []error{os.MkdirAll(filepath.Dir(note), 0o700), os.WriteFile(note, []byte(text), 0o600), os.WriteFile(data, make([]byte, len(original)), 0o644)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const told = "the machine stopped before the checkout of weather@1 was on the disk"
	if out := w.ok("data", "status", "weather"); !strings.Contains(out, told) || !strings.Contains(out, "data/weather.csv") {
		t.Errorf("status: %s", out)
	}
	for _, args := range [][]string{{"data", "snapshot", "weather"}, {"data", "checkout", "weather"}, {"repro"}} {
		r := w.run(args...)
		if r.code == 0 || !strings.Contains(r.err, told) || !strings.Contains(r.err, "rondo data checkout --force weather@1") || !strings.Contains(r.err, "rondo data snapshot --force weather") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	w.ok("data", "checkout", "--force", "weather@1")
	if now, err := os.ReadFile(data); err != nil || string(now) != string(original) {
		t.Errorf("brought back: %v, %d bytes of %d", err, len(now), len(original))
	}
	w.ok("stop")
	if _, err := os.Stat(note); err == nil {
		t.Error("the note is there still")
	}
}
