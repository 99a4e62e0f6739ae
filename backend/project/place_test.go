package project_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/project"
)

// device is a device's data folder, with projects in another.
type device struct {
	t           *testing.T
	home, lands string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	lands, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &device{t, t.TempDir(), lands}
}

func (d *device) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *device) at(name string) string { return filepath.Join(d.lands, name) }

// copy copies a project's folder.
func (d *device) copy(from, to string) {
	d.t.Helper()
	d.must(os.CopyFS(d.at(to), os.DirFS(d.at(from))))
}

// of is the device's folder of a project.
func (d *device) of(name string) (dir string, copied bool) {
	d.t.Helper()
	p, err := project.Open(d.at(name))
	d.must(err)
	dir, copied, err = p.DeviceDir(func(string) string { return d.home })
	d.must(err)
	return dir, copied
}

// is complains unless a project's folder is this one, however often it is asked for.
func (d *device) is(name, want string, copied bool) {
	d.t.Helper()
	for range 2 {
		if got, is := d.of(name); got != want || is != copied {
			d.t.Errorf("%s: %s, copied %t; want %s, %t", name, got, is, want, copied)
		}
	}
}

// TestEachCopyHasItsPlace on a device, and keeps it; one that was moved takes it along.
func TestEachCopyHasItsPlace(t *testing.T) {
	d := newDevice(t)
	d.must(os.Mkdir(d.at("first"), 0o755))
	_, err := project.Init(d.at("first"), "weather")
	d.must(err)
	first, copied := d.of("first")
	if copied {
		t.Error("the first is a copy")
	}
	d.copy("first", "second")
	d.copy("first", "third")
	second, _ := d.of("second")
	third, _ := d.of("third")
	if first == second || second == third || first == third {
		t.Errorf("two have one place: %s %s %s", first, second, third)
	}
	d.is("first", first, false)
	d.is("second", second, true)
	d.is("third", third, true)

	d.must(os.Rename(d.at("first"), d.at("moved")))
	d.is("moved", first, false)
	d.is("second", second, true)
	d.copy("moved", "first") // which comes second now
	if again, is := d.of("first"); again == first || !is {
		t.Errorf("what was copied to where the first was has its place: %s", again)
	}
}

// TestAnotherProjectWhereOneWas takes no place from it.
func TestAnotherProjectWhereOneWas(t *testing.T) {
	d := newDevice(t)
	d.must(os.Mkdir(d.at("one"), 0o755))
	_, err := project.Init(d.at("one"), "weather")
	d.must(err)
	place, _ := d.of("one")
	d.must(os.Rename(d.at("one"), d.at("moved")))
	d.must(os.Mkdir(d.at("one"), 0o755))
	_, err = project.Init(d.at("one"), "another")
	d.must(err)
	d.is("moved", place, false)
	if other, is := d.of("one"); other == place || is {
		t.Errorf("the other project has %s, copied %t", other, is)
	}
}

// TestAPlaceUnderAnotherName of the same folder is the project's own.
func TestAPlaceUnderAnotherName(t *testing.T) {
	d := newDevice(t)
	d.must(os.Mkdir(d.at("one"), 0o755))
	_, err := project.Init(d.at("one"), "weather")
	d.must(err)
	place, _ := d.of("one")
	d.must(os.Symlink(d.at("one"), d.at("link")))
	d.must(os.WriteFile(filepath.Join(place, "place"), []byte(d.at("link")+"\n"), 0o600))
	d.is("one", place, false)
	d.is("link", place, false)
	if !project.SameFolder(d.at("one"), d.at("link")) || project.SameFolder(d.at("one"), d.lands) || project.SameFolder(d.at("no"), d.at("no")) {
		t.Error("folders are told apart by their names")
	}
}

// TestAPlaceThatCannotBeRead is nobody's to take.
func TestAPlaceThatCannotBeRead(t *testing.T) {
	d := newDevice(t)
	d.must(os.Mkdir(d.at("one"), 0o755))
	p, err := project.Init(d.at("one"), "weather")
	d.must(err)
	place, _ := d.of("one")
	d.must(os.Remove(filepath.Join(place, "place")))
	for what, put := range map[string]func(at string) error{
		"a folder":         func(at string) error { return os.Mkdir(at, 0o755) },
		"a link to itself": func(at string) error { return os.Symlink(at, at) }, // which a new file could replace
	} {
		at := filepath.Join(place, "place")
		if err := put(at); err != nil {
			t.Skipf("skipped: %s cannot be made here: %v", what, err)
		}
		if _, _, err := p.DeviceDir(func(string) string { return d.home }); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", what, err)
		}
		d.must(os.Remove(at))
	}
}
