//go:build unix

package dataset_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

// refused takes a snapshot that must fail with a message that names the path, and a way out.
func (h *house) refused(t *testing.T, what string, kind errs.Kind, path string) {
	t.Helper()
	_, err := h.Snapshot(t.Context(), "d", dataset.Take{})
	if !errs.Is(err, kind) || !strings.Contains(err.Error(), path) || errs.HintOf(err) == "" {
		t.Errorf("%s: %v (%s), want %s that names %s", what, err, errs.HintOf(err), kind, path)
	}
	if list, err := h.Snapshots(t.Context(), "d"); err != nil || len(list) != 0 {
		t.Errorf("%s: there is a snapshot: %+v %v", what, list, err)
	}
}

// TestWhatIsNoFileIsRefusedByName: a snapshot never claims more than it holds.
func TestWhatIsNoFileIsRefusedByName(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	write(t, dir, "data/good.txt", "good")
	write(t, filepath.Dir(dir), "secret.txt", "secret")
	h.add(t, "d", "data")
	at := filepath.Join(dir, "data", "odd")
	for what, make := range map[string]func() error{
		"symbolic link": func() error { return os.Symlink("../../secret.txt", at) },
		"pipe":          func() error { return syscall.Mkfifo(at, 0o644) },
		"socket": func() error {
			short, err := os.MkdirTemp("", "s") // a socket's path may not be long
			if err != nil {
				return err
			}
			defer os.RemoveAll(short)
			l, err := net.Listen("unix", short+"/s")
			if err != nil {
				return err
			}
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			return os.Rename(short+"/s", at)
		},
	} {
		must(t, make())
		h.refused(t, what, errs.Invalid, "odd is a "+what)
		must(t, os.Remove(at))
	}
	if os.Getuid() == 0 {
		must(t, syscall.Mknod(at, syscall.S_IFCHR|0o644, 1<<8|3))
		h.refused(t, "device", errs.Invalid, "odd is a device")
		must(t, os.Remove(at))
	}
	must(t, os.WriteFile(filepath.Join(dir, "data", "caf\xe9.txt"), nil, 0o644))
	h.refused(t, "a name in Latin-1", errs.Invalid, `caf\xe9.txt`)
}

func TestLongPaths(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	name := strings.Repeat("n", 100)
	long := strings.Join([]string{"data", name, name, name, "file.txt"}, "/")
	write(t, dir, long, "far down")
	h.add(t, "d", "data")
	h.snap(t, "d")
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	_, err := h.Checkout(ctx, "d", 1, false)
	must(t, err)
	if got := read(t, dir, long); got != "far down" {
		t.Errorf("it came back as %q", got)
	}
	other := open(t, project(t))
	write(t, other.dir, "data/a.txt", "a")
	other.add(t, "d", "data")
	deep, err := os.OpenRoot(filepath.Join(other.dir, "data"))
	must(t, err)
	for range 50 { // longer than the system opens at once
		must(t, deep.Mkdir(name, 0o755))
		next, err := deep.OpenRoot(name)
		must(t, err)
		deep.Close()
		deep = next
	}
	deep.Close()
	other.refused(t, "5,000 characters", errs.Invalid, "longer path than this system can open")
}

// TestNamesThatAreOneElsewhere are kept, and warned of.
func TestNamesThatAreOneElsewhere(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	for _, name := range []string{"Cat.png", "cat.png", "caf\u00e9", "cafe\u0301", "other"} {
		write(t, dir, "data/"+name, name)
	}
	h.add(t, "d", "data")
	s := h.snap(t, "d")
	p, err := h.Profile(ctx, s)
	if err != nil || s.Files != 5 || len(p.Warnings) != 2 {
		t.Fatalf("%d files, %q, %v", s.Files, p.Warnings, err)
	}
	if all := strings.Join(p.Warnings, "\n"); !strings.Contains(all, `"Cat.png" and "cat.png"`) || !strings.Contains(all, `"cafe\u0301" and "caf\u00e9"`) {
		t.Errorf("%s", all)
	}
}

// TestNamesThatWindowsDoesNotHave are kept, and told of.
func TestNamesThatWindowsDoesNotHave(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	bad := []string{"con", "aux.txt", "nul/a", "b/com1.tar.gz", "lpt9 .x", "conin$", "a:b", "end.", "end ", "dot./c", "q?", "s*", "l|", "<", ">", "\"", "back\\slash", "new\nline", "tab\t"}
	good := []string{"cons", "com0", "com10", "a.con", "aux-1", "é", ".hidden", "a.b..c", "clock", "x y"}
	for _, name := range append(slices.Clone(good), bad...) {
		write(t, dir, "data/"+name, name)
	}
	h.add(t, "d", "data")
	p, err := h.Profile(t.Context(), h.snap(t, "d"))
	must(t, err)
	told := strings.Join(p.Warnings, "\n")
	for _, name := range bad {
		if !strings.Contains(told, fmt.Sprintf("%+q is no name on Windows", name)) {
			t.Errorf("nothing is said of %q", name)
		}
	}
	if len(p.Warnings) != len(bad) {
		t.Errorf("%d warnings:\n%s", len(p.Warnings), told)
	}
	many := project(t)
	h = open(t, many)
	for i := range 30 {
		write(t, many, fmt.Sprintf("data/%02d?", i), "")
	}
	h.add(t, "d", "data")
	if p, err := h.Profile(t.Context(), h.snap(t, "d")); err != nil || len(p.Warnings) != 21 || !strings.HasPrefix(p.Warnings[20], "10 more files") {
		t.Errorf("%v %v", p.Warnings, err)
	}
}

// TestFilesThatChangeWhileTheyAreRead are never half in a snapshot: either it is
// refused by name, or what it holds is a content that the file once had.
func TestFilesThatChangeWhileTheyAreRead(t *testing.T) {
	ctx, dir := t.Context(), project(t)
	h := open(t, dir)
	path := filepath.Join(dir, "data/busy.bin")
	write(t, dir, "data/busy.bin", strings.Repeat("0", 3<<20))
	h.add(t, "d", "data")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := byte(1); ; i++ {
			select {
			case <-stop:
				return
			default:
				f, err := os.OpenFile(path, os.O_WRONLY, 0)
				if err == nil {
					f.Write([]byte(strings.Repeat(string([]byte{'0' + i%10}), 3<<20)))
					f.Close()
				}
			}
		}
	}()
	refused := 0
	for range 15 {
		s, err := h.Snapshot(ctx, "d", dataset.Take{})
		switch {
		case errs.Is(err, errs.Conflict) && strings.Contains(err.Error(), "busy.bin changed while it was read") && errs.HintOf(err) != "":
			refused++
		case err != nil:
			t.Errorf("%v", err)
		default:
			v, err := h.Verify(ctx, "d", s.Number)
			if err != nil || !v.OK {
				t.Errorf("%+v %v", v, err)
			}
		}
	}
	close(stop)
	<-stopped
	if refused == 0 {
		t.Error("no change was noticed")
	}
	h.snap(t, "d")
}

// readNothing takes a snapshot of files that it may not read, also as root.
func readNothing(o opened, dir string) {
	ctx := context.Background()
	o.Add(ctx, "d", "data", "")
	if os.Getuid() == 0 {
		const nobody = 65534
		os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755) // the test's own folder, which only root may enter
		for _, top := range []string{dir, dir + "-device"} {
			filepath.WalkDir(top, func(path string, _ os.DirEntry, _ error) error { return os.Chown(path, nobody, nobody) })
		}
		if err := syscall.Setreuid(nobody, nobody); err != nil {
			fmt.Println("SETUID", err)
			os.Exit(3)
		}
	}
	o.Add(ctx, "one", "one.csv", "")
	for _, name := range []string{"data/closed.bin", "data/closed", "one.csv"} {
		of := map[bool]string{true: "one", false: "d"}[name == "one.csv"]
		at := filepath.Join(dir, name)
		was, _ := os.Stat(at)
		os.Chmod(at, 0)
		_, err := o.Snapshot(ctx, of, dataset.Take{})
		fmt.Println("KIND", errs.KindOf(err), err, "HINT", errs.HintOf(err))
		os.Chmod(at, was.Mode())
	}
	_, err := o.Snapshot(ctx, "d", dataset.Take{})
	fmt.Println("TAKEN", err)
	readNothingThere(o, dir+"-device/remote")
	packs, _ := filepath.Glob(filepath.Join(dir, ".rondo/objects/packs/*.pack"))
	for _, pack := range packs {
		os.Chmod(pack, 0)
	}
	_, err = o.Checkout(ctx, "d", 1, true)
	fmt.Println("KIND", errs.KindOf(err), err, "HINT", errs.HintOf(err))
	v, err := o.VerifyAll(ctx, dataset.VerifyAll{})
	fmt.Println("VERIFIED", err, len(v.Problems) == len(packs), v.Problems)
	os.Chmod(filepath.Join(dir, ".rondo/objects/packs"), 0)
	_, err = o.VerifyAll(ctx, dataset.VerifyAll{})
	fmt.Println("KIND", errs.KindOf(err), err, "HINT", errs.HintOf(err))
	os.Chmod(filepath.Join(dir, ".rondo/objects/packs"), 0o755)
}

// readNothingThere verifies a remote of which a pack and the record of a snapshot may not be read.
func readNothingThere(o opened, at string) {
	ctx := context.Background()
	must2(o.SetRemote(far.Remote{Name: "disk", Address: at}))
	_, err := o.Push(ctx, dataset.Exchange{})
	must2(err)
	closed, _ := filepath.Glob(filepath.Join(at, "objects/packs/*.pack"))
	records, _ := filepath.Glob(filepath.Join(at, "snapshots/*.json"))
	for _, file := range []string{closed[0], records[0]} {
		os.Chmod(file, 0)
		v, err := o.VerifyRemote(ctx, dataset.VerifyRemote{})
		fmt.Println("THERE", err, v.OK, v.Objects, len(v.Problems), v.Problems)
		os.Chmod(file, 0o644)
		v, err = o.VerifyRemote(ctx, dataset.VerifyRemote{})
		fmt.Println("THERE", err, v.OK)
	}
}

func must2(err error) {
	if err != nil {
		fmt.Println("CANNOT", err)
		os.Exit(3)
	}
}

func TestUnreadableFilesAreNamed(t *testing.T) {
	dir := newProject(t)
	must(t, lay(filepath.Join(dir, "data"), map[string]string{"a.txt": "a", "closed.bin": noise(2 << 20), "closed/b.txt": "b"}))
	write(t, dir, "one.csv", csv1)
	out, err := runChild(t, dir, "RONDO_TEST_UNREADABLE=1")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err != nil || len(lines) != 11 || lines[3] != "TAKEN <nil>" {
		t.Fatalf("%v %s", err, out)
	}
	if !strings.HasPrefix(lines[8], "KIND unavailable") || !strings.Contains(lines[8], ".pack cannot be read") || !strings.Contains(lines[8], "chmod") {
		t.Errorf("objects that may not be read: %s", lines[8])
	}
	if !strings.HasPrefix(lines[9], "VERIFIED <nil> true") { // each pack once
		t.Errorf("%s", lines[9])
	}
	if !strings.HasPrefix(lines[10], "KIND unavailable") || !strings.Contains(lines[10], ".rondo/objects/packs cannot be read") || !strings.Contains(lines[10], "chmod") {
		t.Errorf("a folder of packs that may not be read: %s", lines[10])
	}
	for i, want := range []string{"objects/packs/", "snapshots/"} {
		if there := lines[4+2*i]; !strings.HasPrefix(there, "THERE <nil> false ") || !strings.Contains(there, " 1 [{"+want) || !strings.Contains(there, "may not be used by you: permission denied") {
			t.Errorf("on the remote: %s", there)
		}
		if again := lines[5+2*i]; again != "THERE <nil> true" {
			t.Errorf("on the remote, when it may be read again: %s", again)
		}
	}
	for i, want := range []string{"data/closed.bin cannot be read: permission denied HINT give yourself the right to read it (chmod u+r)", "data/closed cannot be read: permission denied HINT give yourself the right to read it (chmod u+rx)", "one.csv cannot be read: permission denied HINT"} {
		if !strings.HasPrefix(lines[i], "KIND precondition") || !strings.Contains(lines[i], want) {
			t.Errorf("%q is not in %s", want, lines[i])
		}
	}
}

// TestEverythingThatCannotBeKeptIsNamed at once, and nothing is taken of the rest.
func TestEverythingThatCannotBeKeptIsNamed(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	write(t, dir, "data/good.txt", "good")
	h.add(t, "d", "data")
	at := filepath.Join(dir, "data")
	must(t, os.Symlink("/etc", filepath.Join(at, "a-link")))
	must(t, os.MkdirAll(filepath.Join(at, "sub"), 0o755))
	must(t, syscall.Mkfifo(filepath.Join(at, "sub", "b-pipe"), 0o644))
	for i := range 6 {
		must(t, os.WriteFile(filepath.Join(at, "sub", fmt.Sprintf("c%d-\xff", i)), nil, 0o644))
	}
	_, err := h.Snapshot(t.Context(), "d", dataset.Take{})
	if !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"a-link is a symbolic link", "b-pipe", `c0-\xff`, `c2-\xff`, "and 3 more"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if list, err := h.Snapshots(t.Context(), "d"); err != nil || len(list) != 0 {
		t.Errorf("there is a snapshot: %+v %v", list, err)
	}
}
