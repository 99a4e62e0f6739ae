package dvc

import (
	"maps"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/interop/dvc/override"
)

// Suppose has params set as `dvc exp run -S` would set them, each [FILE:]KEY=VALUE with FILE in
// the project. Nothing is written; what the project says is read anew.
func (p *Project) Suppose(set []string) error {
	texts, err := p.overridden(set)
	if err != nil {
		return err
	}
	p.supposed = texts
	if err := p.Reload(); err != nil {
		return err
	}
	if len(p.Problems) > 0 {
		return p.Problems[0]
	}
	return nil
}

// overridden are the texts of params files with values set.
func (p *Project) overridden(set []string) (map[string][]byte, error) {
	if strings.EqualFold(p.Config["hydra"]["enabled"], "true") {
		return nil, errs.New(errs.Precondition, "this project has Hydra compose its params (hydra.enabled), which only dvc does").WithHint("dvc exp run, or rondo config --unset hydra.enabled")
	}
	changes, files, err := overrides(set)
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, file := range files {
		old, err := p.Read(file)
		if missing(err) {
			return nil, errs.New(errs.NotFound, "there is no params file %s", file).WithHint("name the file of a param in front of it: -S FILE:KEY=VALUE")
		}
		if err != nil {
			return nil, err
		}
		values, err := doc.ReadParams(file, old)
		if err != nil {
			return nil, err
		}
		if values, err = override.Apply(file, values, changes[file]); err != nil {
			return nil, err
		}
		if texts[file], err = doc.Revise(file, old, values); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// overrides parts what is said by files.
func overrides(set []string) (by map[string][]override.Override, files []string, err error) {
	by = map[string][]override.Override{}
	for _, text := range set {
		file := metafile.ParamsFile
		if front, _, _ := strings.Cut(text, "="); strings.Contains(front, ":") {
			file, text, _ = strings.Cut(text, ":")
		}
		if file = path.Clean(file); file == ".." || strings.HasPrefix(file, "../") || path.IsAbs(file) {
			return nil, nil, errs.New(errs.Invalid, "%s lies outside of the project, so its params are not set", file).WithHint("change it with an editor")
		}
		o, err := override.Parse(text)
		if err != nil {
			return nil, nil, err
		}
		by[file] = append(by[file], o)
	}
	return by, slices.Sorted(maps.Keys(by)), nil
}

// setParams writes what Suppose would suppose.
func (p *Project) setParams(set []string) error {
	texts, err := p.overridden(set)
	if err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(texts)) {
		if err := p.write(file, texts[file]); err != nil {
			return err
		}
	}
	return nil
}
