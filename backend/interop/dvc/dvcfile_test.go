package dvc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/dvctest"
)

// withDvcfiles is a project whose data and stage are in files of the name from before DVC 1.0.
func withDvcfiles(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n", "a.csv": "1\n", "in.txt": "x\n", "other": "x\n",
		".dvc/cache/b0/26324c6904b2a9cb4b88d6d61c81d1": "1\n", ".dvc/cache/40/1b30e3b8b5d629635a5c613cdb7919": "x\n",
		"Dvcfile":     "outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  size: 2\n  path: a.csv\n",
		"sub/Dvcfile": "cmd: cp ../in.txt o\ndeps:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  size: 2\n  path: ../in.txt\nouts:\n- md5: 401b30e3b8b5d629635a5c613cdb7919\n  size: 2\n  path: o\nmd5: 1e38b3d5edbd3bdcc3ea41e2aa8b0ea8\n",
	})
}

// TestADvcfileCountsAsForTheDVCThatWorksHere: DVC 2 reads it as a .dvc file, DVC 3 passes over it.
func TestADvcfileCountsAsForTheDVCThatWorksHere(t *testing.T) {
	for _, program := range []string{dvctest.Program(t), os.Getenv("DVC2")} {
		if program == "" {
			continue
		}
		dir, d := withDvcfiles(t), newDriver(t, program)
		same := func(when string) {
			t.Helper()
			said, _ := d.said(dir)
			want, _ := json.Marshal(said)
			list, err := open(t, dir).Status(t.Context())
			if got := statusJSON(list); err != nil || got != string(want) {
				t.Errorf("%s, %s: rondo %s, dvc %s %v", program, when, got, want, err)
			}
		}
		same("as it lies there")
		put(t, dir, "a.csv", "2\n")
		put(t, dir, "in.txt", "y\n")
		same("changed")
		lose(t, dir, "a.csv")
		if _, err := open(t, dir).Checkout(t.Context(), dvc.Checkout{}); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, "a.csv")); (err == nil) != d.old {
			t.Errorf("%s: after the checkout the data of the Dvcfile: %v", program, err)
		}
		same("checked out")
	}
}

// TestADvcfileThatWasForgotten hands its out over to what DVC 3 has named since: it stands in nobody's way.
func TestADvcfileThatWasForgotten(t *testing.T) {
	dir := withDvcfiles(t)
	if got := len(open(t, dir).Tracked()); got != 2 {
		t.Errorf("of two Dvcfiles %d outs are tracked", got)
	}
	put(t, dir, "new.dvc", "outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  size: 2\n  hash: md5\n  path: a.csv\n")
	p := open(t, dir)
	if list := p.Tracked(); len(list) != 1 || list[0].By != "new.dvc" || len(p.Problems) > 0 {
		t.Errorf("%+v %v", list, p.Problems)
	}
}
