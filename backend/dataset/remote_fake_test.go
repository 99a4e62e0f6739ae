package dataset_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/remote/remotetest"
)

// onFake is a project with two snapshots and a store that does as it is told.
func onFake(t *testing.T) (*house, *remotetest.FakeS3) {
	t.Helper()
	s3 := remotetest.StartFakeS3(t)
	return stocked(t, s3.Address), s3
}

func stocked(t *testing.T, address string) *house {
	t.Helper()
	h := withRemote(t, address)
	write(t, h.dir, "data/noise.bin", noise(300_000))
	write(t, h.dir, "data/small.csv", csv1)
	h.add(t, "d", "data")
	h.snap(t, "d")
	return h
}

func isPack(name string) bool { return strings.HasPrefix(name, "objects/packs/") }

// TestAStoreThatKeepsNothingIsNotBelieved: it says that it has stored what it was sent.
func TestAStoreThatKeepsNothingIsNotBelieved(t *testing.T) {
	for what, loses := range map[string]func(string) bool{
		"packs": isPack, "records": func(name string) bool { return strings.HasPrefix(name, "snapshots/") },
	} {
		t.Run(what, func(t *testing.T) {
			h, s3 := onFake(t)
			s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
				if r.Method != http.MethodPut || !loses(name) {
					return false
				}
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("ETag", `"1"`)
				return true
			}
			_, err := h.Push(t.Context(), dataset.Exchange{})
			if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "remote disk") || !strings.Contains(err.Error(), "does not give back") || errs.HintOf(err) == "" {
				t.Errorf("%v; %s", err, errs.HintOf(err))
			}
			if st := h.statusThere(t); st.InSync || st.There != 0 {
				t.Errorf("%+v", st)
			}
			s3.Meddle = nil
			h.push(t)
			if st := h.statusThere(t); !st.InSync {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestAStoreThatListsWhatItHasNot: what it lists and does not give is no data, and keeps nothing
// else back.
func TestAStoreThatListsWhatItHasNot(t *testing.T) {
	h, s3 := onFake(t)
	h.push(t)
	lost := h.largest(t)
	write(t, h.dir, "a.csv", csv1+"7,7\n")
	h.add(t, "a", "a.csv")
	h.snap(t, "a")
	h.push(t)
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if name == lost {
			remotetest.Refuse(w, http.StatusNotFound, "NoSuchKey")
		}
		return name == lost
	}
	other := withRemote(t, s3.Address)
	x, err := other.Fetch(t.Context(), dataset.Exchange{})
	if err != nil || x.Snapshots != 1 || len(x.Damaged) != 1 || x.Damaged[0].Needs[0].Snapshot != "d@1" {
		t.Fatalf("%+v %v", x, err)
	}
	if list, err := other.RemoteStatus(t.Context(), ""); err != nil || len(list) != 2 || list[1].InSync || list[1].Text == "" {
		t.Errorf("%+v %v", list, err)
	}
	if v := h.verifyThere(t); v.OK {
		t.Errorf("%+v", v)
	}
	s3.Meddle = nil
	h.push(t)
	if x, err := other.Fetch(t.Context(), dataset.Exchange{}); err != nil || x.Snapshots != 2 || len(x.Damaged) != 0 {
		t.Errorf("%+v %v", x, err)
	}
}

// TestAStoreThatGivesSomethingElse: other bytes under a name, and fewer of them, are not taken.
func TestAStoreThatGivesSomethingElse(t *testing.T) {
	for what, tell := range map[string]func(w http.ResponseWriter, b []byte){
		"other bytes": func(w http.ResponseWriter, b []byte) {
			other := make([]byte, len(b))
			w.Header().Set("Content-Range", "bytes 0-1/2")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(other)
		},
		"fewer":         func(w http.ResponseWriter, b []byte) { _, _ = w.Write(b[:len(b)/3]) },
		"nothing":       func(http.ResponseWriter, []byte) {},
		"a page of XML": func(w http.ResponseWriter, _ []byte) { remotetest.Refuse(w, http.StatusOK, "InternalError") },
	} {
		t.Run(what, func(t *testing.T) {
			h, s3 := onFake(t)
			h.push(t)
			var packs sync.Map
			s3.Change(func(blobs map[string][]byte) {
				for name, b := range blobs {
					packs.Store(name, b)
				}
			})
			s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
				b, ok := packs.Load(name)
				if !ok || r.Method != http.MethodGet || !isPack(name) {
					return false
				}
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				tell(w, b.([]byte))
				return true
			}
			other := withRemote(t, s3.Address)
			x, err := other.Fetch(t.Context(), dataset.Exchange{})
			if err == nil && len(x.Damaged) == 0 || x.Snapshots+x.Partly > 0 {
				t.Errorf("%+v %v", x, err)
			}
			if list, _ := other.List(t.Context()); len(list) > 0 {
				t.Errorf("a snapshot is claimed: %+v", list)
			}
			s3.Meddle = nil
			h.verifyThere(t)
			h.push(t)
			if x, err := other.Fetch(t.Context(), dataset.Exchange{}); err != nil || x.Snapshots != 1 {
				t.Errorf("afterwards: %+v %v", x, err)
			}
		})
	}
}

// TestAStormPasses: a store that is overloaded for a while is asked again, one that stays so is
// given up, and nothing is said to be there.
func TestAStormPasses(t *testing.T) {
	h, s3 := onFake(t)
	var storm atomic.Int32
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if storm.Add(1)%4 == 0 {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		remotetest.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return true
	}
	h.push(t)
	if st := h.statusThere(t); !st.InSync {
		t.Errorf("%+v", st)
	}
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if r.Method == http.MethodPut && isPack(name) {
			remotetest.Refuse(w, http.StatusServiceUnavailable, "SlowDown")
			return true
		}
		return false
	}
	write(t, h.dir, "data/more.txt", "more")
	h.snap(t, "d")
	_, err := h.Push(t.Context(), dataset.Exchange{})
	if !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "remote disk") || errs.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if st := h.statusThere(t); st.InSync || st.There != 1 {
		t.Errorf("%+v", st)
	}
}

// TestAStoreThatShowsThingsLate: what was stored is not there when it is first asked for.
func TestAStoreThatShowsThingsLate(t *testing.T) {
	h, s3 := onFake(t)
	var late sync.Map
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if name == "" || r.Method == http.MethodPut || r.Method == http.MethodDelete {
			return false
		}
		n, _ := late.LoadOrStore(r.Method+name, new(atomic.Int32))
		if n.(*atomic.Int32).Add(1) > 2 {
			return false
		}
		remotetest.Refuse(w, http.StatusNotFound, "NoSuchKey")
		return true
	}
	_, err := h.Push(t.Context(), dataset.Exchange{}) // at first it seems not to have begun
	if err != nil {
		t.Fatal(err)
	}
	s3.Meddle = nil
	if st := h.statusThere(t); !st.InSync {
		t.Errorf("%+v", st)
	}
}
