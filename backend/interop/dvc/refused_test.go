package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
)

// TestWhatDVCRefusesIsRefused changes one thing of a sound project at a time, and asks both
// programs whether they take it. Where Rondo does not, it says in which file and line.
func TestWhatDVCRefusesIsRefused(t *testing.T) {
	d := newDriver(t, realDVC(t))
	stage := "stages:\n  a:\n    cmd: cp i o\n    deps: [i]\n    outs: [o]\n"
	lock := "schema: '2.0'\nstages:\n  a:\n    cmd: cp i o\n    deps:\n    - path: i\n      md5: b026324c6904b2a9cb4b88d6d61c81d1\n      size: 2\n"
	single := "outs:\n- md5: b026324c6904b2a9cb4b88d6d61c81d1\n  size: 2\n  path: k\n"
	head := "[core]\n    no_scm = true\n"
	for _, c := range []struct{ name, text, want string }{
		{"dvc.yaml", stage, ""},
		{"dvc.yaml", strings.Replace(stage, "  a:", "  a@b:", 1), "dvc.yaml:2:"},
		{"dvc.yaml", "stages:\n  a@b:\n    foreach: [1]\n    do: {cmd: x}\n", ""},
		{"dvc.yaml", strings.Replace(stage, "  a:", "  a.b:", 1), ""},
		{"params.yaml", "d: 2024-01-02\n", "params.yaml:1:"},
		{"params.yaml", "d: '2024-01-02'\n", ""},
		{"params.yaml", "a:\n- b: 2024-01-02 10:00:00\n", "params.yaml:2:"},
		{"dvc.lock", lock, ""},
		{"dvc.lock", lock + "      nfiles: 1\n      version_id: x\n", ""},
		{"dvc.lock", lock + "      foo: 1\n", "dvc.lock:9:"},
		{"dvc.lock", lock + "      cache: false\n", "dvc.lock:9:"},
		{"dvc.lock", lock + "other: 1\n", "dvc.lock:9:"},
		{"dvc.lock", strings.Replace(lock, "    cmd: cp i o\n", "", 1), "dvc.lock:3:"},
		{"k.dvc", single, ""},
		{"k.dvc", single + "  labels: [a]\n  push: false\n", ""},
		{"k.dvc", single + "  foo: 1\n", "k.dvc:5:"},
		{"k.dvc", single + "foo: 1\n", "k.dvc:5:"},
		{"k.dvc", "deps:\n- path: x\n  cache: true\n" + single, "k.dvc:3:"},
		{".dvc/config", head + "    foo = 1\n", ".dvc/config:3:"},
		{".dvc/config", head + "[foo]\n    a = 1\n", ".dvc/config:3:"},
		{".dvc/config", head + "    autostage = yes\n", ".dvc/config:3:"},
		{".dvc/config", head + "    autostage = TRUE\n", ""},
		{".dvc/config", head + "[cache]\n    type = reflink, symlink\n    shared = group\n", ""},
		{".dvc/config", head + "[cache]\n    type = soft\n", ".dvc/config:4:"},
		{".dvc/config", head + "[feature]\n    foo = 1\n", ""},
		{".dvc/config", head + "['remote \"x\"']\n    url = /x\n    keyfile = k\n", ".dvc/config:5:"},
		{".dvc/config", head + "['remote \"x\"']\n    url = ssh://h/x\n    keyfile = k\n    port = 22\n", ""},
		{".dvc/config", head + "['remote \"x\"']\n    url = ssh://h/x\n    port = many\n", ".dvc/config:5:"},
		{".dvc/config", head + "['remote \"x\"']\n    jobs = 2\n", ".dvc/config:3:"},
		{".dvc/config.local", "['remote \"x\"']\n    password = p\n", ".dvc/config.local:1:"},
	} {
		dir := folder(t, map[string]string{".dvc/config": head, "dvc.yaml": stage, "i": "1\n", "k": "1\n"})
		if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		said, takes := d.try(dir, "status")
		p, err := dvc.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if takes != (c.want == "") {
			t.Errorf("%s %q: the table is wrong, dvc says\n%s", c.name, c.text, said)
		}
		switch {
		case c.want == "" && len(p.Problems) > 0:
			t.Errorf("%s %q: %v", c.name, c.text, p.Problems)
		case c.want != "" && (len(p.Problems) != 1 || !strings.HasPrefix(p.Problems[0].Error(), c.want)):
			t.Errorf("%s %q: %v, want %s", c.name, c.text, p.Problems, c.want)
		}
		p.Close()
	}
}
