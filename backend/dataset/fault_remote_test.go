//go:build unix

package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

// beside is a remote beside a project, which goes with it.
func beside(dir string) string { return dir + "-disk" }

func remember(t *testing.T, o opened, disk string) {
	t.Helper()
	must(t, o.SetRemote(far.Remote{Name: "disk", Address: disk}))
}

// pushedTo is a remote with two snapshots.
func pushedTo(t *testing.T) (disk string) {
	t.Helper()
	dir := newProject(t)
	o, err := openAt(dir)
	must(t, err)
	defer o.ledger.Close()
	defer o.Close()
	twoSnapshots(t)(o, dir)
	remember(t, o, beside(dir))
	_, err = o.Push(t.Context(), dataset.Exchange{})
	must(t, err)
	return beside(dir)
}

// arrivesWhole brings everything that a remote lists to a new project.
func arrivesWhole(t *testing.T, disk, when string) {
	t.Helper()
	dir := newProject(t)
	o, err := openAt(dir)
	must(t, err)
	defer o.ledger.Close()
	defer o.Close()
	remember(t, o, disk)
	if _, err := o.Fetch(t.Context(), dataset.Exchange{}); err != nil && !errs.Is(err, errs.Precondition) {
		t.Fatalf("%s: what is listed cannot be fetched: %v", when, err)
	}
	for _, err := range whole(t, o) {
		t.Errorf("%s: elsewhere %v", when, err)
	}
	must(t, os.RemoveAll(dir))
}

// TestEveryOperationWithARemoteFailsOnce: whatever operation of a file system fails, here or there,
// a remote lists nothing that it does not have, nothing that arrives is less than whole, and the
// same again ends what was begun.
func TestEveryOperationWithARemoteFailsOnce(t *testing.T) {
	ctx := t.Context()
	disk := pushedTo(t)
	inSync := func(o opened, when string) {
		t.Helper()
		if st, err := o.RemoteStatus(ctx, ""); err != nil || len(st) != 1 || !st[0].InSync || st[0].There != 2 {
			t.Fatalf("%s: in the end %+v %v", when, st, err)
		}
	}
	toPush := func(o opened, dir string) { twoSnapshots(t)(o, dir); remember(t, o, beside(dir)) }
	push := func(o opened) error { _, err := o.Push(ctx, dataset.Exchange{}); return err }
	everyFault(t, "push", toPush, push, func(o opened, dir, when string) {
		if before, err := o.RemoteStatus(ctx, ""); err == nil && len(before) == 1 {
			arrivesWhole(t, beside(dir), when)
		}
		if err := push(o); err != nil {
			t.Fatalf("%s: the push again: %v", when, err)
		}
		inSync(o, when)
		arrivesWhole(t, beside(dir), when+", then pushed")
		must(t, os.RemoveAll(beside(dir)))
	})

	fetch := func(o opened) error { _, err := o.Fetch(ctx, dataset.Exchange{}); return err }
	everyFault(t, "fetch", func(o opened, _ string) { remember(t, o, disk) }, fetch, func(o opened, _, when string) {
		for _, err := range whole(t, o) {
			t.Errorf("%s: %v", when, err)
		}
		if err := fetch(o); err != nil {
			t.Fatalf("%s: the fetch again: %v", when, err)
		}
		for _, err := range whole(t, o) {
			t.Errorf("%s, then fetched: %v", when, err)
		}
		inSync(o, when)
	})

	verify := func(o opened) error { _, err := o.VerifyRemote(ctx, dataset.VerifyRemote{}); return err }
	faults(t, "verify --remote", func(o opened, _ string) { remember(t, o, disk) }, verify, func(o opened, _, when string) {
		if v, err := o.VerifyRemote(ctx, dataset.VerifyRemote{}); err != nil || !v.OK || v.Snapshots != 2 {
			t.Fatalf("%s: again: %+v %v", when, v, err)
		}
	})
}

// bend flips a bit here and there in the packs.
func bend(t *testing.T, pattern string) {
	t.Helper()
	packs, err := filepath.Glob(pattern)
	must(t, err)
	for _, p := range packs {
		b := []byte(read(t, "", p))
		for i := 100; i < len(b)-2000; i += 90_000 {
			b[i] ^= 4
		}
		must(t, os.Chmod(p, 0o644))
		must(t, os.WriteFile(p, b, 0o644))
	}
}

// TestEveryOperationOfAMendingFailsOnce: a repair, and a push to a damaged remote, lose nothing that is sound.
func TestEveryOperationOfAMendingFailsOnce(t *testing.T) {
	ctx := t.Context()
	disk := pushedTo(t)
	damaged := func(o opened, dir string) {
		remember(t, o, disk)
		_, err := o.Fetch(ctx, dataset.Exchange{})
		must(t, err)
		bend(t, filepath.Join(dir, ".rondo/objects/packs/*.pack"))
	}
	repair := func(o opened) error { _, err := o.Repair(ctx, dataset.Repair{}); return err }
	faults(t, "repair", damaged, repair, func(o opened, _, when string) {
		r, err := o.Repair(ctx, dataset.Repair{})
		if err != nil || !r.OK {
			t.Fatalf("%s: the repair again: %+v %v", when, r, err)
		}
		for _, err := range whole(t, o) {
			t.Errorf("%s: %v", when, err)
		}
	})

	sick := func(o opened, dir string) {
		must(t, os.CopyFS(beside(dir), os.DirFS(disk)))
		remember(t, o, beside(dir))
		_, err := o.Fetch(ctx, dataset.Exchange{})
		must(t, err)
		bend(t, filepath.Join(beside(dir), "objects/packs/*.pack"))
		if v, err := o.VerifyRemote(ctx, dataset.VerifyRemote{}); err != nil || v.OK {
			t.Fatalf("the damage is not seen: %+v %v", v, err)
		}
	}
	push := func(o opened) error { _, err := o.Push(ctx, dataset.Exchange{}); return err }
	faults(t, "mending push", sick, push, func(o opened, dir, when string) {
		if err := push(o); err != nil {
			t.Fatalf("%s: the push again: %v", when, err)
		}
		if v, err := o.VerifyRemote(ctx, dataset.VerifyRemote{}); err != nil || !v.OK {
			t.Fatalf("%s: in the end %+v %v", when, v, err)
		}
		arrivesWhole(t, beside(dir), when)
		must(t, os.RemoveAll(beside(dir)))
	})
}

// TestEveryOperationOfAnAddFailsOnce: what could not be added is not there by half.
func TestEveryOperationOfAnAddFailsOnce(t *testing.T) {
	ctx := t.Context()
	first := func(_ opened, dir string) { must(t, lay(filepath.Join(dir, "data"), small(0))) }
	add := func(o opened) error { _, err := o.Add(ctx, "d", "data", ""); return err }
	faults(t, "add", first, add, func(o opened, dir, when string) {
		if err := add(o); err != nil && !errs.Is(err, errs.Conflict) {
			t.Fatalf("%s: the add again: %v", when, err)
		}
		if _, err := o.Snapshot(ctx, "d", dataset.Take{}); err != nil {
			t.Fatalf("%s: the snapshot: %v", when, err)
		}
		if v, err := o.Verify(ctx, "d", 1); err != nil || !v.OK || v.Files != len(small(0)) {
			t.Fatalf("%s: %s", when, fmt.Sprint(v, err))
		}
	})
}

// TestAFirstPushThatIsCutOffAtOnceGoesOn, where it had begun to write what makes a folder a remote.
func TestAFirstPushThatIsCutOffAtOnceGoesOn(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	write(t, disk, ".format.tmp0123456789abcdef", "rondo rem")
	h := withRemote(t, disk)
	write(t, h.dir, "data/a", "a")
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.push(t)
	arrivesWhole(t, disk, "cut off at once")
	write(t, disk+"-other", ".hidden", "a person's")
	if err := h.SetRemote(far.Remote{Name: "other", Address: disk + "-other"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a folder with something else in it: %v", err)
	}
}
