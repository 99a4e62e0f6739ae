package dvc_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote/remotetest"
)

// gitServer serves the repositories of a folder over http, as git's own program does; who
// it lets in is asked for a password where there is one.
func gitServer(t *testing.T, dir, password string) *httptest.Server {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(program); err != nil {
		t.Skip("skipped: git has no http-backend here")
	}
	h := &cgi.Handler{Path: program, Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, given, _ := r.BasicAuth(); given != password {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// sourceRepository is a DVC project in git, whose data is in its remote only.
func sourceRepository(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = store\n['remote \"store\"']\n    url = " + t.TempDir() + "\n", ".dvc/.gitignore": "/cache\n/tmp\n",
		"data/in/x": "1\n", "data/z": "3\n", "one.txt": "o\n", "git.txt": "in git\n",
	})
	gitDo(t, dir, "init", "-q", ".")
	p := open(t, dir)
	if err := p.Add(t.Context(), "data", "one.txt"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	gitDo(t, dir, "add", "-A")
	gitDo(t, dir, "commit", "-q", "-m", "first")
	lose(t, dir, ".dvc/cache", "data", "one.txt")
	return dir, gitDo(t, dir, "rev-parse", "HEAD")
}

func gitDo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = gitEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func importText(at, url, commit, md5, out string) string {
	return "frozen: true\ndeps:\n- path: " + at + "\n  repo:\n    url: " + url + "\n    rev_lock: " + commit + "\nouts:\n- md5: " + md5 + "\n  hash: md5\n  path: " + out + "\n"
}

// importing is a project with three imports: a part of a folder, a file that DVC tracks
// there, and one that git does.
func importing(t *testing.T, url, commit string) string {
	return folder(t, map[string]string{
		".dvc/config":  "[core]\n    no_scm = true\n",
		"part.dvc":     importText("data/in", url, commit, metafile.TreeSum([]byte(`[{"md5": "b026324c6904b2a9cb4b88d6d61c81d1", "relpath": "x"}]`)), "part"),
		"one.txt.dvc":  importText("one.txt", url, commit, "e73af36376314c7c0022cb1d204f76b3", "one.txt"),
		"from/git.dvc": importText("git.txt", url, commit, "344a8fbc7975384d47c0f3e77b7c6f5b", "git.txt"),
	})
}

func pullAll(t *testing.T, dir string) (dvc.Exchanged, error) {
	t.Helper()
	p := open(t, dir)
	done, err := p.Fetch(t.Context(), dvc.Exchange{})
	if err != nil {
		return done, err
	}
	_, err = p.Checkout(t.Context(), dvc.Checkout{})
	return done, err
}

// TestImportsOfRepositoriesElsewhere reads data that was imported from a repository over
// https and over ssh, at the commit that was locked, and says what is in the way.
func TestImportsOfRepositoriesElsewhere(t *testing.T) {
	box := remotetest.StartSSHD(t)
	source, commit := sourceRepository(t)
	parent, name := filepath.Split(source)
	web := gitServer(t, parent, "token")
	trustTLS(t, web)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	fromHome, err := filepath.Rel(me.HomeDir, source)
	if err != nil {
		t.Fatal(err)
	}
	for kind, url := range map[string]string{"https": web.URL + "/" + name + "/.git", "ssh": "ssh://box" + source, "scp": "box:" + source, "home": "box:" + fromHome} {
		t.Run(kind, func(t *testing.T) {
			dir := importing(t, url, commit)
			if kind == "https" {
				if _, err := pullAll(t, dir); errs.KindOf(err) != errs.Denied || !strings.Contains(errs.HintOf(err), ".netrc") {
					t.Fatalf("no password: %v", err)
				}
				host, _, _ := strings.Cut(strings.TrimPrefix(web.URL, "https://"), ":")
				box.Write(t, ".netrc", "machine other login a password b\nmachine "+host+"\n  login me\n  password token\n")
			}
			if done, err := pullAll(t, dir); err != nil || done.Objects != 4 {
				t.Fatalf("pulled %+v, %v", done, err)
			}
			for name, want := range map[string]string{"part/x": "1\n", "one.txt": "o\n", "from/git.txt": "in git\n"} {
				if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
					t.Errorf("%s holds %q", name, b)
				}
			}
			lost := strings.Repeat("1", 40)
			put(t, dir, "one.txt.dvc", importText("one.txt", url, lost, strings.Repeat("2", 32), "one.txt"))
			if _, err := pullAll(t, dir); errs.KindOf(err) != errs.NotFound || !strings.Contains(err.Error(), lost) {
				t.Errorf("a commit that is not there: %v", err)
			}
		})
	}
	dir := importing(t, "ssh://box"+source, commit)
	box.Write(t, ".ssh/known_hosts", "")
	if _, err := pullAll(t, dir); errs.KindOf(err) != errs.Denied || !strings.Contains(err.Error(), "not known") {
		t.Errorf("a host that is not known: %v", err)
	}
	dir = importing(t, "http://127.0.0.1:1/r.git", commit)
	if _, err := pullAll(t, dir); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("a host that does not answer: %v", err)
	}
	for _, url := range []string{"ext::sh -c touch% " + dir + "/ran", "ssh://-oProxyCommand=touch/x"} {
		dir := importing(t, "'"+url+"'", commit)
		if _, err := pullAll(t, dir); err == nil {
			t.Errorf("%s was read", url)
		}
		if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
			t.Errorf("%s ran a program", url)
		}
	}
}

// TestClonesAreAskedOnce: a commit that is here needs no network, and bare repositories of
// this machine none at all.
func TestClonesAreAskedOnce(t *testing.T) {
	source, commit := sourceRepository(t)
	bare := filepath.Join(t.TempDir(), "bare.git")
	gitDo(t, source, "clone", "-q", "--bare", source, bare)
	if _, err := pullAll(t, importing(t, "file://"+bare, commit)); err != nil {
		t.Errorf("a bare repository: %v", err)
	}
	parent, name := filepath.Split(source)
	web := gitServer(t, parent, "")
	plain := httptest.NewServer(web.Config.Handler)
	dir := importing(t, plain.URL+"/"+name+"/.git", commit)
	if _, err := pullAll(t, dir); err != nil {
		t.Fatal(err)
	}
	plain.Close()
	lose(t, dir, ".dvc/cache", "one.txt", "part")
	if _, err := pullAll(t, dir); err != nil {
		t.Errorf("without a network: %v", err)
	}
	if list, err := filepath.Glob(filepath.Join(dir, ".dvc/tmp/rondo/repos/*/hooks/*")); err != nil || len(list) > 0 {
		t.Errorf("hooks came along: %v", list)
	}
}

// trustTLS lets this process believe in a test's server.
func trustTLS(t *testing.T, s *httptest.Server) {
	t.Helper()
	http.DefaultTransport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(func() { http.DefaultTransport.(*http.Transport).TLSClientConfig = nil })
}
