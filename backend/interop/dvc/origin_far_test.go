package dvc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// afar is an address that a pair of projects reads and imports from.
type afar struct {
	*history
	url, config string
	put         func(name, text string)
	gone        func(name string)
}

func overSSH(t *testing.T, program string) *afar {
	s := remotetest.StartSSHD(t)
	return &afar{
		history: &history{t: t, d: newDriverAt(t, program, s.Home)}, url: "ssh://box" + s.Home + "/far",
		put:  func(name, text string) { s.Write(t, "far/"+name, text) },
		gone: func(name string) { lose(t, s.Home, "far/"+name) },
	}
}

func overS3(t *testing.T, program string, versions bool) *afar {
	at := remotetest.StartS3(t)
	v := remotetest.Bucket(t, at)
	if versions {
		v = remotetest.KeepVersions(t, at)
	}
	os.Unsetenv("AWS_PROFILE")
	t.Setenv("AWS_ENDPOINT_URL", v.Endpoint)
	a := &afar{
		history: &history{t: t, d: newDriver(t, program)}, url: v.URL + "/far", config: "    endpointurl = " + v.Endpoint + "\n    region = us-east-1\n",
		put:  func(name, text string) { v.Put("far/"+name, text) },
		gone: func(name string) { v.Delete("far/" + name) },
	}
	return a
}

func (a *afar) write(n string) {
	for _, name := range []string{"k.csv", "dir/a", "dir/s/b", "in.csv", "ind/c", "ind/d/e", "a%20b#1.csv", "p%q/x"} {
		a.put(name, name+n+"\n")
	}
}

// TestFarOriginsAreDVCs watches and imports what lies on another computer and in a bucket, by plain
// addresses and by a remote, with and without versions, beside dvc: the same lock, .dvc files and
// status before and after it changed.
func TestFarOriginsAreDVCs(t *testing.T) {
	program := cloudDVC(t)
	if program == "" {
		t.Skip("skipped: no dvc that speaks ssh and S3; make conformance has one")
	}
	for name, start := range map[string]func(*testing.T) *afar{
		"ssh":      func(t *testing.T) *afar { return overSSH(t, program) },
		"s3":       func(t *testing.T) *afar { return overS3(t, program, false) },
		"versions": func(t *testing.T) *afar { return overS3(t, program, true) },
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			a.write("1")
			stages := strings.ReplaceAll("stages:\n  s:\n    cmd: echo 1 > o\n    deps: ['URL/k.csv', 'URL/dir', 'remote://far/k.csv', 'remote://far/dir']\n    outs: [o]\n", "URL", a.url)
			config := "[core]\n    no_scm = true\n['remote \"far\"']\n    url = " + a.url + "\n" + a.config
			pair := beside(t, a.d, stages, map[string]string{"p/.dvc/config": config})
			a.main, a.twin = pair.main, pair.twin
			a.watch()
			a.write("1")
			for _, dir := range []string{a.main, a.twin} {
				lose(t, dir, "dvc.yaml", "dvc.lock", ".dvc/cache")
			}
			a.imports(name == "versions")
		})
	}
}

// imports makes .dvc files by dvc, of which Rondo brings the data, also after it changed there.
func (a *afar) imports(versions bool) {
	t := a.t
	t.Helper()
	kinds := [][]string{{a.url + "/in.csv", "i.csv"}, {a.url + "/ind", "i"}, {"remote://far/in.csv", "r.csv"}, {"remote://far/ind", "r"}, {a.url + "/in.csv", "later.csv", "--no-download"}, {"remote://far/ind", "later", "--no-download"}}
	if !versions { // dvc fails to update such names there
		kinds = append(kinds, []string{a.url + "/a%20b#1.csv", "odd.csv"}, []string{a.url + "/p%q", "odd"})
	}
	if a.d.old { // pull writes into its .dvc files what was brought of imports that were only noted
		kinds = kinds[:4]
	}
	if versions {
		kinds = append(kinds, []string{a.url + "/in.csv", "v.csv", "--version-aware"}, []string{a.url + "/ind", "v", "--version-aware"}, []string{"remote://far/in.csv", "lv.csv", "--version-aware", "--no-download"})
	}
	if versions && a.d.old {
		kinds = kinds[:len(kinds)-1]
	}
	var outs, files []string
	ofIn := 0 // of in.csv
	for _, args := range kinds {
		if strings.HasSuffix(args[0], "/in.csv") {
			ofIn++
		}
		a.d.must(a.twin, append([]string{"import-url", "-q"}, args...)...)
		outs, files = append(outs, args[1]), append(files, args[1]+".dvc")
	}
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join(a.twin, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, a.main, name, string(b))
	}
	var brought []string
	for i, name := range files {
		if said, ok := a.d.try(a.twin, "pull", "-q", name); ok {
			brought = append(brought, outs[i])
		} else if !strings.Contains(said, "No remote") { // what it had only noted of another computer
			t.Errorf("dvc pull %s: %s", name, said)
		}
	}
	if _, err := pullAll(t, a.main); err != nil {
		t.Fatal(err)
	}
	same := func(what string, outs []string) {
		t.Helper()
		if got, want := contents(t, a.main, outs), contents(t, a.twin, outs); got != want {
			t.Errorf("%s: Rondo has brought\n%s\nand dvc\n%s", what, got, want)
		}
		a.alike(files...)
	}
	same("as imported", brought)
	if got := contents(t, a.main, outs); strings.Count(got, "in.csv1") != ofIn {
		t.Errorf("Rondo has brought\n%s", got)
	}
	a.write("2")
	p := open(t, a.main)
	if _, err := p.Renew(t.Context(), dvc.Renew{}); err != nil {
		t.Fatal(err)
	}
	p.Close()
	a.d.must(a.twin, append([]string{"update", "-q"}, files...)...)
	if versions && a.d.old { // writes into the address which version it was
		return
	}
	same("updated", outs)
}

// watch runs a stage that reads from there, and wants the same lock and status throughout.
func (a *afar) watch() {
	a.t.Helper()
	a.alikeButLists()
	a.reproduce(true)
	a.alike("dvc.lock")
	a.alikeButLists()
	a.write("3")
	a.alikeButLists()
	a.reproduce(true)
	a.alike("dvc.lock")
	a.alikeButLists()
	a.gone("k.csv")
	a.gone("dir/s/b")
	a.alikeButLists()
}
