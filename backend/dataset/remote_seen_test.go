package dataset_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"rondo/backend/remote/remotetest"
)

// TestWhatIsOnlyListedIsNotInSync: a device that knows the index of a pack does not believe the list that
// it is there, and what is not goes there again.
func TestWhatIsOnlyListedIsNotInSync(t *testing.T) {
	for what, lie := range map[string]func(w http.ResponseWriter){
		"not given": func(w http.ResponseWriter) { remotetest.Refuse(w, http.StatusNotFound, "NoSuchKey") },
		"cut short": func(w http.ResponseWriter) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Content-Length", strconv.Itoa(100))
		},
	} {
		t.Run(what, func(t *testing.T) {
			h, s3 := onFake(t)
			h.push(t)
			lost := h.largest(t)
			var lying atomic.Bool
			lying.Store(true)
			s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
				if r.Method == http.MethodPut && isPack(name) {
					lying.Store(false)
				}
				if name != lost || !lying.Load() {
					return false
				}
				if r.Method == http.MethodHead {
					lie(w)
				} else {
					remotetest.Refuse(w, http.StatusNotFound, "NoSuchKey")
				}
				return true
			}
			for range 2 { // also once it is remembered
				if st := h.statusThere(t); st.InSync || st.There != 0 || len(st.Lost) != 1 || !strings.Contains(st.Text, "sends them again") {
					t.Errorf("%+v", st)
				}
			}
			if x := h.push(t); x.Objects == 0 {
				t.Errorf("nothing was sent: %+v", x)
			}
			if st := h.statusThere(t); !st.InSync {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestAPushSeesWhatItDoesNotSend: nobody has asked for the status before.
func TestAPushSeesWhatItDoesNotSend(t *testing.T) {
	h, s3 := onFake(t)
	h.push(t)
	lost := h.largest(t)
	var back atomic.Bool
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if r.Method == http.MethodPut && isPack(name) {
			back.Store(true)
		}
		if name != lost || back.Load() {
			return false
		}
		remotetest.Refuse(w, http.StatusNotFound, "NoSuchKey")
		return true
	}
	if x := h.push(t); x.Objects == 0 {
		t.Errorf("nothing was sent: %+v", x)
	}
	if st := h.statusThere(t); !st.InSync {
		t.Errorf("%+v", st)
	}
}

// TestAPackIsAskedForOnce: what several snapshots share costs one question, and what was read just now none.
func TestAPackIsAskedForOnce(t *testing.T) {
	h, s3 := onFake(t)
	h.push(t)
	for _, more := range []string{"a", "b", "c"} {
		write(t, h.dir, "data/more.txt", more)
		h.snap(t, "d")
	}
	h.push(t)
	packs := len(h.blobs(t, "objects/packs"))
	before := s3.Asked(http.MethodHead)
	if st := h.statusThere(t); !st.InSync || st.There != 4 {
		t.Errorf("%+v", st)
	}
	if n := s3.Asked(http.MethodHead) - before; n != packs {
		t.Errorf("%d questions for %d packs", n, packs)
	}
	other := withRemote(t, s3.Address)
	before = s3.Asked(http.MethodHead)
	if _, err := other.RemoteStatus(t.Context(), ""); err != nil || s3.Asked(http.MethodHead) != before {
		t.Errorf("%d questions for what was just read, %v", s3.Asked(http.MethodHead)-before, err)
	}
}
