package registry_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/registry"
	"rondo/backend/store"
)

// device is a registry of one of two devices. The journals and objects of both lie in dir.
func device(t *testing.T, dir, name string, at int) *house {
	t.Helper()
	h := &house{dir: dir, moment: time.Date(2026, 3, 1, 12, at, 0, 0, time.UTC)}
	var err error
	h.ledger, err = ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: name, IndexPath: filepath.Join(dir, name, "index.db"),
		Nouns: []index.Noun{registry.Index()}, Now: func() time.Time { return h.moment },
	})
	must(t, err)
	t.Cleanup(func() { h.ledger.Close() })
	h.store, err = store.Open(filepath.Join(dir, "objects"))
	must(t, err)
	h.Service = registry.New(registry.Options{Ledger: h.ledger, Store: h.store, Device: filepath.Join(dir, name)})
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) source(t *testing.T, source string) {
	t.Helper()
	_, err := h.CreateVersion(t.Context(), registry.CreateVersion{Model: "m", Source: source, MayBeEmpty: true})
	must(t, err)
}

// exchange brings what each device has written to the other.
func exchange(t *testing.T, laptop, tower *house) {
	t.Helper()
	must(t, laptop.ledger.Close())
	must(t, tower.ledger.Close())
	for name, dirs := range map[string][2]string{"laptop": {laptop.dir, tower.dir}, "tower": {tower.dir, laptop.dir}} {
		to := filepath.Join(dirs[1], "journal", name)
		must(t, os.RemoveAll(to))
		must(t, os.CopyFS(to, os.DirFS(filepath.Join(dirs[0], "journal", name))))
	}
}

// TestTwoDevicesGiveTheSameNumber before they know of each other. The later version gets
// another, on both, and all that its device has said of it is about it.
func TestTwoDevicesGiveTheSameNumber(t *testing.T) {
	laptop, tower := device(t, t.TempDir(), "laptop", 0), device(t, t.TempDir(), "tower", 10)
	laptop.source(t, "of the laptop")
	_, err := laptop.Alias(t.Context(), "m", "there", 1, "", "")
	must(t, err)
	tower.source(t, "of the tower")
	tower.source(t, "second of the tower")
	_, err = tower.Alias(t.Context(), "m", "champion", 1, "", "")
	must(t, err)
	must(t, tower.SetTag(t.Context(), "m", 2, "by", "tower", false))
	must(t, tower.UpdateVersion(t.Context(), "m", 1, "said by the tower"))
	must(t, tower.SetStage(t.Context(), "m", 2, "Production", true))

	exchange(t, laptop, tower)
	laptop, tower = device(t, laptop.dir, "laptop", 20), device(t, tower.dir, "tower", 30)
	_, err = tower.Alias(t.Context(), "m", "known", 1, "", "") // which is the laptop's by now
	must(t, err)
	must(t, tower.DeleteVersion(t.Context(), "m", 3))
	laptop.source(t, "third of all")

	exchange(t, laptop, tower)
	laptop, tower = device(t, laptop.dir, "laptop", 40), device(t, tower.dir, "tower", 50)
	var dumps [2]bytes.Buffer
	for i, h := range []*house{laptop, tower} {
		must(t, h.ledger.Dump(t.Context(), &dumps[i]))
		if told := h.ledger.Repairs(); len(told) > 0 {
			t.Errorf("told %q", told)
		}
	}
	if dumps[0].String() != dumps[1].String() {
		t.Errorf("the devices show\n%s\n%s", &dumps[0], &dumps[1])
	}
	m, err := laptop.Model(t.Context(), "m")
	if must(t, err); m.Versions != 3 || m.Aliases["there"] != 1 || m.Aliases["champion"] != 2 || m.Aliases["known"] != 1 {
		t.Errorf("model %+v", m)
	}
	for number, source := range map[int]string{1: "of the laptop", 2: "of the tower", 4: "third of all"} {
		v, err := laptop.Version(t.Context(), "m", number)
		if must(t, err); v.Source != source || (v.Description != "") != (number == 2) {
			t.Errorf("version %d: %+v", number, v)
		}
	}
}
