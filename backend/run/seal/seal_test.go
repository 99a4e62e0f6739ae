package seal_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/ref"
	"rondo/backend/run/points"
	"rondo/backend/run/seal"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder is that of a run that has ended.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"run.json": "{}\n", "stdout.log": "said\n", "stderr.log": "", "stages/a b.json": `{"name":"a b"}`, "system.jsonl": "{}\n", "exit.json": `{"code":0}`,
		"supervisor.log": "x", "laptop.seals": "rondo seals 1\n+ …\n", "artifacts/model.bin": "bytes", ".incoming/x": "half",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	must(t, os.MkdirAll(filepath.Join(dir, "metrics"), 0o755))
	log, err := points.Open(filepath.Join(dir, "metrics/laptop.points"), 0)
	must(t, err)
	must(t, log.Append([]points.Point{{Key: "loss", Value: 1}}, true, func(int64, int64) {}))
	must(t, log.Close())
	return dir
}

func check(t *testing.T, dir string) map[string]string {
	t.Helper()
	bad := map[string]string{}
	_, err := seal.Check(t.Context(), dir, func(name, why string) { bad[name] = why })
	must(t, err)
	return bad
}

// TestEveryFlippedBitOfASealedRunIsNamed, each byte of each file that is sealed.
func TestEveryFlippedBitOfASealedRunIsNamed(t *testing.T) {
	dir := folder(t)
	if n, err := seal.Check(t.Context(), dir, nil); n != 0 || err != nil {
		t.Fatalf("not sealed: %d %v", n, err)
	}
	must(t, seal.Write(t.Context(), dir))
	if bad := check(t, dir); len(bad) != 0 {
		t.Fatalf("%v", bad)
	}
	flipped := 0
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		name := filepath.ToSlash(rel)
		if err != nil || !e.Type().IsRegular() || name == "supervisor.log" || name == "laptop.seals" || name == "artifacts/model.bin" || name == ".incoming/x" {
			return err
		}
		whole, err := os.ReadFile(path)
		must(t, err)
		for i := range whole {
			bad := bytes.Clone(whole)
			bad[i] ^= 4
			must(t, os.WriteFile(path, bad, 0o644))
			if got := check(t, dir); got[name] == "" {
				t.Errorf("%s is damaged at %d and not named: %v", name, i, got)
			}
			flipped++
		}
		must(t, os.WriteFile(path, whole, 0o644))
		return nil
	}))
	if flipped < 300 {
		t.Errorf("only %d bytes were flipped", flipped)
	}
}

// TestWhatMayStillComeIsNoDamage: a log and points get longer, artifacts come and go.
func TestWhatMayStillComeIsNoDamage(t *testing.T) {
	dir := folder(t)
	must(t, seal.Write(t.Context(), dir))
	for _, name := range []string{"stdout.log", "system.jsonl", "metrics/laptop.points", "artifacts/model.bin"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString("more")
		must(t, err)
		must(t, f.Close())
	}
	if bad := check(t, dir); len(bad) != 0 {
		t.Errorf("%v", bad)
	}
	must(t, os.WriteFile(filepath.Join(dir, "laptop.seals"), []byte("rondo seals 1\n"), 0o644)) // as it is when fewer lines say the same
	if bad := check(t, dir); len(bad) != 0 {
		t.Errorf("%v", bad)
	}
	must(t, os.Remove(filepath.Join(dir, "laptop.seals")))
	must(t, os.Remove(filepath.Join(dir, "exit.json")))
	must(t, os.Truncate(filepath.Join(dir, "stdout.log"), 2))
	must(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte("{}\nmore"), 0o644))
	if bad := check(t, dir); len(bad) != 4 || bad["exit.json"] != "it is missing" || bad["laptop.seals"] != "it is missing" {
		t.Errorf("%v", bad)
	}
}

// TestSealsMayHaveFewerLinesThanWhenTheRunEnded, also where an older version sealed all that they said.
func TestSealsMayHaveFewerLinesThanWhenTheRunEnded(t *testing.T) {
	dir := t.TempDir()
	text := fmt.Sprintf("rondo sums 1\n%s 20 %q\n", ref.Of([]byte("what it said")), "laptop.seals")
	text += ref.Of([]byte(text)).String() + "\n"
	must(t, os.WriteFile(filepath.Join(dir, "sums"), []byte(text), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "laptop.seals"), []byte("less"), 0o644))
	if bad := check(t, dir); len(bad) > 0 {
		t.Errorf("%v", bad)
	}
	must(t, os.Remove(filepath.Join(dir, "sums")))
	must(t, seal.Write(t.Context(), dir))
	if b, err := os.ReadFile(filepath.Join(dir, "sums")); err != nil || !strings.Contains(string(b), ref.Of(nil).String()+" 0 ") {
		t.Errorf("%s %v", b, err)
	}
}
