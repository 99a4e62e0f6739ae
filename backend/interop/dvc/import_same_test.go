package dvc_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestWhatHasComeStaysWhileItComesAgain imports two files of one content at once from a web server
// that sends the second's last byte after the first has come: the cache has it from then on.
func TestWhatHasComeStaysWhileItComesAgain(t *testing.T) {
	store := t.TempDir()
	source := folder(t, map[string]string{
		".dvc/config": "[core]\n    remote = store\n['remote \"store\"']\n    url = " + store + "\n", ".dvc/.gitignore": "/cache\n/tmp\n",
		"data/a": "the same\n", "data/b": "the same\n",
	})
	gitDo(t, source, "init", "-q", ".")
	p := open(t, source)
	ok(t, p.Add(t.Context(), "data/a", "data/b"))
	if _, err := p.Push(t.Context(), dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
	web := &twice{store: store, cache: filepath.Join(dir, ".dvc", "cache"), both: make(chan struct{}), ended: make(chan struct{})}
	server := httptest.NewServer(web)
	defer server.Close()
	put(t, source, ".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = "+server.URL+"\n")
	gitDo(t, source, "add", "-A")
	gitDo(t, source, "commit", "-q", "-m", "first")
	lose(t, source, ".dvc/cache")
	done, err := open(t, dir).Import(t.Context(), dvc.Import{From: source, Path: "data"})
	close(web.ended)
	if err != nil || web.asked.Load() != 2 {
		t.Errorf("%+v, %v after %d questions", done, err, web.asked.Load())
	}
	if server.Close(); web.gone.Load() {
		t.Error("the object went away")
	}
}

// twice serves a folder of one object to two who ask for it at once, one after the other.
type twice struct {
	store, cache string
	asked        atomic.Int32
	both, ended  chan struct{}
	gone         atomic.Bool // the object was in the cache and was there no more
}

func (s *twice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := os.ReadFile(filepath.Join(s.store, filepath.FromSlash(r.URL.Path)))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if s.asked.Add(1) == 1 {
		<-s.both
		_, _ = w.Write(b)
		return
	}
	close(s.both)
	here := filepath.Join(s.cache, filepath.FromSlash(r.URL.Path))
	for !there(here) && r.Context().Err() == nil {
		runtime.Gosched()
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case <-s.ended:
			return
		default:
			if !there(here) {
				s.gone.Store(true)
			}
		}
	}
}

func there(at string) bool {
	_, err := os.Stat(at)
	return err == nil
}
