//go:build unix

package dataset_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

func init() {
	killedVerbs["retain"] = killed{begin: begunTwice, do: func(ctx context.Context, o opened) error {
		if err := o.Sync(ctx, map[string]dataset.Setting{"d": {Path: "data", Keep: &dataset.Keep{Last: 1}}}); err != nil {
			return err
		}
		if _, err := o.Retain(ctx, dataset.Retain{}); err != nil {
			return err
		}
		return collect(ctx, o)
	}, done: func(t *testing.T, o opened, _, when string) {
		t.Helper()
		list, err := o.Snapshots(t.Context(), "d")
		must(t, err)
		if v, err := o.Verify(t.Context(), "d", 2); err != nil || !v.OK || len(list) != 1 || list[0].Number != 2 {
			t.Fatalf("%s: %+v is left, %+v %v", when, list, v, err)
		}
	}}

	killedVerbs["tag"] = killed{begin: begunTwice, do: func(ctx context.Context, o opened) error {
		for i := range 8 {
			if _, err := o.SetTag(ctx, "d", 1+i%2, "golden"); err != nil {
				return err
			}
		}
		return nil
	}, done: func(t *testing.T, o opened, _, when string) {
		t.Helper()
		if snap, err := o.Find(t.Context(), "d@golden"); err != nil || snap.Number != 2 {
			t.Fatalf("%s: golden is %+v, %v", when, snap, err)
		}
		isWhole(t, o, 2, when)
	}}

	killedVerbs["profile"] = killed{begin: func(t *testing.T, o opened, dir string) {
		t.Helper()
		must(t, lay(filepath.Join(dir, "data"), map[string]string{"t.csv": textOf(1)}))
		_, err := o.Add(t.Context(), "d", "data", "")
		must(t, err)
	}, do: func(ctx context.Context, o opened) error {
		snap, err := o.Snapshot(ctx, "d", dataset.Take{})
		if err == nil {
			_, err = o.Profile(ctx, snap)
		}
		return err
	}, done: func(t *testing.T, o opened, _, when string) {
		t.Helper()
		snap, err := o.Find(t.Context(), "d@1")
		must(t, err)
		if p, err := o.Profile(t.Context(), snap); err != nil || p.Rows != tableRows || len(p.Tables) != 1 {
			t.Fatalf("%s: %+v %v", when, p, err)
		}
	}}

	killedVerbs["import from the web"] = killed{begin: func(*testing.T, opened, string) {}, meant: errs.Conflict, do: func(ctx context.Context, o opened) error {
		_, err := o.Import(ctx, fromWeb(1))
		return err
	}, done: isTable(1)}

	killedVerbs["update from the web"] = killed{begin: func(t *testing.T, o opened, _ string) {
		t.Helper()
		version.Store(1)
		_, err := o.Import(t.Context(), fromWeb(0))
		must(t, err)
		version.Store(2)
	}, do: func(ctx context.Context, o opened) error {
		_, err := o.Update(ctx, "d", dataset.Update{})
		return err
	}, done: isTable(2)}

	killedVerbs["update from a project"] = killed{begin: func(t *testing.T, o opened, _ string) {
		t.Helper()
		_, err := o.Import(t.Context(), dataset.Import{From: os.Getenv("RONDO_TEST_ORIGIN"), Snapshot: "d@1", Name: "d", Path: "data"})
		must(t, err)
	}, do: func(ctx context.Context, o opened) error {
		_, err := o.Update(ctx, "d", dataset.Update{})
		return err
	}, done: func(t *testing.T, o opened, _, when string) { t.Helper(); isWhole(t, o, 2, when) }}
}

const tableRows = 40_000

// textOf is a table of the size that a kill hits while it is on its way.
func textOf(version int) string {
	return "day,wet\n" + strings.Repeat(fmt.Sprintf("%d,7\n", 3+version), tableRows)
}

// version is that of the table which the web has at /0; at /1 it is always the first.
var version atomic.Int32

// tables is the web. A process that is killed is told of it.
func tables(t *testing.T) {
	t.Helper()
	w := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := 1
		if r.URL.Path == "/0" {
			v = int(version.Load())
		}
		rw.Header().Set("ETag", fmt.Sprintf(`"%d"`, v))
		http.ServeContent(rw, r, "", time.Time{}, strings.NewReader(textOf(v)))
	}))
	t.Cleanup(w.Close)
	t.Setenv("RONDO_TEST_WEB", w.URL)
}

func fromWeb(which int) dataset.Import {
	return dataset.Import{From: fmt.Sprint(os.Getenv("RONDO_TEST_WEB"), "/", which), Name: "d", Path: "data/t.csv", Update: dataset.Update{Inside: true}}
}

// isTable wants so many snapshots of what the web had, each with its origin, and the last in the folder.
func isTable(n int) func(t *testing.T, o opened, dir, when string) {
	return func(t *testing.T, o opened, dir, when string) {
		t.Helper()
		list, err := o.Snapshots(t.Context(), "d")
		if err != nil || len(list) != n {
			t.Fatalf("%s: %+v %v", when, list, err)
		}
		for i, snap := range list { // newest first
			v, err := o.Verify(t.Context(), "d", snap.Number)
			if want := fmt.Sprintf(`"%d"`, n-i); err != nil || !v.OK || snap.Origin == nil || snap.Origin.ETag != want {
				t.Fatalf("%s: %+v from %+v, %+v %v", when, snap, snap.Origin, v, err)
			}
		}
		if b, err := os.ReadFile(filepath.Join(dir, "data/t.csv")); err != nil || string(b) != textOf(n) {
			t.Fatalf("%s: the file has %d bytes, %v", when, len(b), err)
		}
	}
}
