//go:build unix

package dataset_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"rondo/backend/dataset"
)

func snapshotOfD(ctx context.Context, o opened) error {
	_, err := o.Snapshot(ctx, "d", dataset.Take{})
	return err
}

func collect(ctx context.Context, o opened) error {
	_, err := o.Collect(ctx, dataset.Collect{Grace: 1})
	return err
}

func collectFar(ctx context.Context, o opened) error {
	_, err := o.CollectRemote(ctx, dataset.CollectRemote{Grace: 1})
	return err
}

func pushAll(ctx context.Context, o opened) error {
	_, err := o.Push(ctx, dataset.Exchange{})
	return err
}

func oneSnapshot(t *testing.T, o opened, dir string) {
	t.Helper()
	must(t, lay(filepath.Join(dir, "data"), small(0)))
	_, err := o.Add(t.Context(), "d", "data", "")
	must(t, err)
	must(t, snapshotOfD(t.Context(), o))
}

func begunTwice(t *testing.T, o opened, dir string) { t.Helper(); twoSnapshots(t)(o, dir) }

// litter leaves objects that the next collection removes.
func litter(t *testing.T, o opened) {
	t.Helper()
	for i := range 3 {
		_, err := o.store.PutBytes(t.Context(), fmt.Append(nil, "needed by nobody ", i))
		must(t, err)
	}
	must(t, collect(t.Context(), o))
}

// isWhole wants n snapshots that are whole, and the files as the last one has them.
func isWhole(t *testing.T, o opened, n int, when string) {
	t.Helper()
	for i := range n {
		if v, err := o.Verify(t.Context(), "d", i+1); err != nil || !v.OK || v.Files != len(small(i)) {
			t.Fatalf("%s: snapshot %d: %+v %v", when, i+1, v, err)
		}
	}
	if st, err := o.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
		t.Fatalf("%s: %+v %v", when, st, err)
	}
}

// isFirst wants the files as the first snapshot has them.
func isFirst(t *testing.T, o opened, dir, when string) {
	t.Helper()
	if st, err := o.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
		t.Fatalf("%s: %+v %v", when, st, err)
	}
	want := filepath.Join(t.TempDir(), "want")
	must(t, lay(want, small(0)))
	if got := files(t, filepath.Join(dir, "data")); fmt.Sprint(got) != fmt.Sprint(files(t, want)) {
		t.Fatalf("%s: version 1 is %.300v", when, got)
	}
}

// inSync wants both snapshots on both sides, and what the remote lists to come elsewhere.
func inSync(t *testing.T, o opened, _, when string) {
	t.Helper()
	if st, err := o.RemoteStatus(t.Context(), ""); err != nil || len(st) != 1 || !st[0].InSync || st[0].There != 2 {
		t.Fatalf("%s: %+v %v", when, st, err)
	}
	arrivesWhole(t, remoteOf(t, o), when)
}
