package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSnapshotsByTime: a time names what was the newest snapshot then, wherever a snapshot is named.
func TestSnapshotsByTime(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d.csv": "a\n1\n"})
	w.ok("data", "add", "d.csv")
	writeAll(t, w.dir, map[string]string{"d.csv": "a\n1\n2\n"})
	w.ok("data", "snapshot", "d")
	var list []struct {
		At time.Time `json:"created_at"`
	}
	if err := json.Unmarshal([]byte(w.ok("data", "log", "d", "--json")), &list); err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	then, today := "d@"+list[1].At.Format(time.RFC3339Nano), "d@"+list[0].At.Local().Format(time.DateOnly)
	w.check([]expect{
		{"data cat " + then, 0, []string{"a\n1\n"}},
		{"data cat " + today, 0, []string{"a\n1\n2\n"}},
		{"data cat d@0h", 0, []string{"a\n1\n2\n"}},
		{"data cat d@yesterday", 3, []string{"d had no snapshot yet at", "rondo data log d"}},
		{"data cat d@7d", 3, []string{"d had no snapshot yet at"}},
		{"data cat d@7days", 3, []string{`7days`, "rondo data tag d"}},
		{"data cat e@7d", 3, []string{`"e"`}},
		{"data diff " + then, 0, []string{"d@1 → d@2"}},
		{"data tag " + then + " golden", 0, []string{"d@golden is d@1 now"}},
		{"data log", 0, []string{"d@1", "golden", "d@2"}},
	})
	log := w.ok("data", "log")
	if strings.Index(log, "d@2") > strings.Index(log, "d@1") {
		t.Errorf("the newest is not the first:\n%s", log)
	}
	if r := w.run("data", "checkout", then); r.code != 0 || !strings.Contains(r.out, "d.csv is d@1 now") {
		t.Errorf("%+v", r)
	}
	w.ok("data", "tag", "d@1", "7d")
	w.check([]expect{{"data cat d@7d", 0, []string{"a\n1\n"}}}) // a tag comes first
	if b, err := os.ReadFile(filepath.Join(w.dir, "d.csv")); err != nil || string(b) != "a\n1\n" {
		t.Errorf("%q %v", b, err)
	}
}

// TestDiffFromOneVersionTellsOfUnkeptWork, which is as much in the way as where no version is named.
func TestDiffFromOneVersionTellsOfUnkeptWork(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{"1", "2"} {
		writeAll(t, w.dir, map[string]string{"d.txt": text})
		if text == "1" {
			w.ok("data", "add", "d.txt")
		} else {
			w.ok("data", "snapshot")
		}
	}
	writeAll(t, w.dir, map[string]string{"d.txt": "unkept"})
	w.check([]expect{{"data diff d@1", 0, []string{"What lies there now is not in it", "rondo data status d"}}})
}
