package dvc

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
)

// Levels are the configs that DVC reads, each over those before.
var Levels = []string{"system", "global", "project", "local"}

// ConfigFile is where the config of a level lies.
func (p *Project) ConfigFile(level string) string {
	switch level {
	case "system":
		return config.System()
	case "global":
		return config.Global()
	case "local":
		return filepath.Join(p.Dir, Dir, "config.local")
	}
	return filepath.Join(p.Dir, Dir, "config")
}

// ConfigText is the config of a level; one that is not there is empty.
func (p *Project) ConfigText(level string) (*config.Text, error) {
	b, err := readConfig(p.ConfigFile(level))
	if err != nil {
		return nil, err
	}
	return config.ReadText(p.told(level), b)
}

// told is the file of a level as a person knows it.
func (p *Project) told(level string) string {
	if level == "project" || level == "local" {
		return path.Join(Dir, filepath.Base(p.ConfigFile(level)))
	}
	return p.ConfigFile(level)
}

func readConfig(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > doc.MaxSize {
		return nil, doc.TooLarge(name, int(info.Size()))
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s cannot be read: %w", name, err)
	}
	return b, nil
}

// Configure changes the config of a level as `dvc config` and `dvc remote` do. Paths that edit
// sets are meant from the folder that a person is in. What DVC would refuse to read is not written.
func (p *Project) Configure(level, from string, edit func(t *config.Text) error) error {
	t, err := p.ConfigText(level)
	if err != nil {
		return err
	}
	if err := edit(t); err != nil {
		return err
	}
	t.Settle(filepath.Dir(p.ConfigFile(level)), from)
	text, err := t.Write()
	if err == nil {
		err = p.readable(level, text)
	}
	if err != nil {
		return err
	}
	return p.writeConfig(p.ConfigFile(level), text)
}

// readable refuses a text of a level that DVC would not read over the levels before it.
func (p *Project) readable(level string, text []byte) error {
	all := config.Config{}
	for _, one := range Levels {
		b, err := text, error(nil)
		if one != level {
			b, err = readConfig(p.ConfigFile(one))
		}
		if err != nil {
			return err
		}
		c, err := config.Read(p.told(one), b)
		if err != nil {
			return err
		}
		all = all.Over(c)
		if one == level {
			break
		}
	}
	places := config.Places(path.Dir(filepath.ToSlash(p.told(level))), path.Base(filepath.ToSlash(p.told(level))), text)
	return all.Check(places)
}

func (p *Project) writeConfig(at string, text []byte) error {
	perm := fs.FileMode(0o644)
	if info, err := os.Stat(at); err == nil {
		perm = info.Mode().Perm()
	}
	if to, err := filepath.EvalSymlinks(at); err == nil {
		at = to
	}
	err := os.MkdirAll(filepath.Dir(at), 0o755)
	if err == nil {
		err = atomicfile.WriteFile(at, text, perm)
	}
	return errs.Unwritten(at, err)
}

func remoteSection(name string) string { return `remote "` + name + `"` }

// levelOf is where something is written that no level is named for.
func levelOf(level string) string {
	if level == "" {
		return "project"
	}
	return level
}

// merged are the remotes and settings of all levels up to one; of all without one.
func (p *Project) merged(level string) (config.Config, error) {
	all := config.Config{}
	for _, one := range Levels {
		b, err := readConfig(p.ConfigFile(one))
		if err != nil {
			return nil, err
		}
		c, err := config.Read(p.told(one), b)
		if err != nil {
			return nil, err
		}
		all = all.Over(c)
		if one == level {
			break
		}
	}
	return all, nil
}

// noRemote is the answer to the name of a remote that there is not.
func (p *Project) noRemote(name string) error {
	all, _ := p.merged("")
	there := slices.Sorted(maps.Keys(all.Remotes()))
	if len(there) == 0 {
		return errs.New(errs.NotFound, "there is no remote %s, nor any other", name).WithHint("rondo remote add NAME ADDRESS")
	}
	return errs.New(errs.NotFound, "there is no remote %s", name).WithHint("there are: %s", strings.Join(there, ", "))
}
