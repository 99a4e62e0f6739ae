package dvc_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// farKinds are the places afar at which both programs look.
func farKinds(t *testing.T) map[string]func(*testing.T) *afar {
	t.Helper()
	program := cloudDVC(t)
	if program == "" {
		t.Skip("skipped: no dvc that speaks ssh and S3; make conformance has one")
	}
	return map[string]func(*testing.T) *afar{
		"ssh":      func(t *testing.T) *afar { return overSSH(t, program) },
		"s3":       func(t *testing.T) *afar { return overS3(t, program, false) },
		"versions": func(t *testing.T) *afar { return overS3(t, program, true) },
	}
}

// settings are those of a project with the place as its remote far.
func (a *afar) settings() string {
	return "['remote \"far\"']\n    url = " + a.url + "\n" + a.config
}

// TestAddressesAfarAreListedAndBroughtAsByDVC lists and brings files and folders of another computer and of
// buckets beside dvc: the same names and bytes, and what one refuses the other does, too.
func TestAddressesAfarAreListedAndBroughtAsByDVC(t *testing.T) {
	for name, start := range farKinds(t) {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			a.write("1")
			a.write("2")
			a.put("dirt/x", "x")
			dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n" + a.settings()})
			ats := []string{
				a.url, a.url + "/k.csv", a.url + "/dir/", a.url + "/p%q", a.url + "/a%20b#1.csv", a.url + "/nope", a.url + "/di", a.url + "/k.csv/x",
				"remote://far", "remote://far/dir/s", "remote://far/k.csv", "remote://other/k.csv", "ftp://x/y",
			}
			if bucket, of := strings.CutPrefix(a.url, "s3://"); of {
				ats = append(ats, "s3://"+bucket[:strings.IndexByte(bucket, '/')])
			}
			for _, at := range ats {
				a.lists(dir, at)
				a.gets(dir, at)
			}
		})
	}
}

func (a *afar) lists(dir, at string) {
	a.t.Helper()
	for _, flags := range []string{"", "-R -L 2"} {
		said, ok := a.d.try(dir, append([]string{"ls-url", at}, strings.Fields(flags)...)...)
		list, err := open(a.t, dir).ListAddress(a.t.Context(), at, flags != "", 2*strings.Count(flags, "-L 2"))
		var got []string
		for _, one := range list {
			got = append(got, one.Path)
		}
		want := strings.Fields(said)
		if len(want) == 1 && strings.HasSuffix(want[0], "/"+path.Base(at)) { // a file, with where it lies
			want[0] = path.Base(want[0])
		}
		slices.Sort(want)
		if ok != (err == nil) || ok && !slices.Equal(got, want) {
			a.t.Errorf("ls-url %s %s: rondo %q %v\ndvc %q", at, flags, got, err, want)
		}
		if err != nil {
			if errs.HintOf(err) == "" {
				a.t.Errorf("ls-url %s: no way out: %v", at, err)
			}
			return
		}
	}
}

func (a *afar) gets(dir, at string) {
	a.t.Helper()
	mine, theirs := filepath.Join(a.t.TempDir(), "x"), filepath.Join(a.t.TempDir(), "x")
	said, ok := a.d.try(dir, "get-url", "-q", at, theirs)
	got, err := open(a.t, dir).GetAddress(a.t.Context(), at, mine, false)
	if ok != (err == nil) {
		a.t.Errorf("get-url %s: rondo %+v %v\ndvc %v %s", at, got, err, ok, said)
		return
	}
	if _, err := os.Stat(mine); ok != (err == nil) {
		a.t.Errorf("get-url %s: %v", at, err)
	} else if !ok {
		return
	}
	if here, there := textsBelow(a.t, mine), textsBelow(a.t, theirs); here != there {
		a.t.Errorf("get-url %s\nrondo %s\ndvc   %s", at, here, there)
	}
}

// TestImportsFromAfarAreDVCs imports files and folders of another computer and of buckets beside dvc: the same
// .dvc files, data and cache, and both refuse the same.
func TestImportsFromAfarAreDVCs(t *testing.T) {
	for name, start := range farKinds(t) {
		t.Run(name, func(t *testing.T) {
			a := start(t)
			a.write("1")
			a.write("2")
			main, twin := filepath.Join(t.TempDir(), "p"), filepath.Join(t.TempDir(), "p")
			a.begin(main)
			a.begin(twin)
			for _, one := range []imported{
				{dvc.Import{From: a.url + "/in.csv"}, []string{a.url + "/in.csv"}},
				{dvc.Import{From: a.url + "/ind/", Out: "sub"}, []string{a.url + "/ind/", "sub"}},
				{dvc.Import{From: "remote://far/dir", Out: "r"}, []string{"remote://far/dir", "r"}},
				{dvc.Import{From: "remote://far/k.csv", Out: "n.csv", NoDownload: true}, []string{"remote://far/k.csv", "n.csv", "--no-download"}},
				{dvc.Import{From: a.url + "/dir", Out: "e", NoExec: true}, []string{a.url + "/dir", "e", "--no-exec"}},
				{dvc.Import{From: a.url + "/nope"}, []string{a.url + "/nope"}},
				{dvc.Import{From: a.url + "/k.csv", Out: "own.txt"}, []string{a.url + "/k.csv", "own.txt"}},
				{dvc.Import{From: "remote://other/k.csv"}, []string{"remote://other/k.csv"}},
				{dvc.Import{From: a.url + "/k.csv", Out: "v.csv", VersionAware: name == "versions"}, []string{a.url + "/k.csv", "v.csv", "--version-aware"}},
				{dvc.Import{From: a.url + "/dir", Out: "v", VersionAware: name == "versions"}, []string{a.url + "/dir", "v", "--version-aware"}},
			} {
				if name != "versions" && one.args[len(one.args)-1] == "--version-aware" {
					continue
				}
				said, ok := a.d.try(twin, append([]string{"import-url", "-q"}, one.args...)...)
				if _, err := open(t, main).Import(t.Context(), one.in); ok != (err == nil) {
					t.Errorf("%v: %v, dvc %v %s", one.args, err, ok, said)
				}
				if got, want := told(t, main), told(t, twin); got != want {
					t.Fatalf("%v: Rondo has made\n%s\nand dvc\n%s", one.args, got, want)
				}
			}
		})
	}
}

// told is tellAll but for the cache, in which dvc keeps lists of etags, too.
func told(t *testing.T, dir string) string {
	t.Helper()
	return strings.Join(slices.DeleteFunc(strings.Split(tellAll(t, dir), "--- "), func(one string) bool { return strings.HasPrefix(one, ".dvc/cache") }), "--- ")
}

// TestAnAddressThatNamesAVersionMeansThat: dvc 3.67 takes the newest one, and notes that.
func TestAnAddressThatNamesAVersionMeansThat(t *testing.T) {
	v := remotetest.KeepVersions(t, remotetest.StartS3(t))
	os.Unsetenv("AWS_PROFILE")
	t.Setenv("AWS_ENDPOINT_URL", v.Endpoint)
	first := v.Put("k.csv", "first\n")
	v.Put("k.csv", "second\n")
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n['remote \"far\"']\n    url = " + v.URL + "\n    endpointurl = " + v.Endpoint + "\n"})
	for _, base := range []string{v.URL, "remote://far"} {
		to := filepath.Join(t.TempDir(), "x")
		if _, err := open(t, dir).GetAddress(t.Context(), base+"/k.csv?versionId="+first, to, false); err != nil || textsBelow(t, to) != "=first\n" {
			t.Errorf("%s: %v, %q", base, err, textsBelow(t, to))
		}
		list, err := open(t, dir).ListAddress(t.Context(), base+"/k.csv?versionId="+first, false, 0)
		if err != nil || len(list) != 1 || list[0].Path != "k.csv" || *list[0].Size != 6 {
			t.Errorf("%s: %+v %v", base, list, err)
		}
		if _, err := open(t, dir).GetAddress(t.Context(), base+"/k.csv?versionId=none", to+"2", false); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "no version none") {
			t.Errorf("%s: a version that never was: %v", base, err)
		}
	}
	from := v.URL + "/k.csv?versionId=" + first
	if _, err := open(t, dir).Import(t.Context(), dvc.Import{From: from}); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Renew(t.Context(), dvc.Renew{}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "k.csv.dvc"))
	if err != nil || textsBelow(t, filepath.Join(dir, "k.csv")) != "=first\n" || !strings.Contains(string(b), "version_id: "+first) || !strings.Contains(string(b), "push: false") {
		t.Errorf("imported %s %v", b, err)
	}
}
