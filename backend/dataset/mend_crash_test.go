//go:build unix

package dataset_test

import (
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
)

// TestKilledWhileMending kills a push that mends a remote, before and after a pack is put in its
// own place and between those that are sent: what is not mended is still told of, and the next
// push ends it.
func TestKilledWhileMending(t *testing.T) {
	for _, point := range []string{"store.far-mending", "store.far-mended", "store.sent", ""} {
		disk, dir := filepath.Join(t.TempDir(), "disk"), newProject(t)
		began, err := openAt(dir)
		must(t, err)
		must(t, began.SetRemote(far.Remote{Name: "disk", Address: disk}))
		h := &house{Service: began.Service}
		for i := range states {
			must(t, lay(filepath.Join(dir, "data"), state(i)))
			write(t, dir, "data/noise.bin", noise(20 << 20)[i:])
			if i == 0 {
				_, err = began.Add(t.Context(), "d", "data", "")
				must(t, err)
			}
			_, err = began.Snapshot(t.Context(), "d", dataset.Take{})
			must(t, err)
			h.push(t)
		}
		damaged := 0
		for name, size := range h.blobs(t, "objects/packs") {
			how := flipAt(20)
			if point == "store.sent" { // nobody knows their indexes: they cannot be mended, and all is sent
				how = func(b []byte) []byte { return b[:len(b)-int(min(size, 70))] }
			}
			h.spoil(t, name, how)
			damaged++
		}
		if point == "store.sent" {
			forget(t, dir)
		}
		if v := h.verifyThere(t); v.OK || damaged < 3 {
			t.Fatalf("%+v", v)
		}
		began.Service.Close()
		began.ledger.Close()
		out, err := runMove(t, dir, "push", point)
		if strings.Contains(out, "FAILED") || point != "" && err == nil {
			t.Fatalf("at %q: %v %s", point, err, out)
		}
		o, err := openAt(dir)
		must(t, err)
		h = &house{Service: o.Service}
		v, st := h.verifyThere(t), h.statusThere(t)
		if v.OK != st.InSync {
			t.Errorf("at %q: verified %+v, and the status is %+v", point, v.Problems, st)
		}
		h.push(t)
		if v := h.verifyThere(t); !v.OK || !h.statusThere(t).InSync {
			t.Errorf("at %q: in the end %+v %+v", point, v.Problems, h.statusThere(t))
		}
		to, err := openAt(newProject(t))
		must(t, err)
		must(t, to.SetRemote(far.Remote{Name: "disk", Address: disk}))
		if _, err := to.Fetch(t.Context(), dataset.Exchange{}); err != nil {
			t.Errorf("at %q: elsewhere %v", point, err)
		}
		for _, err := range whole(t, to) {
			t.Errorf("at %q: %v", point, err)
		}
		for _, one := range []opened{o, to} {
			one.Service.Close()
			one.ledger.Close()
		}
	}
}
