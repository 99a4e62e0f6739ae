package dataset_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// believed lets the device remember, in a start of the machine, that files hold what they do not:
// a stop of the machine leaves zeros in files that look as they did.
func (h *house) believed(t *testing.T, name, boot string, later time.Duration, files map[string]string) {
	t.Helper()
	at := filepath.Join(h.device, "stat", ref.Of([]byte(name)).String()[:32]+".stat")
	must(t, os.RemoveAll(filepath.Dir(at)))
	m := folder.Recall(at, boot)
	for path, text := range files {
		fi, err := os.Stat(filepath.Join(h.dir, path))
		must(t, err)
		m.Add("", filepath.Base(path), folder.Row{Stamp: folder.StampOf(fi), Digest: ref.Of([]byte(text))}, folder.Known{})
	}
	must(t, m.Save())
	when := time.Now().Add(later)
	must(t, os.Chtimes(at, when, when))
}

// TestFilesThatTheDiskDidNotHave: what was noted of a file in another of the machine's starts is
// believed where the file was there long before, and else the file is read, once.
func TestFilesThatTheDiskDidNotHave(t *testing.T) {
	for what, c := range map[string]struct {
		boot  string
		later time.Duration
		seen  bool
	}{
		"the same start":               {"two", 0, false},
		"another start":                {"one", 0, true},
		"another start, an hour later": {"one", 61 * time.Minute, false},
	} {
		for _, path := range []string{"data", "data/a.csv"} {
			t.Run(what+" "+path, func(t *testing.T) {
				h := openBoot(t, project(t), "one")
				write(t, h.dir, "data/a.csv", csv1)
				h.add(t, "d", path)
				h.snap(t, "d")
				h.close()
				must(t, os.WriteFile(filepath.Join(h.dir, "data/a.csv"), make([]byte, len(csv1)), 0o644))
				h.believed(t, "d", c.boot, c.later, map[string]string{"data/a.csv": csv1})
				h = openBoot(t, h.dir, "two")
				h.now = func() time.Time { return time.Now().Add(time.Second) } // later than a tick of the file's clock
				for range 2 {                                                   // the second look does not forget what the first has found
					st, err := h.Status(t.Context(), "d")
					must(t, err)
					if (st.State == dataset.Changed) != c.seen {
						t.Errorf("%+v", st)
					}
				}
			})
		}
	}
}

// TestWhatWasReadAfterAStartIsRemembered: a file is read once after it, and in the next start not
// at all where the machine went on for long enough.
func TestWhatWasReadAfterAStartIsRemembered(t *testing.T) {
	h := openBoot(t, project(t), "one")
	write(t, h.dir, "data/a.csv", csv1)
	write(t, h.dir, "data/sub/b.csv", csv1)
	must(t, os.Chtimes(filepath.Join(h.dir, "data/a.csv"), time.Unix(1e9, 0), time.Unix(1e9, 0))) // its change time is of now
	later := func() time.Time { return time.Now().Add(time.Second) }                              // than a tick of the files' clock
	h.now = later
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.close()
	at := filepath.Join(h.device, "stat", ref.Of([]byte("d")).String()[:32]+".stat")
	known := func(boot string) (n int) {
		m := folder.Recall(at, boot)
		defer m.Interrupt()
		must(t, folder.Walk(t.Context(), filepath.Join(h.dir, "data"), m, nil, func(b *folder.Batch) error {
			for _, k := range b.Known {
				if k.OK {
					n++
				}
			}
			b.Release()
			return nil
		}))
		return n
	}
	if one, two := known("one"), known("two"); one != 2 || two != 0 {
		t.Errorf("%d files are known in the same start, %d in the next", one, two)
	}
	h = openBoot(t, h.dir, "two")
	h.now = later
	_, err := h.Status(t.Context(), "d")
	must(t, err)
	if two, three := known("two"), known("three"); two != 2 || three != 0 {
		t.Errorf("%d files are known once they were read, %d in the next start", two, three)
	}
	old := time.Now().Add(-50 * time.Hour)
	must(t, os.Chtimes(at, old, old)) // when it was written
	_, err = h.Status(t.Context(), "d")
	must(t, err)
	if fi, err := os.Stat(at); err != nil || time.Since(fi.ModTime()) > time.Hour {
		t.Errorf("that all is still so was not noted: %v, %v", fi.ModTime(), err)
	}
}
