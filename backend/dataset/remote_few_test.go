package dataset_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/remote/remotetest"
	"rondo/backend/store"
)

// TestManyLargeFilesGoInFewPacks where each is a file of its own here, too, and what they have in
// common goes once.
func TestManyLargeFilesGoInFewPacks(t *testing.T) {
	h := open(t, project(t))
	h.SetLink(store.LinkHard)
	address := filepath.Join(t.TempDir(), "remote")
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address}))
	common := noise(store.Small + 500_000)
	for i := range 20 {
		write(t, h.dir, fmt.Sprintf("data/%d.bin", i), common+fmt.Sprint(i))
	}
	h.add(t, "d", "data")
	h.snap(t, "d")
	x := h.push(t)
	if packs, _ := filepath.Glob(filepath.Join(address, "objects/packs/*.pack")); len(packs) > 6 {
		t.Errorf("%d packs of 20 files", len(packs))
	}
	if x.Bytes > 4<<20 {
		t.Errorf("%d bytes of what is mostly the same", x.Bytes)
	}
	other := withRemote(t, address)
	if x, err := other.Fetch(t.Context(), dataset.Exchange{}); err != nil || x.Snapshots != 1 || len(x.Damaged) > 0 {
		t.Fatalf("%+v %v", x, err)
	}
	if v, err := other.Verify(t.Context(), "d", 0); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
}

// TestManySnapshotsDoNotWaitForEachOther: records are asked for and written side by side, and the
// trees of snapshots, too.
func TestManySnapshotsDoNotWaitForEachOther(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	h := withRemote(t, s3.Address)
	for i := range 12 {
		write(t, h.dir, "data/a.txt", fmt.Sprint(i))
		if i == 0 {
			h.add(t, "d", "data")
			continue
		}
		h.snap(t, "d")
	}
	met := meeting(s3, func(r *http.Request, name string) bool {
		return r.Method == http.MethodPut && strings.HasPrefix(name, "snapshots/")
	})
	h.push(t)
	met(t, "written")
	met = meeting(s3, func(r *http.Request, name string) bool {
		return r.Method == http.MethodGet && strings.HasPrefix(name, "snapshots/")
	})
	h.push(t)
	met(t, "compared")
	other := withRemote(t, s3.Address)
	met = meeting(s3, func(r *http.Request, name string) bool {
		return r.Method == http.MethodGet && isPack(name) && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-")
	})
	if st, err := other.RemoteStatus(t.Context(), ""); err != nil || len(st) != 1 || st[0].There != 11 {
		t.Fatalf("%+v %v", st, err)
	}
	met(t, "looked at")
}

// meeting lets the first question of a kind wait for two more at the same time, but not for ever.
func meeting(s3 *remotetest.FakeS3, of func(r *http.Request, name string) bool) (met func(t *testing.T, what string)) {
	var now atomic.Int32
	var first, all sync.Once
	company := make(chan struct{})
	s3.Meddle = func(_ http.ResponseWriter, r *http.Request, name string) bool {
		if !of(r, name) {
			return false
		}
		if now.Add(1) >= 3 {
			all.Do(func() { close(company) })
		}
		defer now.Add(-1)
		first.Do(func() {
			select {
			case <-company:
			case <-time.After(10 * time.Second):
			}
		})
		return false
	}
	return func(t *testing.T, what string) {
		t.Helper()
		select {
		case <-company:
		default:
			t.Errorf("one was %s after the other", what)
		}
	}
}
