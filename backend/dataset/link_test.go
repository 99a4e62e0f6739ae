//go:build linux

package dataset_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// withReflinks lets temporary folders lie where files can be cloned: on the file system
// that they are on anyway, or on one in a file, which only root can mount.
func withReflinks(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "reflinks") // t.TempDir would stay where it was first asked for
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	if clones(t, dir) {
		return
	}
	image, at := filepath.Join(dir, "image"), filepath.Join(dir, "mounted")
	must(t, os.Mkdir(at, 0o755))
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 1<<30))
	why := "no mkfs.btrfs or mkfs.xfs"
	for _, mkfs := range []string{"mkfs.btrfs", "mkfs.xfs"} {
		path, err := exec.LookPath(mkfs)
		if err != nil {
			continue
		}
		must(t, exec.Command(path, "-q", image).Run())
		out, err := exec.Command("mount", "-o", "loop", image, at).CombinedOutput()
		if err == nil {
			t.Cleanup(func() { must(t, exec.Command("umount", at).Run()) })
			t.Setenv("TMPDIR", at)
			return
		}
		why = strings.TrimSpace(string(out))
	}
	t.Skipf("no file system here has reflinks, and none can be made: %s", why)
}

func clones(t *testing.T, dir string) bool {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o600))
	a, err := os.Open(filepath.Join(dir, "a"))
	must(t, err)
	defer a.Close()
	b, err := os.Create(filepath.Join(dir, "b"))
	must(t, err)
	defer b.Close()
	err = folder.Clone(b, a)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Fatal(err)
	}
	return err == nil
}

// linking is a project with a dataset of two large files, one of which may be executed, and
// a small one, all of which were written a while ago.
func linking(t *testing.T, how store.Link) *house {
	t.Helper()
	h := open(t, project(t))
	h.now = func() time.Time { return time.Now().Add(time.Minute) }
	h.SetLink(how)
	write(t, h.dir, "data/big.bin", noise(3<<20))
	write(t, h.dir, "data/run.bin", noise(2<<20))
	must(t, os.Chmod(filepath.Join(h.dir, "data/run.bin"), 0o755))
	write(t, h.dir, "data/a.csv", csv1)
	h.add(t, "d", "data")
	return h
}

// object is the file that a file's content is in the store; nil where it lies in packs.
func (h *house) object(t *testing.T, name string) fs.FileInfo {
	t.Helper()
	d, _, err := store.HashFile(t.Context(), filepath.Join(h.dir, name))
	must(t, err)
	fi, err := os.Lstat(filepath.Join(h.dir, ".rondo/objects", d.String()[:2], d.String()[2:]))
	if err != nil {
		return nil
	}
	return fi
}

func (h *house) lstat(t *testing.T, name string) fs.FileInfo {
	t.Helper()
	fi, err := os.Lstat(filepath.Join(h.dir, name))
	must(t, err)
	return fi
}

// readBy counts the bytes that a snapshot has to read.
func (h *house) readBy(t *testing.T) int64 {
	t.Helper()
	var count store.Count
	_, err := h.Snapshot(t.Context(), "d", dataset.Take{Count: &count})
	must(t, err)
	return count.Read.Load()
}

func (h *house) same(t *testing.T, name string) bool {
	t.Helper()
	object := h.object(t, name)
	return object != nil && os.SameFile(object, h.lstat(t, name))
}

// TestACheckoutCountsEachByteOnce, though a large file is counted while it is written.
func TestACheckoutCountsEachByteOnce(t *testing.T) {
	for _, how := range []store.Link{store.LinkCopy, store.LinkHard} {
		h := linking(t, how)
		snap := h.snap(t, "d")
		must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
		count := &store.Count{}
		_, err := h.CheckoutWith(t.Context(), "d", snap.Number, dataset.Bring{Count: count})
		if err != nil || count.Bytes.Load() != snap.Size || count.Files.Load() != int64(snap.Files) {
			t.Errorf("%s: %d of %d bytes, %d of %d files: %v", how, count.Bytes.Load(), snap.Size, count.Files.Load(), snap.Files, err)
		}
	}
}

func TestHardLinksAreMadeAndProtected(t *testing.T) {
	h := linking(t, store.LinkHard)
	h.snap(t, "d")
	if !h.same(t, "data/big.bin") || h.lstat(t, "data/big.bin").Mode().Perm() != 0o444 {
		t.Error("the large file is not one with its object, or may be written to")
	}
	if h.object(t, "data/run.bin") != nil || h.lstat(t, "data/run.bin").Mode().Perm() != 0o755 {
		t.Error("a file that may be executed is not left as it is")
	}
	if h.lstat(t, "data/a.csv").Mode().Perm() != 0o644 {
		t.Error("a small file is not left as it is")
	}
	if n := h.readBy(t); n > 0 {
		t.Errorf("%d bytes are read again, though nothing changed", n)
	}
	must(t, os.Link(filepath.Join(h.dir, "data/big.bin"), filepath.Join(h.dir, "data/twin.bin")))
	must(t, os.Remove(filepath.Join(h.dir, "data/twin.bin")))
	if n := h.readBy(t); n > 0 {
		t.Errorf("%d bytes are read again, though only the number of names changed", n)
	}
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	if !h.same(t, "data/big.bin") {
		t.Error("what is checked out is a copy")
	}
	if st, err := h.Status(t.Context(), "d"); err != nil || st.State != dataset.Clean {
		t.Errorf("%+v %v", st, err)
	}
}

// TestChangeInPlaceIsNamed: by the next snapshot, which refuses it, and by verify; with the
// way out that is told, nothing more is lost.
func TestChangeInPlaceIsNamed(t *testing.T) {
	h := linking(t, store.LinkHard)
	h.snap(t, "d")
	big := filepath.Join(h.dir, "data/big.bin")
	must(t, os.Chmod(big, 0o644))
	f, err := os.OpenFile(big, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte("edited"), 1<<20)
	must(t, errors.Join(err, f.Close()))
	h.now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	_, err = h.Snapshot(t.Context(), "d", dataset.Take{})
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "data/big.bin was changed in place") || !strings.Contains(errs.HintOf(err), "unprotect") {
		t.Fatalf("the snapshot says %v", err)
	}
	v, err := h.Verify(t.Context(), "d", 1)
	if err != nil || len(v.Problems) != 1 || v.Problems[0].Path != "big.bin" || !strings.Contains(v.Problems[0].Message, "in place") {
		t.Fatalf("verify says %+v %v", v.Problems, err)
	}
	u, err := h.Unprotect(t.Context(), "d")
	if err != nil || u.Files != 1 || u.Bytes != 3<<20 {
		t.Fatalf("%+v %v", u, err)
	}
	if s := h.snap(t, "d"); s.Number != 2 || !h.same(t, "data/big.bin") {
		t.Errorf("the change is %+v", s)
	}
	if v, err := h.Verify(t.Context(), "d", 2); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
	if v, err := h.Verify(t.Context(), "d", 1); err != nil || len(v.Problems) != 1 {
		t.Errorf("the damaged one is not named any more: %+v %v", v, err)
	}
	if _, err := h.Checkout(t.Context(), "d", 1, true); !errs.Is(err, errs.Corrupt) {
		t.Errorf("the damaged one is checked out: %v", err)
	}
}

// TestNoDamagedByteOfALinkIsServed flips a bit in each 4 KiB block of a file that is one with
// its object, and in its first and last bytes: through the file, as a program that writes in
// place does. With RONDO_TORTURE, in every 61st byte.
func TestNoDamagedByteOfALinkIsServed(t *testing.T) {
	h := linking(t, store.LinkHard)
	text := noise(store.Small + 4097)
	write(t, h.dir, "data/big.bin", text)
	snap := h.snap(t, "d")
	object := h.object(t, "data/big.bin")
	if object == nil || !h.same(t, "data/big.bin") {
		t.Fatal("it is no link")
	}
	big := filepath.Join(h.dir, "data/big.bin")
	d, _, err := store.HashFile(t.Context(), big)
	must(t, err)
	must(t, os.Chmod(big, 0o644))
	f, err := os.OpenFile(big, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	places := []int{0, 1, len(text) - 2, len(text) - 1}
	step := 4096
	if os.Getenv("RONDO_TORTURE") != "" {
		step = 61
	}
	for at := step; at < len(text); at += step {
		places = append(places, at)
	}
	for i, at := range places {
		_, err := f.WriteAt([]byte{text[at] ^ 1<<(i%8)}, int64(at))
		must(t, err)
		h.refuses(t, snap, d, at, i%32 == 0)
		_, err = f.WriteAt([]byte{text[at]}, int64(at))
		must(t, err)
	}
	if v, err := h.Verify(t.Context(), "d", snap.Number); err != nil || !v.OK {
		t.Errorf("put back, it is %+v %v", v.Problems, err)
	}
}

// refuses sees that a store that is opened now neither serves the object nor misses its
// damage, and that a checkout, which takes longer, does not either.
func (h *house) refuses(t *testing.T, snap dataset.Snapshot, d ref.Digest, at int, checkout bool) {
	t.Helper()
	s, err := store.View(filepath.Join(h.dir, ".rondo/objects"))
	must(t, err)
	if _, err := s.ReadAll(t.Context(), d, 1<<30); !errs.Is(err, errs.Corrupt) {
		t.Errorf("bit of byte %d: read as %v", at, err)
	}
	var named []string
	_, err = s.Verify(t.Context(), func(i store.Info, _ error) { named = append(named, i.File) })
	must(t, err)
	if len(named) != 1 || filepath.ToSlash(named[0]) != d.String()[:2]+"/"+d.String()[2:] {
		t.Errorf("bit of byte %d: verify names %v", at, named)
	}
	if !checkout {
		return
	}
	must(t, os.Rename(filepath.Join(h.dir, "data"), filepath.Join(h.dir, "away")))
	if _, err := h.Checkout(t.Context(), "d", snap.Number, true); !errs.Is(err, errs.Corrupt) {
		t.Errorf("bit of byte %d: checked out: %v", at, err)
	}
	if _, err := os.Lstat(filepath.Join(h.dir, "data/big.bin")); err == nil {
		t.Errorf("bit of byte %d: the damaged file is there", at)
	}
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	must(t, os.Rename(filepath.Join(h.dir, "away"), filepath.Join(h.dir, "data")))
}

func TestUnprotectGivesFilesOfTheirOwn(t *testing.T) {
	h := linking(t, store.LinkHard)
	write(t, h.dir, "one.bin", noise(2<<20+1))
	h.add(t, "one", "one.bin")
	for name, file := range map[string]string{"d": "data/big.bin", "one": "one.bin"} {
		h.snap(t, name)
		if !h.same(t, file) {
			t.Fatalf("%s is not linked", file)
		}
		was := read(t, h.dir, file)
		u, err := h.Unprotect(t.Context(), name)
		if err != nil || u.Files != 1 || h.same(t, file) || h.lstat(t, file).Mode().Perm() != 0o644 || read(t, h.dir, file) != was {
			t.Errorf("%s: %+v %v", file, u, err)
		}
		write(t, h.dir, file, "mine")
		if v, err := h.Verify(t.Context(), name, 1); err != nil || !v.OK {
			t.Errorf("%s: %+v %v", file, v.Problems, err)
		}
	}
	// A file that comes to be executed takes no object with it.
	h.snap(t, "d")
	write(t, h.dir, "data/big.bin", noise(4<<20))
	must(t, os.Chmod(filepath.Join(h.dir, "data/big.bin"), 0o755))
	h.snap(t, "d")
	must(t, os.Chmod(filepath.Join(h.dir, "data/big.bin"), 0o644))
	h.now = func() time.Time { return time.Now().Add(time.Hour) }
	h.snap(t, "d")
	for _, n := range []int{2, 3, 1, 3} {
		_, err := h.Checkout(t.Context(), "d", n, false)
		must(t, err)
	}
	if v, err := h.VerifyAll(t.Context(), dataset.VerifyAll{}); err != nil || !v.OK {
		t.Errorf("%+v %v", v, err)
	}
}

func free(t *testing.T, dir string) int64 {
	t.Helper()
	syscall.Sync()
	var st syscall.Statfs_t
	must(t, syscall.Statfs(dir, &st))
	return int64(st.Bfree) * st.Bsize
}

// TestReflinksShareBlocksAndNothingElse: a clone takes no space and does not change with
// the file; later versions are cut into chunks, with which the clone is given up.
func TestReflinksShareBlocksAndNothingElse(t *testing.T) {
	withReflinks(t)
	h := linking(t, store.LinkAuto)
	big := filepath.Join(h.dir, "data/big.bin")
	content := noise(32 << 20)
	must(t, os.WriteFile(big, []byte(content), 0o644))
	before := free(t, h.dir)
	h.snap(t, "d")
	if took := before - free(t, h.dir); took > 16<<20 || h.object(t, "data/big.bin") == nil || h.same(t, "data/big.bin") {
		t.Fatalf("a snapshot of 34 MiB takes %d bytes more", took)
	}
	if n := h.readBy(t); n > 0 {
		t.Errorf("%d bytes are read again", n)
	}
	first := h.object(t, "data/big.bin")
	for n := range 3 { // each changes a little, in place
		f, err := os.OpenFile(big, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt([]byte("edited"), int64(n)<<20)
		must(t, errors.Join(err, f.Close()))
		h.now = func() time.Time { return time.Now().Add(time.Duration(n+2) * time.Minute) }
		was, _ := h.usage(t).Stored, h.snap(t, "d")
		if more := h.usage(t).Stored - was; more > 1<<20 {
			t.Errorf("version %d takes %d bytes more", n+2, more)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(h.dir, ".rondo/objects/??/"+first.Name())); len(found) > 0 {
		t.Error("the clone is still there")
	}
	for n := 1; n <= 4; n++ {
		if v, err := h.Verify(t.Context(), "d", n); err != nil || !v.OK {
			t.Fatalf("snapshot %d: %+v %v", n, v.Problems, err)
		}
	}
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	if read(t, h.dir, "data/big.bin") != content {
		t.Error("the first version is not what it was")
	}
}

func TestReflinksAreBroughtBack(t *testing.T) {
	withReflinks(t)
	h := linking(t, store.LinkReflink)
	must(t, os.WriteFile(filepath.Join(h.dir, "data/big.bin"), []byte(noise(32<<20)), 0o644))
	h.snap(t, "d")
	want := files(t, filepath.Join(h.dir, "data"))
	must(t, os.RemoveAll(filepath.Join(h.dir, "data")))
	before := free(t, h.dir)
	_, err := h.Checkout(t.Context(), "d", 1, false)
	must(t, err)
	if took := before - free(t, h.dir); took > 16<<20 {
		t.Errorf("a checkout of 34 MiB takes %d bytes", took)
	}
	if got := files(t, filepath.Join(h.dir, "data")); len(got) != len(want) || got["big.bin"] != want["big.bin"] || got["run.bin"] != want["run.bin"] {
		t.Error("it is not what was there")
	}
	write(t, h.dir, "data/big.bin", "mine")
	if v, err := h.Verify(t.Context(), "d", 1); err != nil || !v.OK {
		t.Errorf("%+v %v", v.Problems, err)
	}
}

// TestWhereNothingCanBeCloned the files are copied, unless a person wanted clones only.
func TestWhereNothingCanBeCloned(t *testing.T) {
	if clones(t, t.TempDir()) {
		t.Skip("the file system of temporary folders has reflinks")
	}
	h := linking(t, store.LinkReflink)
	_, err := h.Snapshot(t.Context(), "d", dataset.Take{})
	if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "no reflinks") {
		t.Errorf("%v", err)
	}
	h.SetLink(store.LinkAuto)
	h.snap(t, "d")
	if h.object(t, "data/big.bin") != nil {
		t.Error("it is a file of its own")
	}
	if v, err := h.Verify(t.Context(), "d", 1); err != nil || !v.OK {
		t.Errorf("%+v %v", v.Problems, err)
	}
}

// TestLinksMoveToRemotesInChunks, where later versions find them, and gc takes them here.
func TestLinksMoveToRemotesInChunks(t *testing.T) {
	remote := filepath.Join(t.TempDir(), "remote")
	h := withRemote(t, remote)
	h.now = func() time.Time { return time.Now().Add(time.Minute) }
	h.SetLink(store.LinkHard)
	big := noise(6 << 20)
	write(t, h.dir, "data/big.bin", big)
	h.add(t, "d", "data")
	h.snap(t, "d")
	if !h.same(t, "data/big.bin") {
		t.Fatal("it is not linked")
	}
	h.push(t)
	must(t, os.Remove(filepath.Join(h.dir, "data/big.bin")))
	write(t, h.dir, "data/big.bin", big+"and a little more")
	h.snap(t, "d")
	if x := h.push(t); x.Bytes > 1<<20 {
		t.Errorf("the second version moved %d bytes", x.Bytes)
	}
	if x := h.push(t); x.Bytes > 0 {
		t.Errorf("%d bytes moved again", x.Bytes)
	}
	other := withRemote(t, remote)
	_, err := other.Fetch(t.Context(), dataset.Exchange{})
	must(t, err)
	for n := 1; n <= 2; n++ {
		if v, err := other.Verify(t.Context(), "d", n); err != nil || !v.OK {
			t.Errorf("snapshot %d over there: %+v %v", n, v.Problems, err)
		}
	}
	if c, err := h.Collect(t.Context(), dataset.Collect{Grace: 1}); err != nil || c.Objects > 0 {
		t.Errorf("%+v %v", c, err)
	}
}

var linkPoints = []string{"store.linked", "store.whole-kept", "dataset.stored", "dataset.staged", "dataset.moving", "store.condemned"}

func TestKilledWhileLinking(t *testing.T) {
	t.Setenv("RONDO_TEST_LINK", string(store.LinkHard))
	t.Setenv("RONDO_TEST_CRASH_WITHIN", "1") // a file is linked once, however many versions have it
	killRounds(t, rounds(9), linkPoints)
}

func TestKilledWhileCloning(t *testing.T) {
	withReflinks(t)
	t.Setenv("RONDO_TEST_LINK", string(store.LinkAuto))
	t.Setenv("RONDO_TEST_CRASH_WITHIN", "1") // a file is cloned once, however many versions have it
	killRounds(t, rounds(6), []string{"store.cloned", "store.whole-kept", "store.whole-dropped", "store.packed", "dataset.staged", "dataset.moved"})
}

func TestEveryOperationOfHardLinksFailsOnce(t *testing.T) {
	t.Setenv("RONDO_TEST_LINK", string(store.LinkHard))
	failWithLinks(t)
	unprotect := func(o opened) error { _, err := o.Unprotect(t.Context(), "d"); return err }
	several := func(o opened, dir string) {
		must(t, lay(filepath.Join(dir, "data"), small(0)))
		for i := range 3 {
			write(t, dir, fmt.Sprintf("data/more%d.bin", i), noise(1_100_000+i))
		}
		_, err := o.Add(t.Context(), "d", "data", "")
		must(t, err)
		_, err = o.Snapshot(t.Context(), "d", dataset.Take{})
		must(t, err)
	}
	everyFault(t, "unprotect", several, unprotect, func(o opened, dir, when string) {
		if err := unprotect(o); err != nil {
			t.Fatalf("%s: again: %v", when, err)
		}
		must(t, os.WriteFile(filepath.Join(dir, "data/noise.bin"), []byte("mine"), 0o644))
		if v, err := o.Verify(t.Context(), "d", 1); err != nil || !v.OK {
			t.Fatalf("%s: %+v %v", when, v.Problems, err)
		}
	})
}

func TestEveryOperationOfReflinksFailsOnce(t *testing.T) {
	withReflinks(t)
	t.Setenv("RONDO_TEST_LINK", string(store.LinkAuto))
	failWithLinks(t)
}

func failWithLinks(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	first := func(o opened, dir string) {
		must(t, lay(filepath.Join(dir, "data"), small(0)))
		_, err := o.Add(ctx, "d", "data", "")
		must(t, err)
	}
	snapshot := func(o opened) error { _, err := o.Snapshot(ctx, "d", dataset.Take{}); return err }
	everyFault(t, "snapshot", first, snapshot, func(o opened, _, when string) {
		if err := snapshot(o); err != nil {
			t.Fatalf("%s: the snapshot again: %v", when, err)
		}
		if v, err := o.Verify(ctx, "d", 0); err != nil || !v.OK || v.Files != len(small(0)) {
			t.Fatalf("%s: %+v %v", when, v, err)
		}
	})
	checkout := func(o opened) error { _, err := o.Checkout(ctx, "d", 1, false); return err }
	everyFault(t, "checkout", twoSnapshots(t), checkout, func(o opened, dir, when string) {
		if err := checkout(o); err != nil {
			t.Fatalf("%s: the checkout again: %v", when, err)
		}
		want := t.TempDir()
		must(t, lay(want, small(0)))
		got, wanted := files(t, filepath.Join(dir, "data")), files(t, want)
		for name, text := range wanted {
			if got[name] != text {
				t.Fatalf("%s: %s is not what it was", when, name)
			}
		}
	})
}
