package dataset_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/remote/remotetest"
)

// recordCheck is the line of a record that says whether it is as it was written.
var recordCheck = regexp.MustCompile(`\n  "check": "[0-9a-f]{8}",`)

// recorded is a project whose remote has one record, and that record's file.
func recorded(t *testing.T) (h *house, record string) {
	t.Helper()
	remote := filepath.Join(t.TempDir(), "remote")
	h = withRemote(t, remote)
	write(t, h.dir, "data/a.csv", csv1)
	h.add(t, "d", "data")
	h.snap(t, "d")
	h.push(t)
	list, err := filepath.Glob(filepath.Join(remote, "snapshots/*.json"))
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	return h, list[0]
}

// TestARecordThatChangedIsNotTaken: each says itself whether it is as it was written, but for
// those of old, which are taken as long as they hold nothing that only newer ones do.
func TestARecordThatChangedIsNotTaken(t *testing.T) {
	h, record := recorded(t)
	good := read(t, "", record)
	if !recordCheck.MatchString(good) {
		t.Fatalf("it has no check: %s", good)
	}
	for what, c := range map[string]struct {
		text string
		ok   bool
	}{
		"as it was written": {good, true},
		"of old":            {recordCheck.ReplaceAllString(good, ""), true},
		"old and new":       {strings.Replace(recordCheck.ReplaceAllString(good, ""), "{", `{"more": 1,`, 1), false},
		"another size":      {regexp.MustCompile(`"size": (\d+)`).ReplaceAllString(good, `"size": 1$1`), false},
		"another check":     {regexp.MustCompile(`"check": ".`).ReplaceAllString(good, `"check": "g`), false},
		"cut in its check":  {good[:20], false},
	} {
		must(t, os.WriteFile(record, []byte(c.text), 0o644))
		b := withRemote(t, filepath.Dir(filepath.Dir(record)))
		x, err := b.Fetch(t.Context(), dataset.Exchange{})
		list, _ := b.List(t.Context())
		if err != nil || c.ok != (len(list) == 1) || c.ok == (len(x.Unread) == 1) {
			t.Errorf("%s: %v, %d datasets, %+v\n%s", what, err, len(list), x, c.text)
		}
	}
	must(t, os.WriteFile(record, []byte(good), 0o644))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(record), strings.Repeat("x", 32)+".json"), []byte("of somebody else"), 0o644))
	if x, err := h.Fetch(t.Context(), dataset.Exchange{}); err != nil || len(x.Unread) > 0 {
		t.Errorf("what has no name of a record: %v, %+v", err, x)
	}
}

// TestARecordIsReadBack: a disk that gives back something else than was written is told of.
func TestARecordIsReadBack(t *testing.T) {
	h, record := recorded(t)
	must(t, os.Remove(record))
	replaced := false
	fault.Fail(func(op string) error {
		if op == "rename" {
			replaced = true
		}
		if b, err := os.ReadFile(record); op == "syncdir" && replaced && err == nil {
			return os.WriteFile(record, append(b, '\n'), 0o644)
		}
		return nil
	})
	_, err := h.Push(t.Context(), dataset.Exchange{})
	fault.Fail(nil)
	if !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "does not give back what was written") {
		t.Errorf("%v", err)
	}
}

// TestARecordThatIsAsItWasIsNotWrittenAgain: a remote that is in sync is only read.
func TestARecordThatIsAsItWasIsNotWrittenAgain(t *testing.T) {
	h, record := recorded(t)
	before, err := os.Stat(record)
	must(t, err)
	h.push(t)
	if now, err := os.Stat(record); err != nil || !os.SameFile(before, now) {
		t.Errorf("it was written again: %v", err)
	}
}

// TestARecordIsOfTheSnapshotThatItsFileNames, and tells nothing of what is here of it.
func TestARecordIsOfTheSnapshotThatItsFileNames(t *testing.T) {
	h, record := recorded(t)
	list, err := h.Snapshots(t.Context(), "d")
	must(t, err)
	text := strings.Replace(recordCheck.ReplaceAllString(read(t, "", record), ""), list[0].ID, strings.Repeat("ab", 16), 1)
	must(t, os.WriteFile(record, []byte(strings.Replace(text, "{", `{"fetched": ["b.csv"],`, 1)), 0o644))
	b := withRemote(t, filepath.Dir(filepath.Dir(record)))
	if x, err := b.Fetch(t.Context(), dataset.Exchange{}); err != nil || len(x.Unread) > 0 {
		t.Fatalf("%+v %v", x, err)
	}
	if snap, err := b.Find(t.Context(), "d"); err != nil || snap.ID != list[0].ID || snap.InPart() {
		t.Errorf("%+v %v, want %s, all of it", snap, err, list[0].ID)
	}
}

// TestARecordThatMayNotBeReadIsNamed beside those that can: whatever else may not be read
// fails as a whole.
func TestARecordThatMayNotBeReadIsNamed(t *testing.T) {
	h, record := recorded(t)
	name, denied := "snapshots/"+filepath.Base(record), 0
	for n := 1; ; n++ {
		reads := 0
		fault.Fail(func(op string) error {
			if op == "read" {
				reads++
			}
			if op == "read" && reads == n {
				return os.ErrPermission
			}
			return nil
		})
		x, err := h.Fetch(t.Context(), dataset.Exchange{})
		fault.Fail(nil)
		if reads < n {
			break
		}
		if err == nil && len(x.Unread) == 1 && x.Unread[0].File == name {
			denied++
		}
	}
	if denied != 1 {
		t.Errorf("named %d times, want once", denied)
	}
}

// TestAPlaceThatIsNoRemoteAnyMoreIsToldOf by every verb, and stays as it is.
func TestAPlaceThatIsNoRemoteAnyMoreIsToldOf(t *testing.T) {
	t.Run("folder", func(t *testing.T) { noRemoteAnyMore(t, func(dir string) string { return dir }) })
	t.Run("sftp", func(t *testing.T) { noRemoteAnyMore(t, remotetest.StartSSHD(t).Address) })
}

func noRemoteAnyMore(t *testing.T, address func(dir string) string) {
	h, record := recorded(t)
	there := filepath.Dir(filepath.Dir(record))
	must(t, h.SetRemote(far.Remote{Name: "disk", Address: address(there)}))
	format := filepath.Join(there, "format")
	for marker, want := range map[string]string{"rondo remote 2\n": "has format 2", "of somebody else": "something else than a remote"} {
		must(t, os.WriteFile(format, []byte(marker), 0o644))
		_, pushed := h.Push(t.Context(), dataset.Exchange{})
		_, fetched := h.Fetch(t.Context(), dataset.Exchange{})
		_, compared := h.RemoteStatus(t.Context(), "")
		for verb, err := range map[string]error{"push": pushed, "fetch": fetched, "status": compared} {
			if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s of %q: %v", verb, marker, err)
			}
		}
		if now := read(t, "", format); now != marker {
			t.Errorf("%q became %q", marker, now)
		}
	}
}
