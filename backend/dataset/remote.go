package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// A remote keeps snapshots for several projects or people: a folder on another disk, one
// of another computer, or a bucket. docs/formats/remotes.md describes what lies there.
const (
	remoteFormat = "rondo remote 1\n"
	remotesName  = "remotes.json"
	formatName   = "format"
)

// Remote is a place under a name that this device gives it.
type Remote struct {
	Name    string `json:"name"`
	Address string `json:"address"` // a full path, sftp://HOST/PATH or s3://BUCKET/PREFIX; never a secret
}

// Remotes lists this device's remotes by name.
func (s *Service) Remotes() ([]Remote, error) {
	b, err := os.ReadFile(filepath.Join(s.opts.Device, remotesName))
	if errors.Is(err, fs.ErrNotExist) {
		return []Remote{}, nil
	}
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, errs.New(errs.Invalid, "the list of remotes cannot be read: %w", err).WithHint("name them again: rondo data remote NAME ADDRESS")
	}
	list := []Remote{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, Remote{name, all[name]})
	}
	return list, nil
}

// SetRemote gives a place a name; an empty address takes the name away, and leaves the place alone.
func (s *Service) SetRemote(r Remote) error {
	if err := checkName(r.Name); err != nil {
		return err
	}
	list, err := s.Remotes()
	if err != nil {
		return err
	}
	all := map[string]string{}
	for _, old := range list {
		all[old.Name] = old.Address
	}
	delete(all, r.Name)
	if r.Address != "" {
		if _, err := s.remoteAddress(r.Address); err != nil {
			return err
		}
		all[r.Name] = r.Address
		if filepath.IsAbs(r.Address) {
			all[r.Name] = filepath.Clean(r.Address)
		}
		s.anew(all[r.Name])
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return errs.Unwritten(remotesName, atomicfile.WriteFile(filepath.Join(s.opts.Device, remotesName), append(b, '\n'), 0o600))
}

// remoteAddress refuses what is not, and must not become, a remote.
func (s *Service) remoteAddress(text string) (remote.Address, error) {
	a, err := remote.ParseAddress(text)
	if err != nil || a.Kind != remote.KindFolder {
		return a, err
	}
	dir := a.Path
	if rel, err := filepath.Rel(s.opts.Dir, dir); err == nil && filepath.IsLocal(rel) {
		return a, errs.New(errs.Invalid, "%s lies in the project itself", dir).WithHint("choose a folder on another disk, or at least outside of the project")
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case err != nil:
		return a, errs.New(errs.Unavailable, "%s cannot be read: %w", dir, err).WithHint("see whether its disk is connected and whether you may read it")
	case !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !begunFormat(e.Name()) }):
		return a, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, formatName))
	if err != nil || string(b) != remoteFormat {
		return a, noRemote(dir, string(b))
	}
	return a, nil
}

// begunFormat reports whether a file is what the first push of all was writing first when it was
// cut off, or is writing now.
func begunFormat(name string) bool { return strings.HasPrefix(name, "."+formatName+".tmp") }

// far is an open remote.
type far struct {
	Remote
	r       remote.Remote
	objects *store.Far
	records map[string]bool // names of the files of snapshots, as they were listed
	unread  []FarProblem    // of these, what could not be read
	memory  *memoryOf
}

// remote opens a remote by name; the only one where the name is empty. One that is not
// there is made for pushing only: a disk that is not connected is not an empty remote.
func (s *Service) remote(ctx context.Context, name string, toPush bool) (*far, error) {
	named, err := s.findRemote(name)
	if err != nil {
		return nil, err
	}
	a, err := s.remoteAddress(named.Address)
	if err != nil {
		return nil, err
	}
	if a.Kind == remote.KindFolder {
		if err := s.readyFolder(named, a.Path, toPush); err != nil {
			return nil, err
		}
	}
	r, err := remote.Open(ctx, a)
	if err != nil {
		return nil, named.blame(err)
	}
	f := &far{Remote: named, r: r}
	if err := s.readyFar(ctx, f, toPush); err != nil {
		return nil, errors.Join(named.blame(err), r.Close())
	}
	if err := s.openObjects(ctx, f); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return f, nil
}

// openObjects looks at the objects of a remote, of which what is known to be damaged is passed over.
func (s *Service) openObjects(ctx context.Context, f *far) (err error) {
	cache := s.remoteCache(f.Address)
	if f.objects, err = store.OpenFar(ctx, f.Name, f.r, cache); err != nil {
		return err
	}
	f.memory, err = s.recall(ctx, f.objects, cache)
	return err
}

// remoteCache is where this device keeps the indexes of a remote's packs.
func (s *Service) remoteCache(address string) string {
	return filepath.Join(s.opts.Device, "remotes", ref.Of([]byte(address)).String()[:16])
}

// blame says which remote a failure is about.
func (r Remote) blame(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.New(errs.KindOf(err), "remote %s: %w", r.Name, err).WithHint("%s", errs.HintOf(err))
}

// begun reports whether the place is a remote.
func (f *far) begun(ctx context.Context) (bool, error) {
	b, err := remote.Read(ctx, f.r, formatName, 1000)
	if err == nil && string(b) != remoteFormat {
		err = noRemote(f.Address, string(b))
	}
	if notFound(err) {
		return false, nil
	}
	return err == nil, err
}

// ready checks that the place is a remote, and lists its records.
func (f *far) ready(ctx context.Context) error {
	there, err := f.begun(ctx)
	if err == nil && !there {
		err = f.absent()
	}
	if err != nil {
		return err
	}
	f.records = map[string]bool{}
	return f.r.List(ctx, recordsDir, func(b remote.Blob) error {
		f.records[b.Name] = true
		return nil
	})
}

// noRemote says what a place is that holds something, by what its marker says.
func noRemote(address, marker string) error {
	var version int
	if _, err := fmt.Sscanf(marker, "rondo remote %d\n", &version); err == nil && version > 1 {
		return errs.New(errs.Conflict, "the remote at %s has format %d and this Rondo knows format 1", address, version).WithHint("get a newer Rondo")
	}
	return errs.New(errs.Conflict, "%s holds something else than a remote", address).WithHint("choose an empty place, or one that was a remote before")
}

func (s *Service) findRemote(name string) (Remote, error) {
	list, err := s.Remotes()
	if err != nil {
		return Remote{}, err
	}
	var names []string
	for _, r := range list {
		if r.Name == name || name == "" && len(list) == 1 {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if len(list) == 0 {
		return Remote{}, errs.New(errs.NotFound, "this project has no remote yet").WithHint("name one: rondo data remote NAME ADDRESS")
	}
	if name == "" {
		return Remote{}, errs.New(errs.NotFound, "there are %d remotes, and none was chosen", len(names)).WithHint("name it with --remote: %s", strings.Join(names, ", "))
	}
	return Remote{}, errs.New(errs.NotFound, "there is no remote called %q", name).WithHint("there are: %s", strings.Join(names, ", "))
}

// close also remembers what was found damaged.
func (f *far) close() {
	f.memory.keep(f.objects)
	f.r.Close()
}
