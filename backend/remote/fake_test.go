package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// TestAListWithoutEndEnds: a store that says for ever that there is more is told of.
func TestAListWithoutEndEnds(t *testing.T) {
	for _, names := range [][]string{{"objects/a"}, {"objects/a", "objects/b", "objects/c", "objects/d", "objects/e"}} {
		s3 := remotetest.StartFakeS3(t)
		r := open(t, s3.Address)
		s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool {
			remotetest.Repeat(w, names...)
			return true
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		err := r.List(ctx, "objects", func(remote.Blob) error { return nil })
		cancel()
		if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "without end") {
			t.Errorf("%d names: %v", len(names), err)
		}
	}
}

// TestAListOfManyPages is all of it.
func TestAListOfManyPages(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	s3.Page = 3
	s3.Change(func(b map[string][]byte) {
		for c := 'a'; c <= 'z'; c++ {
			b["objects/"+string(c)] = []byte{1}
		}
	})
	n := 0
	if err := open(t, s3.Address).List(t.Context(), "objects", func(remote.Blob) error { n++; return nil }); err != nil || n != 26 {
		t.Errorf("%d %v", n, err)
	}
}

// TestASilentStoreIsGivenUp: one that takes a part of what is sent and then nothing, one that
// sends a part and then nothing, and one that does not answer.
func TestASilentStoreIsGivenUp(t *testing.T) {
	remote.SetPatience(t, 300*time.Millisecond)
	big := remote.Content(make([]byte, 20<<20))
	for what, ask := range map[string]func(remote.Remote) error{
		"put": func(r remote.Remote) error { return r.Replace(t.Context(), "new", big) },
		"get": func(r remote.Remote) error {
			body, err := r.Get(t.Context(), "old", 0, -1)
			if err != nil {
				return err
			}
			defer body.Close()
			_, err = io.Copy(io.Discard, body)
			return err
		},
		"head": func(r remote.Remote) error { _, err := r.Sizes(t.Context(), []string{"old"}); return err },
	} {
		t.Run(what, func(t *testing.T) {
			s3, end := remotetest.StartFakeS3(t), make(chan struct{})
			t.Cleanup(func() { close(end) })
			r := open(t, s3.Address)
			s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool {
				if q.Method == http.MethodGet {
					w.Header().Set("Content-Length", "1000000")
					w.Header().Set("ETag", `"1"`)
					w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
					_, _ = w.Write(make([]byte, 1000))
					w.(http.Flusher).Flush()
				}
				<-end
				return true
			}
			failed := make(chan error, 1)
			go func() { failed <- ask(r) }()
			select {
			case err := <-failed:
				if !errs.Is(err, errs.Unavailable) || errs.HintOf(err) == "" {
					t.Errorf("%v", err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it is still waited for")
			}
		})
	}
}

// TestASlowStoreIsWaitedFor: as long as something comes now and then.
func TestASlowStoreIsWaitedFor(t *testing.T) {
	remote.SetPatience(t, 2*time.Second)
	s3 := remotetest.StartFakeS3(t)
	r := open(t, s3.Address)
	s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool {
		if name == "" {
			return false
		}
		w.Header().Set("Content-Length", "40")
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			if _, err := w.Write([]byte{1}); err != nil {
				tick.Stop()
				return true
			}
			w.(http.Flusher).Flush()
		}
	}
	b, err := remote.Read(t.Context(), r, "x", 100)
	if err != nil || len(b) != 40 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestAClockThatIsOffIsNamed and not the credentials.
func TestAClockThatIsOffIsNamed(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	r := open(t, s3.Address)
	s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool {
		remotetest.Refuse(w, http.StatusForbidden, "RequestTimeTooSkewed")
		return true
	}
	_, err := remote.Read(t.Context(), r, "x", 100)
	if !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), "clock") || !strings.Contains(errs.HintOf(err), "set the clock") {
		t.Errorf("%v; %s", err, errs.HintOf(err))
	}
}

// TestAPutThatIsCutOffIsSentAgain.
func TestAPutThatIsCutOffIsSentAgain(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	r := open(t, s3.Address)
	var cuts atomic.Int32
	s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool {
		if name != "big" || q.Method != http.MethodPut || cuts.Add(1) > 2 {
			return false
		}
		_, _ = io.CopyN(io.Discard, q.Body, 1<<20)
		remotetest.Cut(w)
		return true
	}
	stored, err := r.Put(t.Context(), "big", remote.Content([]byte(strings.Repeat("x", 5<<20))))
	if err != nil || !stored || cuts.Load() < 3 {
		t.Errorf("%t %v after %d", stored, err, cuts.Load())
	}
	s3.Meddle = func(w http.ResponseWriter, q *http.Request, name string) bool { remotetest.Cut(w); return true }
	_, err = r.Put(t.Context(), "other", remote.Content([]byte("x")))
	if !errs.Is(err, errs.Unavailable) || errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
