package git_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/git"
)

// served has git itself serve the repositories of a folder to who knows the password.
func served(t *testing.T, dir string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{Path: program, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, secret, _ := r.BasicAuth(); name != "ada" || secret != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func far(t *testing.T, dir, at string) *git.Far {
	t.Helper()
	f, err := open(t, dir).Far(at, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestNamesAreExchangedWithAServer sends what a clone has from the one that it shares objects with, and
// lists, takes and drops it from another, as with git itself.
func TestNamesAreExchangedWithAServer(t *testing.T) {
	top, _ := repository(t, "")
	dir := t.TempDir()
	mine, yours, bare := filepath.Join(dir, "mine"), filepath.Join(dir, "yours"), filepath.Join(dir, "all.git")
	run(t, top, "gc", "-q")
	run(t, top, "clone", "-q", "--shared", top, mine)
	run(t, top, "init", "-q", "--bare", bare)
	run(t, bare, "config", "http.receivepack", "true")
	run(t, top, "init", "-q", yours)
	at := strings.Replace(served(t, dir), "://", "://ada:secret@", 1) + "/all.git"

	ref := git.Ref{Name: "refs/exps/one", Commit: strings.TrimSpace(run(t, mine, "rev-parse", "HEAD"))}
	if done, err := far(t, mine, at).Push(ctx, []git.Ref{ref}, false); err != nil || done[ref.Name] != git.Moved {
		t.Fatalf("%v %v", done, err)
	}
	if got := strings.TrimSpace(run(t, bare, "rev-parse", ref.Name)); got != ref.Commit {
		t.Errorf("the server has %s", got)
	}
	run(t, bare, "fsck", "--full", "--strict")
	list, err := far(t, yours, at).Refs(ctx, "refs/exps/")
	if err != nil || len(list) != 1 || list[0] != ref {
		t.Fatalf("%v %v", list, err)
	}
	if done, err := far(t, yours, at).Fetch(ctx, list, false); err != nil || done[ref.Name] != git.Moved {
		t.Fatalf("%v %v", done, err)
	}
	if got := strings.TrimSpace(run(t, yours, "rev-parse", ref.Name)); got != ref.Commit {
		t.Errorf("%s was taken", got)
	}
	run(t, yours, "fsck", "--full", "--strict")
	if err := far(t, yours, at).Drop(ctx, []string{ref.Name}); err != nil {
		t.Fatal(err)
	}
	if got := run(t, bare, "for-each-ref"); got != "" {
		t.Errorf("the server still has %s", got)
	}
	wrong := strings.Replace(at, "secret", "wrong", 1)
	if _, err := far(t, yours, wrong).Push(ctx, []git.Ref{ref}, false); !errs.Is(err, errs.Denied) || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("with a wrong password: %v", err)
	}
}
