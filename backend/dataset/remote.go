package dataset

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/store"
)

// A remote is a folder that keeps snapshots for several projects or people: on another
// disk, or on a network drive. docs/formats/remotes.md describes it.
const (
	remoteFormat = "rondo remote 1\n"
	remotesName  = "remotes.json"
)

// Remote is a folder under a name that this device gives it.
type Remote struct {
	Name string `json:"name"`
	Path string `json:"path"`
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
		return nil, errs.New(errs.Invalid, "the list of remotes cannot be read: %w", err).WithHint("name them again: rondo data remote NAME FOLDER")
	}
	list := []Remote{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, Remote{name, all[name]})
	}
	return list, nil
}

// SetRemote gives a folder a name; an empty path takes the name away, and leaves the folder alone.
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
		all[old.Name] = old.Path
	}
	delete(all, r.Name)
	if r.Path != "" {
		if err := s.checkRemote(r.Path); err != nil {
			return err
		}
		all[r.Name] = filepath.Clean(r.Path)
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return writeError(remotesName, atomicfile.WriteFile(filepath.Join(s.opts.Device, remotesName), append(b, '\n'), 0o600))
}

// checkRemote refuses what is not, and must not become, a remote.
func (s *Service) checkRemote(dir string) error {
	if !filepath.IsAbs(dir) {
		return errs.New(errs.Invalid, "%q is no full path", dir).WithHint("give the folder from the root on")
	}
	if rel, err := filepath.Rel(s.opts.Dir, dir); err == nil && filepath.IsLocal(rel) {
		return errs.New(errs.Invalid, "%s lies in the project itself", dir).WithHint("choose a folder on another disk, or at least outside of the project")
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return errs.New(errs.Unavailable, "%s cannot be read: %w", dir, err).WithHint("see whether its disk is connected and whether you may read it")
	case len(entries) == 0:
		return nil
	}
	b, err := os.ReadFile(filepath.Join(dir, "format"))
	if err != nil || string(b) != remoteFormat {
		return errs.New(errs.Conflict, "%s holds something else than a remote", dir).WithHint("choose an empty folder, or one that was a remote before")
	}
	return nil
}

// far is an open remote.
type far struct {
	Remote
	objects *store.Store
	records *os.Root // a file for each snapshot
}

// remote opens a remote by name; the only one where the name is empty. A folder that is
// not there is made for pushing only: a disk that is not connected is not an empty remote.
func (s *Service) remote(name string, toPush bool) (*far, error) {
	r, err := s.findRemote(name)
	if err != nil {
		return nil, err
	}
	if err := s.checkRemote(r.Path); err != nil {
		return nil, err
	}
	format := filepath.Join(r.Path, "format")
	if _, err := os.Stat(format); err != nil {
		if !toPush {
			return nil, errs.New(errs.Precondition, "the remote %s is not there: %s holds nothing", r.Name, r.Path).
				WithHint("connect its disk; the first `rondo data push` makes it")
		}
		if _, err := os.Stat(filepath.Dir(r.Path)); err != nil {
			return nil, errs.New(errs.Precondition, "the remote %s cannot be made: %w", r.Name, err).WithHint("connect its disk, or make the folder around it")
		}
		if err := atomicfile.WriteFile(format, []byte(remoteFormat), 0o644); err != nil {
			return nil, writeError(r.Path, err)
		}
	}
	f := &far{Remote: r}
	dir := filepath.Join(r.Path, "snapshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, writeError(dir, err)
	}
	if f.objects, err = store.Beside(filepath.Join(r.Path, "objects")); err != nil {
		return nil, err
	}
	f.records, err = os.OpenRoot(dir)
	return f, err
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
		return Remote{}, errs.New(errs.NotFound, "this project has no remote yet").WithHint("name one: rondo data remote NAME FOLDER")
	}
	return Remote{}, errs.New(errs.NotFound, "there is no remote called %q", name).WithHint("there are: %s", strings.Join(names, ", "))
}

func (f *far) close() { f.records.Close() }
