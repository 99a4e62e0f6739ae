package run

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unicode"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/index"
)

// File is a file or folder of a run's or logged model's artifacts.
type File struct {
	Path  string    `json:"path"` // slash-separated, under the artifact root
	Dir   bool      `json:"dir"`
	Size  int64     `json:"size"`
	MTime time.Time `json:"mtime"`
}

// Artifacts is a tree of files; owner is a run id, or m-… for a logged model.
// Every path goes through os.Root.

const (
	artifactsDir = "artifacts"
	incomingDir  = ".incoming" // beside the artifacts: files that are not whole yet
	maxPath      = 1024        // bytes
)

// checkPath keeps to names that are the same on every system, and inside.
func checkPath(name string) error {
	bad := func(why string) error {
		return errs.New(errs.Invalid, "Invalid path: %.200q %s", name, why).WithHint("use names below the artifact folder, with / between them")
	}
	switch {
	case len(name) > maxPath:
		return bad("is too long")
	case strings.ContainsFunc(name, unicode.IsControl):
		return bad("holds control characters")
	case strings.ContainsRune(name, '\\'):
		return bad("holds a backslash")
	case !fs.ValidPath(name) || name == ".":
		return bad("is not below the artifact folder")
	case len(name) > 1 && name[1] == ':':
		return bad("begins with a drive")
	}
	return nil
}

func isModelID(owner string) bool { return strings.HasPrefix(owner, modelPrefix) }

// folder opens the owner's folder; a missing one is NotFound unless it is to be made.
func (s *Service) folder(ctx context.Context, owner string, write bool) (*os.Root, error) {
	if err := checkID("run", owner); err != nil {
		return nil, err
	}
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return ownerFits(tx, owner, write) }); err != nil {
		return nil, err
	}
	if write {
		if err := s.durable.home(s.Dir(owner)); err != nil {
			return nil, diskError(err)
		}
	}
	root, err := os.OpenRoot(s.Dir(owner))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "%s has no artifacts", owner)
	}
	return root, errs.Wrap(errs.Unavailable, err, "open the artifacts of %s", owner)
}

func ownerFits(tx *index.Tx, owner string, write bool) error {
	if isModelID(owner) {
		_, err := modelByID(tx, owner)
		return err
	}
	if write {
		return activeRun(tx, owner)
	}
	_, err := stateOf(tx, owner)
	return err
}

func noFile(owner, name string) error {
	return errs.New(errs.NotFound, "No such artifact: '%.200s' of %s", name, owner)
}

// outside turns what os.Root refuses into what a person did.
func outside(err error, owner, name string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return noFile(owner, name)
	case strings.Contains(err.Error(), "escapes"):
		return errs.New(errs.Invalid, "Invalid path: %.200q leads out of the artifact folder", name)
	}
	return diskError(err)
}

func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return errs.New(errs.Unavailable, "the disk is full, so the artifact was not saved").WithHint("free some space and send it again").From(err)
	}
	return errs.Wrap(errs.Unavailable, err, "artifacts cannot be reached")
}

// ListArtifacts lists one folder; a missing one is empty.
func (s *Service) ListArtifacts(ctx context.Context, owner, name string) ([]File, error) {
	list := []File{}
	if name != "" {
		if err := checkPath(name); err != nil {
			return nil, err
		}
	}
	root, err := s.folder(ctx, owner, false)
	if errs.Is(err, errs.NotFound) && s.known(ctx, owner) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), path.Join(artifactsDir, name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return list, nil
	}
	if err != nil {
		return nil, outside(err, owner, name)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && (info.IsDir() || info.Mode().IsRegular()) { // nothing else is ever put there
			list = append(list, fileOf(path.Join(name, e.Name()), info))
		}
	}
	return list, nil
}

func (s *Service) known(ctx context.Context, owner string) bool {
	return s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return ownerFits(tx, owner, false) }) == nil
}

func fileOf(name string, info fs.FileInfo) File {
	f := File{Path: name, Dir: info.IsDir(), MTime: info.ModTime().UTC()}
	if !f.Dir {
		f.Size = info.Size()
	}
	return f
}

// OpenArtifact opens a file for reading; a missing one is NotFound, one that is damaged Corrupt. What
// is long is verified while it is read: seals.Found tells in the end.
func (s *Service) OpenArtifact(ctx context.Context, owner, name string) (io.ReadSeekCloser, File, error) {
	if err := checkPath(name); err != nil {
		return nil, File{}, err
	}
	root, err := s.folder(ctx, owner, false)
	if err != nil {
		return nil, File{}, err
	}
	defer root.Close()
	at := path.Join(artifactsDir, name)
	info, err := root.Stat(at)
	if err != nil {
		return nil, File{}, outside(err, owner, name)
	}
	if !info.Mode().IsRegular() { // a folder; or a pipe, which would block for ever
		return nil, File{}, noFile(owner, name)
	}
	f, err := s.seals.Open(root, artifactsDir, name)
	if errs.Is(err, errs.Corrupt) {
		return nil, File{}, errs.Wrap(errs.Corrupt, err, "artifact of %s", owner)
	}
	if err != nil {
		return nil, File{}, outside(err, owner, name)
	}
	return f.(io.ReadSeekCloser), fileOf(name, info), nil
}

// DeleteArtifact removes a file or folder.
func (s *Service) DeleteArtifact(ctx context.Context, owner, name string) error {
	if err := checkPath(name); err != nil {
		return err
	}
	root, err := s.folder(ctx, owner, false)
	if err != nil {
		return err
	}
	defer root.Close()
	at := path.Join(artifactsDir, name)
	if _, err := root.Lstat(at); err != nil {
		return outside(err, owner, name)
	}
	var blocked error
	err = s.seals.Remove(root, name, func() error {
		blocked = root.RemoveAll(at)
		return nil
	})
	switch {
	case err != nil:
		return diskError(err)
	case blocked != nil:
		return outside(blocked, owner, name)
	}
	return atomicfile.SyncDirIn(root, path.Dir(at))
}

// ArtifactDir returns the artifact folder of an owner for local reading.
func (s *Service) ArtifactDir(owner string) string { return filepath.Join(s.Dir(owner), artifactsDir) }
