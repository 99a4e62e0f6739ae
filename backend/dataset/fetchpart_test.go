package dataset_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/fsck"
	"rondo/backend/index"
	"rondo/backend/remote/remotetest"
)

// pushedImages is the address of a remote that has a dataset of images, and tables, in folders.
func pushedImages(t *testing.T, remote string) string {
	t.Helper()
	h := withRemote(t, remote)
	for i := range 300 {
		for _, kind := range []string{"cats", "dogs"} {
			write(t, h.dir, fmt.Sprintf("images/train/%s/%03d.jpg", kind, i), fmt.Sprint(kind, i)+noise(3000))
		}
	}
	write(t, h.dir, "images/train/cats-too/big.bin", noise(2<<20))
	write(t, h.dir, "images/val/big.bin", noise(3<<20))
	write(t, h.dir, "images/list.csv", csv1)
	write(t, h.dir, "images/val/rows.csv", csv1+"9,9\n")
	h.add(t, "images", "images")
	h.snap(t, "images")
	h.push(t)
	return remote
}

// held are the files below a project's folder of images, and the bytes of its objects.
func (h *house) held(t *testing.T) (names []string, stored int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(h.dir, ".rondo/objects"), func(_ string, e fs.DirEntry, err error) error {
		if fi, e := e.Info(); e == nil && fi.Mode().IsRegular() {
			stored += fi.Size()
		}
		return err
	})
	must(t, err)
	return slices.Sorted(maps.Keys(files(t, filepath.Join(h.dir, "images")))), stored
}

func (h *house) pull(t *testing.T, number int, paths ...string) dataset.Exchanged {
	t.Helper()
	_, x, err := h.PullPart(t.Context(), dataset.Part{Dataset: "images", Number: number, Paths: paths}, false)
	must(t, err)
	return x
}

// TestOnlyAPartComes from each kind of remote, and no byte of the rest.
func TestOnlyAPartComes(t *testing.T) {
	t.Run("folder", func(t *testing.T) { partComes(t, filepath.Join(t.TempDir(), "remote")) })
	t.Run("sftp", func(t *testing.T) {
		partComes(t, remotetest.StartSSHD(t).Address(filepath.Join(t.TempDir(), "remote")))
	})
	t.Run("s3", func(t *testing.T) { partComes(t, remotetest.StartS3(t)) })
}

func partComes(t *testing.T, remote string) {
	b := withRemote(t, pushedImages(t, remote))
	x := b.pull(t, 0, "train/cats")
	names, stored := b.held(t)
	if len(names) != 300 || !strings.HasPrefix(names[0], "train/cats/") || stored > 1_200_000 || x.Bytes > 1_100_000 {
		t.Fatalf("%d files, %d bytes on the disk, %+v", len(names), stored, x.Moved)
	}
	if pointer := read(t, b.dir, "images.snap"); !strings.Contains(pointer, x.Part.ID) {
		t.Errorf("the pointer says %s", pointer)
	}
	if x.Part == nil || !slices.Equal(x.Part.Fetched, []string{"train/cats"}) || x.New != 1 {
		t.Fatalf("%+v", x)
	}
	if x := b.pull(t, 0, "train/cats"); x.Bytes > 0 {
		t.Errorf("it came twice: %+v", x.Moved)
	}
	b.pull(t, 1, "images/list.csv", "train/cats-too")
	if names, _ := b.held(t); len(names) != 302 {
		t.Errorf("%d files", len(names))
	}
	snap, err := b.Find(t.Context(), "images")
	if err != nil || !slices.Equal(snap.Fetched, []string{"list.csv", "train/cats", "train/cats-too"}) {
		t.Errorf("%+v %v", snap, err)
	}
	if _, _, err := b.Pull(t.Context(), "", "images", 0, false); err != nil {
		t.Fatal(err)
	}
	if snap, _ = b.Find(t.Context(), "images"); snap.InPart() {
		t.Errorf("all of it came, and it says %v", snap.Fetched)
	}
	sound(t, b, 0)
}

// sound sees that verifying, repairing and fsck find nothing lost, and as much never fetched.
func sound(t *testing.T, h *house, notFetched int) {
	t.Helper()
	ctx := t.Context()
	if v, err := h.Verify(ctx, "images", 0); err != nil || !v.OK || v.NotFetched != notFetched || v.Files != v.Snapshot.Files-notFetched {
		t.Errorf("verify: %+v %v", v, err)
	}
	if r, err := h.Repair(ctx, dataset.Repair{}); err != nil || !r.OK || r.Missing > 0 || len(r.Healed) > 0 {
		t.Errorf("repair: %+v %v", r, err)
	}
	if r := h.fsck(t); !r.OK || (r.NotFetched > 0) != (notFetched > 0) {
		t.Errorf("fsck: %+v", r)
	}
}

func (h *house) fsck(t *testing.T) fsck.Report {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(h.dir, ".rondo/format"), []byte("rondo 1\nproject 0123456789abcdef0123456789abcdef\n"), 0o644))
	r, err := fsck.Check(t.Context(), h.dir, fsck.Options{})
	must(t, err)
	return r
}

// TestWhatNeverCameIsNotLost: every verb says so, and names the way out.
func TestWhatNeverCameIsNotLost(t *testing.T) {
	ctx := t.Context()
	b := withRemote(t, pushedImages(t, filepath.Join(t.TempDir(), "remote")))
	b.pull(t, 0, "train/cats")
	const never = 300 + 4
	st, err := b.Status(ctx, "images")
	if err != nil || st.State != dataset.Partial || st.NotFetched != never || st.Count != 0 {
		t.Errorf("status: %+v %v", st, err)
	}
	sound(t, b, never)
	snap, err := b.Find(ctx, "images")
	must(t, err)
	if p, err := b.Profile(ctx, snap); err != nil || len(p.Tables) != 2 {
		t.Errorf("the profile came along: %+v %v", p, err)
	}
	_, rows := b.Rows(ctx, snap, "list.csv", 0, 10)
	_, sql := b.SQL(ctx, snap, "select * from list")
	_, file := b.Content(ctx, snap, "list.csv")
	for what, err := range map[string]error{"rows": rows, "sql": sql, "file": file} {
		if !errs.Is(err, errs.Precondition) || !strings.Contains(errs.HintOf(err), "rondo data fetch images@1 list.csv") {
			t.Errorf("%s: %v (%s)", what, err, errs.HintOf(err))
		}
	}
	write(t, b.dir, "images/train/cats/000.jpg", "work")
	_, err = b.CheckoutWith(ctx, "images", 1, dataset.Bring{Force: true})
	if !errs.Is(err, errs.Precondition) || !strings.Contains(errs.HintOf(err), "rondo data fetch images@1") || read(t, b.dir, "images/train/cats/000.jpg") != "work" {
		t.Errorf("checkout of all: %v (%s)", err, errs.HintOf(err))
	}
	if _, err := b.CheckoutWith(ctx, "images", 1, dataset.Bring{Force: true, Paths: []string{"train/cats"}}); err != nil {
		t.Errorf("checkout of what is here: %v", err)
	}
	u, err := b.Usage(ctx)
	if err != nil || u.Datasets[0].Snapshots[0].Missing != 0 || u.Datasets[0].Snapshots[0].NotFetched == 0 || u.Free != 0 {
		t.Errorf("usage: %+v %v", u, err)
	}
	if c, err := b.Collect(ctx, dataset.Collect{Grace: 1}); err != nil || c.Objects != 0 {
		t.Errorf("gc: %+v %v", c, err)
	}
	if rs, err := b.RemoteStatus(ctx, ""); err != nil || rs[0].InPart != 1 || rs[0].Here != 0 || rs[0].ToPush != 0 || rs[0].InSync {
		t.Errorf("remote-status: %+v %v", rs, err)
	}
	if d := rebuilt(t, b); d != "" {
		t.Errorf("the index built anew says other: %s", d)
	}
}

// TestWhatCameAndIsLostIsNamed, and comes back with the next fetch or a repair.
func TestWhatCameAndIsLostIsNamed(t *testing.T) {
	ctx := t.Context()
	remote := pushedImages(t, filepath.Join(t.TempDir(), "remote"))
	for _, way := range []string{"fetch", "repair"} {
		dir := project(t)
		b := open(t, dir)
		must(t, b.SetRemote(far.Remote{Name: "disk", Address: remote}))
		b.pull(t, 0, "list.csv")
		before, err := filepath.Glob(filepath.Join(dir, ".rondo/objects/packs/*.pack"))
		must(t, err)
		b.pull(t, 0, "train/cats")
		packs, _ := filepath.Glob(filepath.Join(dir, ".rondo/objects/packs/*.pack"))
		for _, p := range packs {
			if !slices.Contains(before, p) {
				must(t, os.Remove(p))
			}
		}
		b.close()
		b = open(t, dir)
		if v, err := b.Verify(ctx, "images", 0); err != nil || len(v.Problems) != 300 || v.NotFetched != 303 {
			t.Fatalf("verify: %d problems, %d never fetched, %v", len(v.Problems), v.NotFetched, err)
		}
		if r := b.fsck(t); r.Count != 300 || r.NotFetched != 303 {
			t.Fatalf("fsck: %d, %d never fetched", r.Count, r.NotFetched)
		}
		if way == "repair" {
			if r, err := b.Repair(ctx, dataset.Repair{}); err != nil || !r.OK || r.Missing != 300 || len(r.Healed) != 300 {
				t.Fatalf("repair: %d missing, %d healed, %+v %v", r.Missing, len(r.Healed), r.Left, err)
			}
		} else if x := b.pull(t, 0, "train/cats"); x.Objects != 300 {
			t.Fatalf("%+v", x)
		}
		sound(t, b, 303)
	}
}

// TestAPartIsPushedOnlyWhereTheRestIs: the remote it came from takes it and what is new in it;
// another is told what is lacking, and gets everything else.
func TestAPartIsPushedOnlyWhereTheRestIs(t *testing.T) {
	ctx := t.Context()
	b := withRemote(t, pushedImages(t, filepath.Join(t.TempDir(), "remote")))
	b.pull(t, 0, "train/cats")
	write(t, b.dir, "other.csv", csv1)
	b.add(t, "other", "other.csv")
	b.snap(t, "other")
	write(t, b.dir, "images/train/cats/new.jpg", "new")
	must(t, os.Remove(filepath.Join(b.dir, "images/train/cats/001.jpg")))
	two := b.snap(t, "images")
	if two.Number != 2 || two.Files != 604 || !slices.Equal(two.Fetched, []string{"train/cats"}) {
		t.Fatalf("a snapshot of a part keeps the rest: %+v", two)
	}
	if st, err := b.Status(ctx, "images"); err != nil || st.State != dataset.Partial || st.Snapshot != 2 {
		t.Errorf("%+v %v", st, err)
	}
	if d, err := b.Diff(ctx, "images", 1, 2, nil); err != nil || d.Count != 2 {
		t.Errorf("%+v %v", d, err)
	}
	x, err := b.Push(ctx, dataset.Exchange{Remote: "disk"})
	if err != nil || x.InPart != 2 || x.Snapshots != 1 || x.New != 2 || x.Bytes > 100_000 {
		t.Errorf("to where the rest is: %+v %v", x, err)
	}
	records, err := filepath.Glob(filepath.Join(address(t, b, "disk"), "snapshots/*.json"))
	must(t, err)
	for _, name := range records {
		if strings.Contains(read(t, "", name), "fetched") {
			t.Errorf("%s tells what is here", name)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	must(t, b.SetRemote(far.Remote{Name: "elsewhere", Address: elsewhere}))
	_, err = b.Push(ctx, dataset.Exchange{Remote: "elsewhere"})
	if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "train/dogs") || !strings.Contains(errs.HintOf(err), "rondo data fetch images@1") {
		t.Errorf("to where it is not: %v (%s)", err, errs.HintOf(err))
	}
	if rs, err := b.RemoteStatus(ctx, "elsewhere"); err != nil || rs[0].There != 0 || rs[1].There != 1 {
		t.Errorf("%+v %v", rs, err)
	}
	c := withRemote(t, filepath.Join(filepath.Dir(elsewhere), "none"))
	must(t, c.SetRemote(far.Remote{Name: "disk", Address: address(t, b, "disk")}))
	if snap, _, err := c.Pull(ctx, "disk", "images", 2, false); err != nil || snap.InPart() {
		t.Fatalf("%+v %v", snap, err)
	}
	if got := files(t, filepath.Join(c.dir, "images")); len(got) != 604 || got["train/cats/new.jpg"] != "falsenew" {
		t.Errorf("%d files", len(got))
	}
}

func address(t *testing.T, h *house, name string) string {
	t.Helper()
	list, err := h.Remotes()
	must(t, err)
	return list[slices.IndexFunc(list, func(r far.Remote) bool { return r.Name == name })].Address
}

// TestPartsThatCannotBeFetched: nothing is recorded of them.
func TestPartsThatCannotBeFetched(t *testing.T) {
	ctx := t.Context()
	b := withRemote(t, pushedImages(t, filepath.Join(t.TempDir(), "remote")))
	for path, hint := range map[string]string{
		"train/cast": "train/cats?", "tain/cats": "train/cats?", "../images/list.csv": "leads out", "/etc/passwd": "leads out",
		"train/*.jpg": "not as patterns", "list.csv/more": "rondo data files images@1", "train/ca": "rondo data files", "xyzzy": "rondo data files",
	} {
		_, err := b.FetchPart(ctx, dataset.Part{Dataset: "images", Paths: []string{"train/cats", path}})
		if !errs.Is(err, errs.NotFound) || !strings.Contains(errs.HintOf(err), hint) {
			t.Errorf("%s: %v (%s)", path, err, errs.HintOf(err))
		}
	}
	for what, in := range map[string]dataset.Part{
		"a dataset that nobody has":  {Dataset: "imagines", Paths: []string{"train"}},
		"a snapshot that nobody has": {Dataset: "images", Number: 9, Paths: []string{"train"}},
	} {
		if _, err := b.FetchPart(ctx, in); !errs.Is(err, errs.NotFound) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := b.Fetch(ctx, dataset.Exchange{Datasets: []string{"images", "images", "train"}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a dataset and a path: %v", err)
	}
	if list, _ := b.List(ctx); len(list) > 0 {
		t.Errorf("a snapshot is claimed: %+v", list)
	}
	if x, err := b.Fetch(ctx, dataset.Exchange{Datasets: []string{"images", "list.csv"}}); err != nil || x.Part == nil || !slices.Equal(x.Part.Fetched, []string{"list.csv"}) {
		t.Errorf("a path after a dataset: %+v %v", x, err)
	}
}

// TestTwoFetchPartsAtOnce: what both bring is here in the end, and one that brings all as well.
func TestTwoFetchPartsAtOnce(t *testing.T) {
	remote := pushedImages(t, filepath.Join(t.TempDir(), "remote"))
	for _, others := range [][]string{{"train/dogs", "list.csv"}, {"."}} {
		b := withRemote(t, remote)
		var all sync.WaitGroup
		for _, path := range append([]string{"train/cats", "train/cats/001.jpg"}, others...) {
			all.Go(func() {
				if _, err := b.FetchPart(context.Background(), dataset.Part{Dataset: "images", Paths: []string{path}}); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			})
		}
		all.Wait()
		want := []string{"list.csv", "train/cats", "train/dogs"}
		if others[0] == "." {
			want = nil
		}
		snaps, err := b.Snapshots(t.Context(), "images")
		if err != nil || len(snaps) != 1 || !slices.Equal(snaps[0].Fetched, want) {
			t.Errorf("%+v %v", snaps, err)
		}
		if v, err := b.Verify(t.Context(), "images", 1); err != nil || !v.OK {
			t.Errorf("%+v %v", v.Problems, err)
		}
		if d := rebuilt(t, b); d != "" {
			t.Error(d)
		}
	}
}

// TestRecordsOfPartsAddUp in whatever order those of several devices are applied.
func TestRecordsOfPartsAddUp(t *testing.T) {
	ctx := t.Context()
	b := withRemote(t, pushedImages(t, filepath.Join(t.TempDir(), "remote")))
	b.pull(t, 0, "train/cats")
	snap, err := b.Find(ctx, "images")
	must(t, err)
	for _, step := range []struct{ came, want []string }{
		{[]string{"list.csv", "train/cats/001.jpg"}, []string{"list.csv", "train/cats"}},
		{[]string{"train"}, []string{"list.csv", "train"}},
		{nil, nil},
		{[]string{"list.csv"}, nil},
	} {
		snap.Fetched = step.came
		_, err := b.ledger.Do(ctx, "snapshot.create", snap.ID, func(*index.Tx) (any, error) { return snap, nil })
		must(t, err)
		if now, err := b.Find(ctx, "images"); err != nil || !slices.Equal(now.Fetched, step.want) || now.Number != 1 {
			t.Errorf("after %v: %+v %v", step.came, now, err)
		}
	}
	if d := rebuilt(t, b); d != "" {
		t.Error(d)
	}
}

// TestFetchingAPartIsGivenUpSoon, records nothing of what is not whole, and goes on from there.
func TestFetchingAPartIsGivenUpSoon(t *testing.T) {
	remote := filepath.Join(t.TempDir(), "remote")
	a := withRemote(t, remote)
	big := []byte(noise(90 << 20))
	for i := range big {
		big[i] ^= byte(i >> 8) // no two parts are the same
	}
	write(t, a.dir, "images/big.bin", string(big))
	write(t, a.dir, "images/other.bin", noise(1<<20))
	a.add(t, "images", "images")
	a.snap(t, "images")
	a.push(t)
	b := withRemote(t, remote)
	ctx, cancel := context.WithCancel(t.Context())
	var at time.Time
	fault.Hook(func(p string) {
		if p == "store.pack-kept" { // the tree, and then some of the content
			if at.IsZero() {
				at = time.Now()
				return
			}
			at = time.Now()
			cancel()
		}
	})
	_, err := b.FetchPart(ctx, dataset.Part{Dataset: "images", Paths: []string{"big.bin"}})
	took := time.Since(at)
	fault.Hook(nil)
	if !errors.Is(err, context.Canceled) || took > 5*time.Second {
		t.Fatalf("%v after %v", err, took)
	}
	if list, _ := b.List(t.Context()); len(list) > 0 {
		t.Errorf("a snapshot is claimed: %+v", list)
	}
	if x := b.pull(t, 0, "big.bin"); x.Bytes > 60<<20 {
		t.Errorf("%d bytes come again", x.Bytes)
	}
	if got := read(t, b.dir, "images/big.bin"); got != string(big) {
		t.Error("it is not what was pushed")
	}
}

// rebuilt closes the project, has its index built anew, and says where that differs.
func rebuilt(t *testing.T, h *house) string {
	t.Helper()
	var before, after strings.Builder
	must(t, h.ledger.Dump(t.Context(), &before))
	h.close()
	must(t, os.Remove(filepath.Join(h.device, "index.db")))
	must(t, open(t, h.dir).ledger.Dump(t.Context(), &after))
	if before.String() == after.String() && before.Len() > 0 {
		return ""
	}
	return before.String() + "\nbecame\n" + after.String()
}

// TestWhatNeverCameIsLeftOut of the next snapshot where a person names it, and nothing else is.
func TestWhatNeverCameIsLeftOut(t *testing.T) {
	ctx := t.Context()
	h := withRemote(t, pushedImages(t, filepath.Join(t.TempDir(), "remote")))
	h.pull(t, 1, "val")
	for _, none := range []string{"val", "train/cat", "nothing", "images/val/rows.csv"} {
		if _, err := h.Snapshot(ctx, "images", dataset.Take{Without: []string{none}}); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), none) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", none, err)
		}
	}
	next, err := h.Snapshot(ctx, "images", dataset.Take{Without: []string{"images/train/dogs", "list.csv"}})
	if err != nil || next.Number != 2 || next.Files != 303 || !next.InPart() {
		t.Fatalf("%+v %v", next, err)
	}
	h.push(t)
	_, err = h.Fetch(ctx, dataset.Exchange{Datasets: []string{"images"}})
	must(t, err)
	_, err = h.Checkout(ctx, "images", 2, false)
	must(t, err)
	if names, _ := h.held(t); len(names) != 303 || slices.Contains(names, "list.csv") {
		t.Errorf("%d files are there", len(names))
	}
	if _, err := h.Snapshot(ctx, "images", dataset.Take{Without: []string{"val"}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("all of it is here: %v", err)
	}
}
