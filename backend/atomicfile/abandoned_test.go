//go:build unix

package atomicfile_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"rondo/backend/atomicfile"
)

// TestMain lets the test binary be a program that is in the middle of a write.
func TestMain(m *testing.M) {
	if path := os.Getenv("RONDO_TEST_WRITE"); path != "" {
		f, err := atomicfile.Create(path, 0o644)
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		fmt.Println(f.Name())
		bufio.NewReader(os.Stdin).ReadString('\n')
		os.Exit(0) // with the file open and not committed
	}
	os.Exit(m.Run())
}

// writer starts a program that has a temporary file open; end lets it die.
func writer(t *testing.T, path string) (name string, end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RONDO_TEST_WRITE="+path)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	_, err = fmt.Fscanln(out, &name)
	must(t, err)
	end = func() { in.Close(); cmd.Wait() }
	t.Cleanup(end)
	return name, end
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnlyAbandonedTemporaryFilesAreRemoved: of three old ones the living writer's stays;
// of two dead ones the young one stays.
func TestOnlyAbandonedTemporaryFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	living, endLiving := writer(t, filepath.Join(dir, "a"))
	dead, endDead := writer(t, filepath.Join(dir, "sub/b"))
	endDead()
	youngDead, endYoung := writer(t, filepath.Join(dir, "c"))
	endYoung()
	other := filepath.Join(dir, "data.tmp")
	must(t, os.WriteFile(other, nil, 0o644))
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{living, dead, other} {
		must(t, os.Chtimes(name, old, old))
	}
	removed, err := atomicfile.RemoveAllAbandoned(dir, time.Now())
	if err != nil || !slices.Equal(removed, []string{dead}) {
		t.Fatalf("removed %v (%v), want only %s", removed, err, dead)
	}
	for _, name := range []string{living, youngDead, other} {
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
	endLiving()
	removed, err = atomicfile.RemoveAllAbandoned(dir, time.Now().Add(time.Hour))
	if err != nil || len(removed) != 2 {
		t.Fatalf("an hour later, with all writers dead: removed %v (%v)", removed, err)
	}
}
