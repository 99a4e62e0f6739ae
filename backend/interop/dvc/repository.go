package dvc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc/cache"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

const (
	maxClone = 4 << 30 // bytes of a repository that an import may bring
	maxChain = 8       // imports of what was imported
)

// repository is one that data is imported from: a folder of this machine, or one elsewhere,
// whose commits are kept in a folder of their own below .dvc/tmp.
type repository struct {
	p    *Project
	url  string
	dir  string      // of this machine; otherwise that of the commits
	repo *git.Repo   // of this machine
	far  *git.Remote // elsewhere
	lies bool        // the folder is meant as it lies there, and no commit
}

func (p *Project) repository(at string) (*repository, error) {
	if git.IsRemote(at) {
		sum := sha256.Sum256([]byte(at))
		name := path.Join(ownTmp, "repos", hex.EncodeToString(sum[:8]))
		if err := p.top().root.MkdirAll(name, 0o755); err != nil {
			return nil, cannotWrite(name, err)
		}
		far := &git.Remote{URL: at, Limit: maxClone, SSH: remote.SSHSession}
		return &repository{p: p, url: at, dir: filepath.Join(p.top().Dir, filepath.FromSlash(name)), far: far}, nil
	}
	dir := folderOf(at)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(p.Dir, filepath.FromSlash(dir))
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, errs.New(errs.NotFound, "the repository %s is not there: %w", dir, err).WithHint("it was imported from there; bring it back, or change repo.url in the .dvc file")
	}
	repo, err := git.Open(dir)
	if err != nil {
		return nil, err
	}
	if !repo.Exists() {
		if repo, err = git.OpenBare(dir); repo == nil && err == nil {
			err = errs.New(errs.NotFound, "%s is in no git repository", dir)
		}
	}
	return &repository{p: p, url: at, dir: dir, repo: repo}, err
}

// top is the project that this one is read for.
func (p *Project) top() *Project {
	for p.reader != nil {
		p = p.reader
	}
	return p
}

// commit is what a revision is there now; an empty one is the newest.
func (r *repository) commit(ctx context.Context, rev string) (string, error) {
	if r.far == nil {
		if rev == "" {
			rev = "HEAD"
		}
		return r.repo.Resolve(rev)
	}
	return r.far.Commit(ctx, r.dir, rev)
}

// tree is the repository at a commit.
func (r *repository) tree(ctx context.Context, commit string) (fs.FS, error) {
	if r.far == nil {
		return r.repo.FS(commit)
	}
	unlock, err := r.p.top().locks().Take(ctx, "rondo-repos", 0)
	if err != nil {
		return nil, err
	}
	defer unlock()
	repo, err := r.far.Fetch(ctx, r.dir, commit)
	if err != nil {
		return nil, err
	}
	return repo.FS(commit)
}

// foreign opens the DVC project of another repository, which only reads: its own settings
// and those that the import names. A repository elsewhere has no cache here.
func (p *Project) foreign(from *repository, tree fs.FS, top string, how *metafile.Repo) (*Project, error) {
	sub, err := fs.Sub(tree, top)
	if err != nil {
		return nil, err
	}
	if from.lies {
		sub = nil
	}
	var f *Project
	if dir := filepath.Join(from.dir, filepath.FromSlash(top)); from.far == nil && folderAt(filepath.Join(dir, Dir)) {
		f, err = allThere(OpenTree(dir, sub))
	} else {
		f, err = allThere(openAway(from.dir, sub))
	}
	if err != nil {
		return nil, err
	}
	f.reader, f.chain = p, p.chain+1
	if err := f.settingsOf(p, how); err != nil {
		f.root.Close()
		return nil, err
	}
	return f, nil
}

func folderAt(dir string) bool {
	fi, err := os.Stat(dir)
	return err == nil && fi.IsDir()
}

// openAway opens a project of which there is nothing but a tree: its settings are there, too.
func openAway(dir string, tree fs.FS) (*Project, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	p := &Project{Dir: dir, Config: config.Config{}, root: root, tree: tree, seen: map[string]sight{}, lost: map[string]bool{}, made: map[string]bool{}, origins: map[string]metafile.Entry{}, brought: map[string]bool{}, partials: map[string]metafile.Entry{}, sums: loadSums(dir), texts: &Readings{}}
	p.settings()
	p.Cache = cache.Cache{Dir: filepath.Join(dir, "no-cache")}
	return p, p.Reload()
}

// settingsOf lays what an import says of remotes over the settings of the other project.
func (p *Project) settingsOf(here *Project, how *metafile.Repo) error {
	over := config.Config{}
	switch c := how.Config.(type) {
	case *doc.Map:
		over = config.Of(c)
	case string:
		if filepath.IsAbs(c) || !filepath.IsLocal(filepath.FromSlash(c)) {
			return errs.New(errs.Precondition, "the config %s, which an import names, lies outside of the project", c).
				WithHint("put it into the project and name it so in the .dvc file, or let dvc fetch it")
		}
		b, err := here.Read(c)
		if err != nil {
			return errs.New(errs.Precondition, "the config %s, which an import names, cannot be read: %w", c, err)
		}
		if over, err = config.Read(c, b); err != nil {
			return err
		}
		over = over.From(filepath.Join(here.Dir, filepath.Dir(filepath.FromSlash(c))))
	}
	switch r := how.Remote.(type) {
	case string:
		over = over.Over(config.Config{"core": {"remote": r}})
	case *doc.Map:
		name := p.Config["core"]["remote"]
		if name == "" {
			name = "import"
		}
		over = over.Over(config.Config{"core": {"remote": name}, `remote "` + name + `"`: config.Of(doc.NewMap("r", r))["r"]})
	}
	p.Config = p.Config.Over(over)
	return nil
}
