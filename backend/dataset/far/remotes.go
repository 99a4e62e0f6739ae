// Package far is a remote as the snapshots of projects lie there: the names that this device gives to
// places, what makes a place a remote, the records of snapshots and their check, who is collecting, and
// what was found damaged. It takes a record for JSON; what a snapshot is and stands on is dataset's,
// how objects travel is store's, and how bytes reach a place is backend/remote's.
package far

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
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

// Remotes are the places that this device gives names. Its fields are set before its first use.
type Remotes struct {
	Project string // the folder of the project, in which no remote may lie
	Device  string // this device's folder
	Now     func() time.Time
	Log     *slog.Logger

	damage   sync.Mutex // held by who writes down what is damaged on a remote
	sweeping sync.Map   // address of a remote that is being collected here: the mark of its lock
}

// List returns them by name.
func (m *Remotes) List() ([]Remote, error) {
	b, err := os.ReadFile(filepath.Join(m.Device, remotesName))
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

// Set gives a place a name; an empty address takes the name away, and leaves the place alone.
func (m *Remotes) Set(r Remote) error {
	list, err := m.List()
	if err != nil {
		return err
	}
	all := map[string]string{}
	for _, old := range list {
		all[old.Name] = old.Address
	}
	if _, known := all[r.Name]; !known && r.Address == "" {
		return errs.New(errs.NotFound, "there is no remote called %q", r.Name).WithHint("`rondo data remote` lists them")
	}
	delete(all, r.Name)
	if r.Address != "" {
		if _, err := m.address(r.Address); err != nil {
			return err
		}
		all[r.Name] = r.Address
		if filepath.IsAbs(r.Address) {
			all[r.Name] = filepath.Clean(r.Address)
		}
		m.anew(all[r.Name])
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return errs.Unwritten(remotesName, atomicfile.WriteFile(filepath.Join(m.Device, remotesName), append(b, '\n'), 0o600))
}

// address refuses what is not, and must not become, a remote.
func (m *Remotes) address(text string) (remote.Address, error) {
	a, err := remote.ParseAddress(text)
	if err != nil || a.Kind != remote.KindFolder {
		return a, err
	}
	dir := a.Path
	if rel, err := filepath.Rel(m.Project, dir); err == nil && filepath.IsLocal(rel) {
		return a, errs.New(errs.Invalid, "%s lies in the project itself", dir).WithHint("choose a folder on another disk, or at least outside of the project")
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, nil
	case errors.Is(err, syscall.ENOTDIR):
		return a, errs.New(errs.Precondition, "%s is no folder, so that no remote can lie there", dir).WithHint("move away what lies there, or name another place: rondo data remote NAME FOLDER")
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

// Find returns a remote by name; the only one where the name is empty.
func (m *Remotes) Find(name string) (Remote, error) {
	list, err := m.List()
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

// Cache is where this device keeps the indexes of a remote's packs.
func (m *Remotes) Cache(address string) string {
	return filepath.Join(m.Device, "remotes", ref.Of([]byte(address)).String()[:16])
}

// Blame says which remote a failure is about.
func (r Remote) Blame(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return errs.New(errs.KindOf(err), "remote %s: %w", r.Name, err).WithHint("%s", errs.HintOf(err))
}

// noRemote says what a place is that holds something, by what its marker says.
func noRemote(address, marker string) error {
	var version int
	if _, err := fmt.Sscanf(marker, "rondo remote %d\n", &version); err == nil && version > 1 {
		return errs.New(errs.Conflict, "the remote at %s has format %d and this Rondo knows format 1", address, version).WithHint("get a newer Rondo")
	}
	return errs.New(errs.Conflict, "%s holds something else than a remote", address).WithHint("choose an empty place, or one that was a remote before")
}
