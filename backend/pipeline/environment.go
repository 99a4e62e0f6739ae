package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// Describe says what a command's result may depend on besides data, code and params,
// such as the Python that it uses: names and versions. Nothing of it is run.
type Describe func(command []string, dir string, environ []string) map[string]string

// PackagePrefix begins the name of what is an installed package in an environment.
const PackagePrefix = "package "

// surround records what a stage's commands run in.
func (r *runner) surround(n *Node, res *StageResult) {
	if r.describe == nil {
		return
	}
	dir, err := r.workdir(n)
	if err != nil {
		return // the command itself says so
	}
	for _, argv := range n.Commands {
		for k, v := range r.describe(argv, dir, os.Environ()) {
			if res.Env == nil {
				res.Env = map[string]string{}
			}
			res.Env[k] = v
		}
	}
}

// compareEnvironments checks what the stages ran in. Packages that are the same are one check.
func (r *Reproduction) compareEnvironments(e Execution, results map[string]StageResult) {
	was, now := map[string]string{}, map[string]string{}
	for _, st := range e.Stages {
		if again := results[st.Name]; len(st.Env) > 0 || len(again.Env) > 0 && st.State == Ran {
			maps.Copy(was, st.Env)
			maps.Copy(now, again.Env)
		}
	}
	both := maps.Clone(was)
	maps.Copy(both, now)
	same := 0
	for _, k := range slices.Sorted(maps.Keys(both)) {
		if strings.HasPrefix(k, PackagePrefix) && was[k] == now[k] {
			same++
			continue
		}
		r.check(CheckEnvironment, "environment "+k, was[k], now[k])
	}
	if same > 0 {
		text := fmt.Sprintf("%d installed", same)
		r.check(CheckEnvironment, "environment packages", text, text)
	}
}

// tools links the programs that stages name by a path inside the project and that are
// no code, such as .venv/bin/python, into the fresh folder: with the whole of their
// environment, which is recorded and compared by its versions.
func (s *Service) tools(folder string, spec Spec) error {
	g, err := Build(spec.Stages)
	if err != nil {
		return err
	}
	for _, n := range g {
		for _, argv := range n.Commands {
			name := filepath.ToSlash(argv[0])
			at := path.Join(filepath.ToSlash(n.Wdir), name)
			if !strings.Contains(name, "/") || path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(at)) {
				continue
			}
			if err := s.link(folder, at); err != nil {
				return errs.Wrap(errs.Unavailable, err, "bring %s into the fresh folder", at)
			}
		}
	}
	return nil
}

func (s *Service) link(folder, at string) error {
	if home := path.Dir(path.Dir(at)); home != "." {
		if _, err := os.Stat(filepath.Join(s.opts.Dir, filepath.FromSlash(home), "pyvenv.cfg")); err == nil {
			at = home
		}
	}
	from, to := filepath.Join(s.opts.Dir, filepath.FromSlash(at)), filepath.Join(folder, filepath.FromSlash(at))
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return err // the code brought it
	}
	if _, err := os.Stat(from); err != nil {
		return nil // gone here, too: the stage will say so
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Symlink(from, to)
}
