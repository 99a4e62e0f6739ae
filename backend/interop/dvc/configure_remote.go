package dvc

import (
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/config"
)

// AddRemote names a place as `dvc remote add` does; a path is meant from a folder.
func (p *Project) AddRemote(level, from, name, url string, isDefault, force bool) error {
	name = strings.ToLower(name)
	if name == "" || strings.ContainsAny(name, "\"'[]\n") {
		return errs.New(errs.Invalid, "%q is no name of a remote", name).WithHint("choose one of letters, digits, - and _")
	}
	return p.Configure(levelOf(level), from, func(t *config.Text) error {
		if t.Has(remoteSection(name)) && !force {
			return errs.New(errs.Conflict, "there is a remote %s already", name).WithHint("say --force to replace it, or change it: rondo remote modify %s url ADDRESS", name)
		}
		t.Replace(remoteSection(name), "url", url)
		if isDefault {
			t.Set("core", "remote", name)
		}
		return nil
	})
}

// ModifyRemote gives a setting of a remote a value, or takes it away, as `dvc remote modify` does.
func (p *Project) ModifyRemote(level, from, name, option, value string, unset bool) error {
	name = strings.ToLower(name)
	all, err := p.merged(levelOf(level))
	if err != nil {
		return err
	}
	if _, there := all[remoteSection(name)]; !there {
		return p.noRemote(name)
	}
	return p.Configure(levelOf(level), from, func(t *config.Text) error {
		t.Make(remoteSection(name))
		if unset {
			t.Unset(remoteSection(name), option)
		} else {
			t.Set(remoteSection(name), option, value)
		}
		return nil
	})
}

// DefaultRemote says which remote is meant where none is named; none with an empty name.
func (p *Project) DefaultRemote(level, name string) error {
	name = strings.ToLower(name)
	all, err := p.merged(levelOf(level))
	if err != nil {
		return err
	}
	if _, there := all[remoteSection(name)]; name != "" && !there {
		return p.noRemote(name)
	}
	return p.Configure(levelOf(level), p.Dir, func(t *config.Text) error {
		if name == "" {
			t.Unset("core", "remote")
		} else {
			t.Set("core", "remote", name)
		}
		return nil
	})
}

// RemoveRemote forgets a remote, also as the default one. What lies there stays.
func (p *Project) RemoveRemote(level, name string) error {
	name = strings.ToLower(name)
	err := p.Configure(levelOf(level), p.Dir, func(t *config.Text) error {
		if !t.Has(remoteSection(name)) {
			return p.noRemote(name)
		}
		t.Drop(remoteSection(name))
		return nil
	})
	if err != nil {
		return err
	}
	return p.follow(level, func(t *config.Text) bool {
		is, _ := t.Get("core", "remote")
		if is == name {
			t.Unset("core", "remote")
		}
		rest := hangs(t, name)
		if rest {
			t.Drop(remoteSection(name))
		}
		return is == name || rest
	})
}

// hangs reports whether a level says more of a remote that another level names.
func hangs(t *config.Text, name string) bool {
	_, named := t.Get(remoteSection(name), "url")
	return t.Has(remoteSection(name)) && !named
}

// follow changes what a level, and those over it, say of a remote that is another one now: which
// one is the default, and the settings in other files, with which dvc would refuse all of the config.
func (p *Project) follow(level string, change func(t *config.Text) bool) error {
	for _, one := range slices.Backward(Levels) {
		t, err := p.ConfigText(one)
		if err != nil {
			return err
		}
		if change(t) {
			if err := p.Configure(one, p.Dir, func(t *config.Text) error { change(t); return nil }); err != nil {
				return err
			}
		}
		if one == levelOf(level) {
			break
		}
	}
	return nil
}

// RenameRemote gives a remote another name, also where it is the default one.
func (p *Project) RenameRemote(level, name, to string) error {
	name, to = strings.ToLower(name), strings.ToLower(to)
	all, err := p.merged("")
	if err != nil {
		return err
	}
	if _, there := all[remoteSection(to)]; there {
		return errs.New(errs.Conflict, "there is a remote %s already", to).WithHint("choose another name")
	}
	err = p.Configure(levelOf(level), p.Dir, func(t *config.Text) error {
		if !t.Has(remoteSection(name)) {
			return p.noRemote(name)
		}
		t.Rename(remoteSection(name), remoteSection(to))
		if is, _ := t.Get("core", "remote"); is == name {
			t.Set("core", "remote", to)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.follow(level, func(t *config.Text) bool {
		is, _ := t.Get("core", "remote")
		if is == name {
			t.Set("core", "remote", to)
		}
		rest := hangs(t, name)
		if rest {
			t.Rename(remoteSection(name), remoteSection(to))
		}
		return is == name || rest
	})
}

// NamedRemote is a remote of the config.
type NamedRemote struct {
	Name    string `json:"name"`
	URL     string `json:"url"`
	Default bool   `json:"default"`
}

// ListRemotes are those of a level, or of all.
func (p *Project) ListRemotes(level string) (list []NamedRemote, err error) {
	list = []NamedRemote{}
	all, err := p.merged("")
	if err != nil {
		return list, err
	}
	for _, one := range Levels {
		if level != "" && one != level {
			continue
		}
		t, err := p.ConfigText(one)
		if err != nil {
			return list, err
		}
		for _, r := range t.Remotes(filepath.Dir(p.ConfigFile(one))) {
			if i := slices.IndexFunc(list, func(o NamedRemote) bool { return o.Name == r[0] }); i >= 0 {
				list[i].URL = r[1]
				continue
			}
			list = append(list, NamedRemote{r[0], r[1], all["core"]["remote"] == r[0]})
		}
	}
	return list, nil
}
