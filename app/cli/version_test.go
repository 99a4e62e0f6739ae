package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Alone, version is answered before most packages are set up, and in the same words
// as where flags come with it.
func TestVersionComesAhead(t *testing.T) {
	short, early := started(t, "version")
	long, all := started(t, "--project", ".", "version")
	if told, _ := started(t, "--json", "version"); !json.Valid([]byte(told)) || !strings.Contains(told, `"version":"`) {
		t.Errorf("as JSON it is %q", told)
	}
	if short != long || !strings.HasPrefix(short, "rondo ") {
		t.Errorf("version says %q, and with a flag %q", short, long)
	}
	if early == 0 || early > all/4 {
		t.Errorf("%d packages are set up before the version is told, of %d", early, all)
	}
}

// started returns what a call prints and how many packages were initialised for it.
func started(t *testing.T, args ...string) (out string, packages int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "RONDO_TEST_MAIN=1", "GODEBUG=inittrace=1")
	var said, trace bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, trace.String())
	}
	return said.String(), strings.Count(trace.String(), "init ")
}
