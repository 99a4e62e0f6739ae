package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rondo/backend/dataset"
)

// TestDataDiffShowsRows: those that changed with the cells that differ, by the key that was found.
func TestDataDiffShowsRows(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d.csv": "id,city,temp,note\n1,Oslo,3,a\n2,Lima,20,b\n3,Accra,30,c\n"})
	w.ok("data", "add", "d.csv")
	writeAll(t, w.dir, map[string]string{"d.csv": "id,city,temp,fresh\n3,Accra,31,x\n1,Oslo,3,y\n4,Seoul,,z\n"})
	w.ok("data", "snapshot", "d")
	text := w.ok("data", "diff", "d", "--rows", "10")
	for _, line := range []string{"d.csv, rows changed: 1 of 1", "1    3   30 → 31", "d.csv, rows added: 1 of 1", "3    4   Seoul", "d.csv, rows removed: 1 of 1", "2    2   Lima  20    b"} {
		if !strings.Contains(text, line) {
			t.Errorf("it does not say %q but\n%s", line, text)
		}
	}
	var all []dataset.RowChanges
	if err := json.Unmarshal([]byte(w.ok("data", "diff", "d", "1", "2", "--key", "city", "--rows", "1", "--json")), &all); err != nil || len(all) != 3 {
		t.Fatalf("%+v %v", all, err)
	}
	if c := all[0]; strings.Join(c.Columns, ",") != "id,city,temp" || len(c.Rows) != 1 || len(c.Rows[0].Differs) != 1 || c.Rows[0].Differs[0] != 2 {
		t.Errorf("%+v", c)
	}
	for _, wrong := range []string{"-1", "0x", "1001"} {
		if r := w.run("data", "diff", "d", "--rows", wrong); r.code == 0 {
			t.Errorf("--rows %s: %+v", wrong, r)
		}
	}
}
