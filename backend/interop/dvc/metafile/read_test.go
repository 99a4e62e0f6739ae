package metafile_test

import (
	"io/fs"
	"strings"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/ignore"
	"rondo/backend/interop/dvc/metafile"
)

// files gives a pipeline the files that it names.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	if s, ok := f[name]; ok {
		return []byte(s), nil
	}
	return nil, fs.ErrNotExist
}

// TestErrorsSayWhere gives every reader something wrong, and wants file, line and column.
func TestErrorsSayWhere(t *testing.T) {
	vars := files{"params.yaml": "a: 1\nlist: [1]\nd: {k: v}\n", "v.yaml": "a: 2\n"}
	for _, c := range []struct{ file, text, want string }{
		{"dvc.yaml", "stages:\n  a:\n    cmd: x\n    dep: [y]\n", `dvc.yaml:4:5: stages.a.dep: DVC knows no key "dep" here`},
		{"dvc.yaml", "stages:\n  a:\n    deps: [y]\n", `dvc.yaml:2:3: stages.a: cmd is missing`},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x\n    deps: y\n", `dvc.yaml:4:5: stages.a.deps: want a list of paths, found text`},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x\n    outs:\n    - y: {cach: false}\n", `dvc.yaml:5:11: stages.a.outs.y.cach: DVC knows no key`},
		{"dvc.yaml", "stages:\n  a: {foreach: [1]}\n", `dvc.yaml:2:3: stages.a: foreach and do belong together`},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x ${none}\n", "dvc.yaml:3:5: stage a: cmd: could not find ${none}"},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x ${a..b}\n", "dvc.yaml:3:5: stage a: cmd: ${a..b} is no expression"},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x ${list}\n", "dvc.yaml:3:5: stage a: cmd: ${list} is a list, which cmd cannot take"},
		{"dvc.yaml", "stages:\n  a:\n    cmd: x\n    deps: ['${d}']\n", "dvc.yaml:4:5: stage a: deps: ${d} is a mapping"},
		{"dvc.yaml", "vars: [v.yaml]\n", `dvc.yaml:1:1: v.yaml sets "a", which is set already`},
		{"dvc.yaml", "vars: ['${a}']\n", "dvc.yaml:1:1: vars cannot hold ${…}"},
		{"dvc.yaml", "vars: [gone.yaml]\n", "dvc.yaml:1:1: vars name gone.yaml, which is not there"},
		{"dvc.yaml", "stages:\n  a:\n    foreach: ${a}\n    do: {cmd: x}\n", "dvc.yaml:2:3: foreach wants a list or a mapping, found a number"},
		{"dvc.yaml", "stages:\n  a: {cmd: x}\n  a: {cmd: y}\n", `dvc.yaml:3:3: the key "a" is there twice`},
		{"dvc.yaml", "stages:\n\ta: {cmd: x}\n", `dvc.yaml:2:1: found character that cannot start any token`},
		{"dvc.lock", "schema: '3.0'\n", `dvc.lock:1:1: schema "3.0" is not known`},
		{"dvc.lock", "schema: '2.0'\nstages:\n  a:\n    cmd: x\n    outs:\n    - path: y\n      md5: zz\n", "dvc.lock:7:7: md5: want 32 hex digits"},
		{"a.dvc", "outs:\n- md5: ../../../etc/passwd00000000000000\n  path: a\n", "a.dvc:2:3: md5: want 32 hex digits"},
		{"a.dvc", "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n", "a.dvc:1:1: outs: an entry has no path"},
		{"a.dvc", "outs: 3\n", "a.dvc:1:1: outs: want a list, found a number"},
		{"a.dvc", "out: 3\n", `a.dvc:1:1: DVC knows no key "out" here`},
		{"p.json", "{\"a\": 1,\n \"b\": }", "p.json:2:"},
		{"p.toml", "a = 1\nb = \n", "p.toml:2:"},
		{"p.py", "A = 1\nB = 'x\n", "p.py:2:1: a string is not closed"},
		{"p.yaml", "- 1\n", "p.yaml:1:1: want a mapping of params, found a list"},
		{"config", "[core]\nremote\n", "config:2:1: want [SECTION] or KEY = VALUE"},
	} {
		err := readAny(c.file, c.text, vars)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %q:\ngot  %v\nwant %s", c.file, c.text, err, c.want)
		}
		if err != nil && errs.KindOf(err) != errs.Invalid {
			t.Errorf("%v is %v", err, errs.KindOf(err))
		}
	}
}

func readAny(name, text string, f files) (err error) {
	switch {
	case strings.HasSuffix(name, "dvc.yaml"):
		_, err = metafile.ReadPipeline(name, []byte(text), f.read)
	case strings.HasSuffix(name, "dvc.lock"):
		_, err = metafile.ReadLock(name, []byte(text))
	case strings.HasSuffix(name, ".dvc"):
		_, err = metafile.ReadSingle(name, []byte(text))
	case name == "config":
		_, err = config.Read(name, []byte(text))
	default:
		_, err = doc.ReadParams(name, []byte(text))
	}
	return err
}

// TestFormsOfDVCFiles reads the forms that .dvc files have had.
func TestFormsOfDVCFiles(t *testing.T) {
	const sum = "12345678901234567890123456789012" // all digits: YAML takes it for a number
	for name, c := range map[string]struct {
		text string
		ok   func(s *metafile.Single) bool
	}{
		"dvc 3": {"outs:\n- md5: " + sum + "\n  size: 3\n  hash: md5\n  path: a\n", func(s *metafile.Single) bool {
			return s.Outs[0].Hash == metafile.MD5 && s.Outs[0].MD5 == sum && !s.Import()
		}},
		"dvc 2": {"outs:\n- md5: 1E345678901234567890123456789012.dir\n  nfiles: 2\n  path: a\n", func(s *metafile.Single) bool {
			return s.Outs[0].Hash == metafile.Dos2Unix && s.Outs[0].IsDir() && s.Outs[0].MD5[0:2] == "1e"
		}},
		"import": {"md5: " + sum + "\nfrozen: true\ndeps:\n- path: data\n  repo:\n    url: u\n    rev: 1\n    rev_lock: abc\nouts:\n- md5: " + sum + "\n  path: a\n", func(s *metafile.Single) bool {
			return s.Import() && s.Frozen && s.Deps[0].Repo.Rev == "1" && s.Deps[0].Repo.RevLock == "abc"
		}},
		"url": {"deps:\n- etag: AbC\n  size: 3\n  path: s3://b/k\nouts:\n- md5: " + sum + "\n  path: a\n  cache: false\n  push: false\n  remote: r\n", func(s *metafile.Single) bool {
			return s.Deps[0].ETag == "AbC" && s.Outs[0].NoCache && s.Outs[0].NoPush && s.Outs[0].Remote == "r"
		}},
		"cloud": {"outs:\n- path: a\n  files:\n  - relpath: x\n    md5: " + sum + "\n    size: 1\n    cloud: {s3: {etag: e, version_id: v}}\n", func(s *metafile.Single) bool {
			return s.Outs[0].List[0].VersionID == "v" && s.Outs[0].List[0].Cloud == "s3" && s.Outs[0].IsDir()
		}},
		"old": {"cmd: python x.py\nlocked: true\nwdir: ..\ndeps:\n- path: x.py\n  md5: " + sum + "\nouts:\n- path: m.json\n  metric: {type: json}\n", func(s *metafile.Single) bool {
			return s.Cmd == "python x.py" && s.Frozen && s.Outs[0].Kind == "metrics" && s.Wdir == ".."
		}},
		"nothing": {"wdir: .\n", func(s *metafile.Single) bool { return len(s.Outs) == 0 }},
	} {
		s, err := metafile.ReadSingle("a.dvc", []byte(c.text))
		if err != nil || !c.ok(s) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// TestLockSchemas reads a lock from before the schema had a key, and one with all there is.
func TestLockSchemas(t *testing.T) {
	old, err := metafile.ReadLock("dvc.lock", []byte("train:\n  cmd: python x.py\n  deps:\n  - path: a\n    md5: d41d8cd98f00b204e9800998ecf8427e\n"))
	if err != nil || old.Schema != "1.0" || old.Stage("train").Deps[0].Hash != metafile.Dos2Unix {
		t.Errorf("%+v, %v", old, err)
	}
	now, err := metafile.ReadLock("dvc.lock", []byte("schema: '2.0'\nstages:\n  train:\n    cmd: [a, b]\n    params: {params.yaml: {x: 1}}\n"))
	if err != nil || now.Stage("train").Params.Len() != 1 || now.Stage("none") != nil {
		t.Errorf("%+v, %v", now, err)
	}
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{"stages:\n  a:\n    foreach: [1, {b: 2}]\n    do: {cmd: '${item} ${key}', outs: [x: {cache: false}]}\n", "schema: '2.0'\nstages: {a: {cmd: x, deps: [{path: a, md5: d41d8cd98f00b204e9800998ecf8427e, files: [{relpath: b}]}]}}\n", "outs: [{path: a, cloud: {x: {etag: y}}}]", "A = [1, 'x', {2: (3,)}]\nclass B:\n  c = -1\n", `{"a": [1, {"b": 2}]}`, "[a]\nb = 1\n", "['remote \"x\"']\nurl = y\n", "a: &a [*a]\n", `[{"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": "a/b"}]`, "!a/**/[b-c]?\n\\#\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		vars := files{"params.yaml": s, "a": s}
		for _, name := range []string{"dvc.yaml", "dvc.lock", "a.dvc", "config", "p.yaml", "p.json", "p.toml", "p.py"} {
			_ = readAny(name, s, vars)
		}
		if l, err := metafile.ReadLock("dvc.lock", []byte(s)); err == nil {
			l.Text()
		}
		if one, err := metafile.ReadSingle("a.dvc", []byte(s)); err == nil {
			one.Sum()
		}
		_, _ = metafile.ReadTree("x.dir", []byte(s))
		(&ignore.Rules{}).With("a", []byte(s)).Match("a/"+s, false)
	})
}
