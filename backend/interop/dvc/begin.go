package dvc

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/git"
)

// Begin says how to make a folder a DVC project.
type Begin struct {
	Dir    string
	NoSCM  bool // without git
	Subdir bool // in a folder of a repository of git's, and not at its top
}

const ignoreText = "# Add patterns of files dvc should ignore, which could improve\n# the performance. Learn more at\n# https://dvc.org/doc/user-guide/dvcignore\n"

// Init makes a folder a DVC project as `dvc init` does, and tells which files git should know.
// dvc adds them to git's index, which is left alone here.
func Init(in Begin) (made []string, err error) {
	dot := filepath.Join(in.Dir, Dir)
	switch _, err := os.Lstat(dot); {
	case err == nil:
		return nil, errs.New(errs.Conflict, "%s is a DVC project already", in.Dir)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, cannotWrite(dot, err)
	}
	if in.NoSCM && in.Subdir {
		return nil, errs.New(errs.Invalid, "--no-scm is for a project without git, and --subdir for one in a folder of it").WithHint("say one of them")
	}
	if !in.NoSCM {
		if err := in.inGit(); err != nil {
			return nil, err
		}
	}
	config, ignored := "", ""
	if in.NoSCM {
		config = "[core]\n    no_scm = True\n"
	} else {
		ignored = "/config.local\n/tmp\n/cache\n"
	}
	// The config comes last: what is begun and not finished can be begun again.
	if err := os.MkdirAll(filepath.Join(in.Dir, filepath.FromSlash(ownTmp)), 0o755); err != nil {
		return nil, cannotWrite(dot, err)
	}
	for _, f := range []struct{ name, text string }{{".dvcignore", ignoreText}, {filepath.Join(Dir, ".gitignore"), ignored}, {filepath.Join(Dir, "config"), config}} {
		at := filepath.Join(in.Dir, f.name)
		if _, err := os.Lstat(at); err == nil || f.text == "" && in.NoSCM {
			continue
		}
		if err := atomicfile.WriteFile(at, []byte(f.text), 0o644); err != nil {
			return made, errs.Unwritten(at, err)
		}
		made = append(made, filepath.ToSlash(f.name))
	}
	return made, nil
}

// inGit refuses a folder that git does not have as DVC wants it.
func (in Begin) inGit() error {
	_, err := os.Lstat(filepath.Join(in.Dir, ".git"))
	if err == nil {
		return nil
	}
	repo, err := git.Open(in.Dir)
	switch {
	case err != nil:
		return err
	case !repo.Exists():
		return errs.New(errs.Precondition, "%s is in no git repository", in.Dir).WithHint("git init, or say --no-scm for a project without git")
	case !in.Subdir:
		return errs.New(errs.Precondition, "%s is a folder of a git repository, and not its top", in.Dir).WithHint("say --subdir for a project in a folder of it")
	}
	return nil
}
