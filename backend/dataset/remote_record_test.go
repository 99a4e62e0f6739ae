package dataset_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/fault"
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
