package dvc_test

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/config"
)

// TestConfigsAreWrittenAsDVCWritesThem changes configs of all levels by dvc in one project and by
// Rondo in another: each step leaves the same text, and both refuse the same.
func TestConfigsAreWrittenAsDVCWritesThem(t *testing.T) {
	d := newDriver(t, realDVC(t))
	for seed := range int64(3) {
		r := rand.New(rand.NewSource(seed))
		main, twin := t.TempDir(), t.TempDir()
		d.must(main, "init", "--no-scm", "-q")
		d.must(twin, "init", "--no-scm", "-q")
		if seed > 0 {
			for _, dir := range []string{main, twin} {
				ok(t, os.WriteFile(filepath.Join(dir, ".dvc/config"), []byte("# mine\n['remote \"old\"']\nurl = ../there/../here # where\n[cache]\n    type = reflink,copy\n[Core]\nno_scm = true\n  autostage=false\nremote = old\n"), 0o644))
			}
		}
		for range 25 {
			args := configStep(r)
			_, theirs := d.try(twin, args...)
			err := configure(open(t, main), main, args)
			if theirs != (err == nil) {
				t.Fatalf("seed %d: dvc %v: %v, and here: %v", seed, args, theirs, err)
			}
			for _, name := range []string{".dvc/config", ".dvc/config.local"} {
				ours, _ := os.ReadFile(filepath.Join(main, name))
				want, _ := os.ReadFile(filepath.Join(twin, name))
				if string(ours) == "" && string(want) == "\n" {
					continue // dvc makes an empty one where it looks for defaults
				}
				if string(ours) != strings.ReplaceAll(string(want), twin, main) {
					t.Fatalf("seed %d: after %v %s is\n%s\nand by dvc\n%s", seed, args, name, ours, want)
				}
			}
		}
	}
}

func configStep(r *rand.Rand) []string {
	one := func(of ...string) string { return of[r.Intn(len(of))] }
	level := one("--local", "--project")
	remote := one("old", "New", "bucket", "nas")
	value := one("x", "true", "3", "a b", " a", "a,b", "it's", `say "x"`, "a#b", "é", `it's "x"`)
	switch r.Intn(9) {
	case 0, 1:
		args := []string{"remote", "add", level, remote, one("../far", "/abs/far", "s3://b/k", "~/x", "https://h/a#b", "d,e")}
		if r.Intn(2) == 0 {
			args = append(args, "-f")
		}
		if r.Intn(2) == 0 {
			args = append(args, "-d")
		}
		return args
	case 2:
		return []string{"remote", "modify", level, remote, one("url", "jobs", "verify", "nonsense"), one("../other", "4", "true")}
	case 3:
		return []string{"remote", "modify", level, "-u", remote, one("jobs", "verify", "url")}
	case 4:
		return []string{"remote", "default", level, remote}
	case 5:
		return []string{"remote", "remove", level, remote}
	case 6:
		return []string{"remote", "rename", level, remote, one("nas", "renamed", "bucket")}
	case 7:
		return []string{"config", level, "-u", one("core.remote", "cache.dir", "core.autostage", "plots.out_dir", "remote.old.jobs")}
	}
	return []string{"config", level, one("cache.dir", "core.autostage", "cache.type", "core.check_update", "plots.out_dir", "remote.nas.jobs", "nonsense.x", "studio.token"), value}
}

// configure does with a project what the arguments of dvc say.
func configure(p *dvc.Project, dir string, args []string) error {
	defer p.Close()
	flags, rest := map[string]bool{}, []string{}
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			flags[a] = true
		} else {
			rest = append(rest, a)
		}
	}
	level := "project"
	if flags["--local"] {
		level = "local"
	}
	switch strings.Join(rest[:min(2, len(rest))], " ") {
	case "remote add":
		return p.AddRemote(level, dir, rest[2], rest[3], flags["-d"], flags["-f"])
	case "remote modify":
		return p.ModifyRemote(level, dir, rest[2], rest[3], append(rest, "")[4], flags["-u"])
	case "remote default":
		return p.DefaultRemote(level, rest[2])
	case "remote remove":
		return p.RemoveRemote(level, rest[2])
	case "remote rename":
		return p.RenameRemote(level, rest[2], rest[3])
	}
	section, option, _ := strings.Cut(rest[1], ".")
	if section == "remote" {
		name, key, _ := strings.Cut(option, ".")
		section, option = fmt.Sprintf("remote %q", name), key
	}
	return p.Configure(level, dir, func(t *config.Text) error {
		if _, has := t.Get(section, option); flags["-u"] && !has {
			return os.ErrNotExist
		}
		if flags["-u"] {
			t.Unset(section, option)
		} else {
			t.Set(section, option, rest[2])
		}
		return nil
	})
}
