package dvc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/remote/remotetest"
)

// web is a server of files that tells of each another kind of checksum.
type web struct {
	mu    sync.Mutex
	files map[string]string
	url   string
}

func (w *web) put(name, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[name] = text
}

func startWeb(t *testing.T) *web {
	w := &web{files: map[string]string{"tag.csv": "a1", "sum.csv": "b1", "plain.csv": "c1", "weak.csv": "d1", "long.csv": "e1"}}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		text, ok := w.files[strings.TrimPrefix(r.URL.Path, "/")]
		w.mu.Unlock()
		if !ok {
			http.NotFound(rw, r)
			return
		}
		h := rw.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		switch r.URL.Path {
		case "/tag.csv":
			h.Set("ETag", `"`+text+`"`)
		case "/weak.csv":
			h.Set("ETag", `W/"A-`+text+`"`)
		case "/sum.csv":
			h.Set("Content-MD5", "c3Vt"+text)
		case "/long.csv":
			h.Set("ETag", `"`+text+`"`)
			rw.(http.Flusher).Flush() // without its length
		}
		_, _ = rw.Write([]byte(text))
	}))
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

const addressStages = `stages:
  tag:
    cmd: cat in.txt > tag.txt
    deps: [in.txt, URL/tag.csv, URL/sum.csv]
    outs: [tag.txt]
  plain:
    cmd: cat tag.txt > plain.txt
    deps: [tag.txt, URL/plain.csv, 'remote://web/tag.csv']
    outs: [plain.txt]
  long:
    cmd: cat in.txt > long.txt
    deps: [in.txt, URL/long.csv]
    outs: [long.txt]
  weak:
    cmd: cat in.txt > weak.txt
    deps: [URL/weak.csv]
    outs: [weak.txt]
`

// TestAddressesAreWatchedAsDVCDoes runs stages that read from a web server, and wants dvc's lock,
// run cache and status, before and after what is there changes.
func TestAddressesAreWatchedAsDVCDoes(t *testing.T) {
	w := startWeb(t)
	h := beside(t, newDriver(t, realDVC(t)), strings.ReplaceAll(addressStages, "URL", w.url), map[string]string{
		"p/in.txt": "1\n", "p/.dvc/config": "[core]\n    no_scm = true\n['remote \"web\"']\n    url = " + w.url + "\n",
	})
	h.alikeOutside()
	h.reproduce(true)
	h.alikeOutside()
	w.put("tag.csv", "a2")
	h.alikeOutside()
	w.put("sum.csv", "b2")
	w.put("plain.csv", "c22")
	h.reproduce(true)
	h.alikeOutside()
	w.mu.Lock()
	delete(w.files, "plain.csv")
	w.mu.Unlock()
	h.alikeOutside()
}

// TestAddressesAreAskedOnlyWhereTrusted: without trust nothing is asked, and the stage does not
// run; a host that does not answer is an error that names the dep, and no change.
func TestAddressesAreAskedOnlyWhereTrusted(t *testing.T) {
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if w.Header().Set("ETag", `"1"`); r.Method == http.MethodHead { // and only tells with the content
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
	defer s.Close()
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n", "dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o\n    deps: [" + s.URL + "/x]\n    outs: [o]\n"})
	run := func(trusted ...string) ([]string, error) {
		books, err := dvc.OpenBooks(dir, trusted)
		if err != nil {
			t.Fatal(err)
		}
		defer books.Close()
		reasons, err := books.Reasons(context.Background(), "s")
		if err != nil {
			return nil, err
		}
		_, err = books.Update(context.Background(), "s", pipeline.Work{Say: t.Logf, Run: runIn(dir)})
		return reasons, err
	}
	reasons, err := run()
	if !errs.Is(err, errs.Denied) || !strings.Contains(strings.Join(reasons, " "), "rondo trust") || asked > 0 {
		t.Errorf("%v, %v, asked %d times", reasons, err, asked)
	}
	if _, err := run(s.URL + "/x"); err != nil {
		t.Fatal(err)
	}
	if reasons, err := run(s.URL + "/x"); err != nil || len(reasons) > 0 {
		t.Errorf("%v, %v", reasons, err)
	}
	s.Close()
	reasons, err = run(s.URL + "/x")
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), s.URL+"/x") || !strings.Contains(errs.HintOf(err), "not known") {
		t.Errorf("%v, %v, %s", reasons, err, errs.HintOf(err))
	}
}

// TestAddressesOfABucketHaveVersions wants etags and versions in the lock, as dvc writes them.
func TestAddressesOfABucketHaveVersions(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	put3 := func(n string) {
		v.Put("far/k.csv", "k"+n)
		v.Put("far/dir/a", "a"+n)
		v.Put("far/dir/s/b", "b"+n)
	}
	put3("1")
	settings := v.URL + "/far\n    endpointurl = " + v.Endpoint + "\n    region = us-east-1\n"
	files := map[string]string{
		"p/.dvc/config": "[core]\n    no_scm = true\n['remote \"far\"']\n    url = " + settings,
	}
	h := beside(t, nil, "stages:\n  s:\n    cmd: echo 1 > o\n    deps: ['remote://far/k.csv', 'remote://far/dir']\n    outs: [o]\n", files)
	repro := func(dir string) string {
		t.Helper()
		p := open(t, dir)
		defer p.Close()
		books, err := dvc.OpenBooks(dir, p.Outside())
		if err != nil {
			t.Fatal(err)
		}
		defer books.Close()
		for _, s := range []string{"s"} {
			if _, err := books.Update(t.Context(), s, pipeline.Work{Say: t.Logf, Run: runIn(dir)}); err != nil {
				t.Fatal(err, errs.HintOf(err))
			}
		}
		b, err := os.ReadFile(filepath.Join(dir, "dvc.lock"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	program := cloudDVC(t)
	if program != "" {
		os.Unsetenv("AWS_PROFILE")
		h.d = newDriver(t, program)
	} else {
		t.Log("not compared with dvc: make conformance has one that speaks S3")
	}
	h.inABucket(repro, put3)
}

// inABucket compares with dvc where there is one.
func (h *history) inABucket(repro func(string) string, put3 func(string)) {
	h.t.Helper()
	hash := "      hash: md5\n"
	if h.d != nil && h.d.old { // which has to have been there, to be the one that is meant
		hash = ""
		h.d.try(h.main, "status")
	}
	first := repro(h.main)
	for _, want := range []string{"path: remote://far/k.csv\n" + hash + "      etag: ", "      md5: ", "nfiles: 2", "version_id: "} {
		if !strings.Contains(first, want) {
			h.t.Errorf("dvc.lock has no %q:\n%s", want, first)
		}
	}
	if h.d != nil {
		h.d.must(h.twin, "repro", "-q")
		h.alike("dvc.lock")
		h.alikeButLists()
	}
	put3("2")
	if h.d != nil {
		h.alikeButLists()
		h.d.must(h.twin, "repro", "-q")
	}
	if second := repro(h.main); second == first {
		h.t.Errorf("the lock is as it was:\n%s", second)
	}
	if h.d != nil {
		h.alike("dvc.lock")
		h.alikeButLists()
	}
}

// TestAddressesOnAnotherComputerAreHashed: ssh tells no checksums, so what lies there is read.
func TestAddressesOnAnotherComputerAreHashed(t *testing.T) {
	s := remotetest.StartSSHD(t)
	s.Write(t, "far/k.csv", "1\n")
	s.Write(t, "far/dir/a", "a")
	s.Write(t, "far/dir/sub/b", "b")
	far := "ssh://box" + filepath.Join(s.Home, "far")
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n['remote \"box\"']\n    url = " + far + "\n",
		"dvc.yaml":    "stages:\n  s:\n    cmd: echo 1 > o\n    deps: [" + far + "/k.csv, 'remote://box/dir', " + far + "/no.csv]\n    outs: [o]\n",
	})
	reasons := func() []string {
		t.Helper()
		p := open(t, dir)
		defer p.Close()
		books, err := dvc.OpenBooks(dir, p.Outside())
		if err != nil {
			t.Fatal(err)
		}
		defer books.Close()
		list, err := books.Reasons(t.Context(), "s")
		if err != nil {
			t.Fatal(err, errs.HintOf(err))
		}
		if _, err = books.Update(t.Context(), "s", pipeline.Work{Say: t.Logf, Run: runIn(dir)}); err != nil && !strings.Contains(err.Error(), "no.csv is missing") {
			t.Fatal(err, errs.HintOf(err))
		}
		return list
	}
	if list := strings.Join(reasons(), "\n"); !strings.Contains(list, "never run") || !strings.Contains(list, "no.csv is missing") {
		t.Errorf("%s", list)
	}
	s.Write(t, "far/no.csv", "here\n")
	reasons()
	if list := reasons(); len(list) > 0 {
		t.Errorf("%v", list)
	}
	here := folder(t, map[string]string{"dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o\n    deps: [dir, k.csv]\n    outs: [o]\n", ".dvc/config": "[core]\n    no_scm = true\n", "k.csv": "1\n", "dir/a": "a", "dir/sub/b": "b"})
	p := open(t, here)
	defer p.Close()
	lock, err := os.ReadFile(filepath.Join(dir, "dvc.lock"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, here, "o", "1\n")
	one, err := p.Record(t.Context(), p.Pipelines[0], p.Pipelines[0].Stages[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range one.Deps { // as they would be recorded here
		if !strings.Contains(string(lock), "md5: "+e.MD5) {
			t.Errorf("%s is %s here, and there\n%s", e.Path, e.MD5, lock)
		}
	}
	s.Write(t, "far/dir/sub/b", "other")
	if list := strings.Join(reasons(), "\n"); list != "dep remote://box/dir changed" {
		t.Errorf("%s", list)
	}
}

// TestAddressesOfAProjectOfDVC2AreHashedAsItDoes: text from Windows as if it were not, and with no
// word of the hash, which that line does not know.
func TestAddressesOfAProjectOfDVC2AreHashedAsItDoes(t *testing.T) {
	s := remotetest.StartSSHD(t)
	s.Write(t, "far/k.csv", "a\r\nb\r\n")
	dir := folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", ".dvc/cache/dd/8c6a395b5dd36c56d23275028f526c": "a\r\nb\r\n",
		"dvc.yaml": "stages:\n  s:\n    cmd: echo 1 > o\n    deps: ['ssh://box" + s.Home + "/far/k.csv']\n    outs: [o]\n",
	})
	p := open(t, dir)
	books, err := dvc.OpenBooks(dir, p.Outside())
	if err != nil {
		t.Fatal(err)
	}
	defer books.Close()
	if _, err := books.Update(t.Context(), "s", pipeline.Work{Say: t.Logf, Run: runIn(dir)}); err != nil {
		t.Fatal(err, errs.HintOf(err))
	}
	lock := readText(t, dir, "dvc.lock")
	if !strings.Contains(lock, "/far/k.csv\n      md5: dd8c6a395b5dd36c56d23275028f526c\n") || strings.Contains(lock, "hash:") {
		t.Errorf("recorded is\n%s", lock)
	}
}

// alikeButLists is alikeOutside without the lists of etags that dvc puts into its cache, where
// nothing reads them.
func (h *history) alikeButLists() {
	h.t.Helper()
	for _, dir := range []string{h.main, h.twin} { // a status by dvc, too, leaves some
		lists, err := filepath.Glob(filepath.Join(dir, ".dvc/cache/files/md5/*/*.dir"))
		if err != nil {
			h.t.Fatal(err)
		}
		for _, at := range lists {
			if err := os.Remove(at); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	h.alikeOutside()
}
