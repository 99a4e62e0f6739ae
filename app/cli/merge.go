package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

var mergeVerbs = []verb{
	{
		name: "merge-lock", args: "FILE | BASE OURS THEIRS [NAME]", short: "merge rondo.lock, dvc.lock or a .dvc file entry by entry", anywhere: true, run: mergeLock,
		flags: func(f *flag.FlagSet) {
			f.Bool("install", false, "let git merge such files so, in this copy of the repository")
		},
		long: `
What only one side changed is taken over. A stage that both sides changed differently
is left out and so has to run again; a folder that both sides changed is merged file by
file. There are never markers in the result. With one FILE it decides a merge that git
has left open; with three files it is a merge driver of git, and writes into OURS.

  rondo merge-lock --install        from now on, git merge asks Rondo
  rondo merge-lock dvc.lock`,
	},
}

const (
	mergeDriver = "rondo-lock"
	maxMerged   = 64 << 20 // bytes of a side
)

var mergedFiles = []string{project.LockName, metafile.LockFile, "*" + metafile.Suffix}

func mergeLock(_ context.Context, c *call) error {
	if c.isSet("install") {
		if err := c.want(0, 0); err != nil {
			return err
		}
		dir := c.Dir
		if c.dir != "" {
			dir = c.abs(c.dir)
		}
		if err := installMerge(dir); err != nil {
			return err
		}
		c.say("git merges %s by Rondo here now.", strings.Join(mergedFiles, ", "))
		return nil
	}
	if len(c.args) == 1 {
		return c.mergeOpen(c.abs(c.args[0]))
	}
	if err := c.want(3, 4); err != nil {
		return err
	}
	name, dir := c.args[1], c.Dir
	if len(c.args) == 4 {
		name = c.args[3]
		dir = filepath.Dir(c.abs(name)) // git calls a driver at the top of the work tree
	}
	var sides [3][]byte
	for i := range sides {
		var err error
		if sides[i], err = readSide(c.abs(c.args[i])); err != nil {
			return err
		}
	}
	return c.merge(name, c.abs(c.args[1]), dir, sides)
}

// installMerge lets git call this program.
func installMerge(dir string) error {
	repo, err := git.Open(dir)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return repo.MergeWith(mergeDriver, "'"+strings.ReplaceAll(filepath.ToSlash(exe), "'", `'\''`)+"' merge-lock %O %A %B %P", mergedFiles...)
}

// mergeByRondo is installMerge where there is a repository.
func mergeByRondo(dir string) error {
	repo, err := git.Open(dir)
	if err != nil || !repo.Exists() {
		return err
	}
	return installMerge(dir)
}

func readSide(at string) ([]byte, error) {
	info, err := os.Stat(at)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%s cannot be read: %w", at, err)
	}
	if info.Size() > maxMerged {
		return nil, errs.New(errs.TooLarge, "%s has %d bytes; the limit is %d", at, info.Size(), maxMerged)
	}
	b, err := os.ReadFile(at)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", at)
	}
	return b, nil
}

// mergeOpen decides a merge that git has left open: by the sides that git's index keeps, or
// else by the markers in the file.
func (c *call) mergeOpen(at string) error {
	text, err := readSide(at)
	if err != nil {
		return err
	}
	dir, name := filepath.Dir(at), filepath.Base(at)
	repo, err := git.Open(dir)
	if err != nil {
		return err
	}
	sides, undecided, err := repo.Unmerged(name)
	if err != nil {
		return err
	}
	if !undecided && !pipeline.HasMarkers(text) {
		c.say("%s is merged already.", name)
		return nil
	}
	if !undecided {
		sides[0], sides[1], sides[2] = pipeline.Sides(text)
	}
	if err := c.merge(name, at, dir, sides); err != nil {
		return err
	}
	c.say("Merged. `git add %s` tells git so.", name)
	return nil
}

// merge writes the merged text and says which stages have to run.
func (c *call) merge(name, to, dir string, sides [3][]byte) error {
	merged, open, err := mergeSides(name, dir, sides)
	if err != nil {
		return err
	}
	for _, stage := range open {
		fmt.Fprintf(c.Stderr, "rondo: %s: both sides changed stage %s; it needs a run\n", name, shown(stage))
	}
	old, err := os.ReadFile(to)
	if err == nil && bytes.Equal(old, merged) {
		return nil
	}
	return errs.Unwritten(to, atomicfile.Replace(ownFolder(dir), to, merged, 0o644))
}

// ownFolder is where what is written for a folder of a project may lie before it has its place.
func ownFolder(dir string) string {
	if root, err := dvc.Find(dir); err == nil {
		return dvc.OwnFolder(root)
	}
	if p, err := project.Find(dir); err == nil {
		return p.Path(project.TemporaryDir)
	}
	return dir
}

func mergeSides(name, dir string, s [3][]byte) (merged []byte, open []string, err error) {
	switch base := path.Base(filepath.ToSlash(name)); {
	case base == project.LockName:
		return pipeline.MergeLocks(s[0], s[1], s[2])
	case base == metafile.LockFile:
		return dvc.MergeLocks(name, s[0], s[1], s[2])
	case strings.HasSuffix(base, metafile.Suffix):
		cache, err := dvc.CacheOf(dir)
		if err != nil {
			return nil, nil, err
		}
		merged, err = dvc.MergeSingles(cache, name, s[0], s[1], s[2])
		return merged, nil, err
	}
	return nil, nil, errs.New(errs.Invalid, "%s is no lock and no .dvc file", name).WithHint("name a %s, a %s or a .dvc file", project.LockName, metafile.LockFile)
}
