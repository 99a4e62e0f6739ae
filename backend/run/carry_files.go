package run

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/seals"
)

// Files are artifacts of one owner that get their names together, when all of them are
// on disk. Syncing a thousand small files one by one would take minutes.
type Files struct {
	s     *Service
	ctx   context.Context
	root  *os.Root
	owner string
	temp  string
	names []string
	came  []seals.File
}

const fewFiles = 8 // up to here each is synced by itself

// CarryFiles begins to bring in artifacts of a run or logged model, also of a deleted one.
func (s *Service) CarryFiles(ctx context.Context, owner string) (*Files, error) {
	if err := checkID("run", owner); err != nil {
		return nil, err
	}
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return ownerFits(tx, owner, false) }); err != nil {
		return nil, err
	}
	if err := s.durable.home(s.Dir(owner)); err != nil {
		return nil, diskError(err)
	}
	root, err := os.OpenRoot(s.Dir(owner))
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "open the artifacts of %s", owner)
	}
	f := &Files{s: s, ctx: ctx, root: root, owner: owner, temp: path.Join(incomingDir, ref.NewID())}
	if err := root.MkdirAll(f.temp, 0o755); err != nil {
		root.Close()
		return nil, diskError(err)
	}
	return f, nil
}

// Put takes the content of one file.
func (f *Files) Put(name string, r io.Reader) (int64, error) {
	if err := checkPath(name); err != nil {
		return 0, err
	}
	at := path.Join(f.temp, strconv.Itoa(len(f.names)))
	w, err := f.root.OpenFile(at, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, diskError(err)
	}
	h := seals.NewHash()
	n, err := atomicfile.Copy(f.ctx, w, io.TeeReader(r, h), f.s.opts.MaxArtifact)
	if err == nil && len(f.names) < fewFiles {
		err = w.Sync()
	}
	if e := w.Close(); err == nil {
		err = e
	}
	if err != nil {
		return n, f.s.received(err)
	}
	f.names, f.came = append(f.names, name), append(f.came, seals.File{Name: name, Seal: h.Seal()})
	return n, nil
}

// Commit gives every file its name. What was there under it is replaced.
func (f *Files) Commit() error {
	if len(f.names) == 0 {
		return nil
	}
	dir := filepath.Join(f.s.Dir(f.owner))
	if err := f.s.seals.Came(f.root, f.came...); err != nil {
		return diskError(err)
	}
	if len(f.names) > fewFiles {
		if err := atomicfile.SyncAll(dir); err != nil {
			return diskError(err)
		}
	}
	folders := []string{"."}
	for i, name := range f.names {
		at := path.Join(artifactsDir, name)
		if err := f.root.MkdirAll(path.Dir(at), 0o755); err != nil {
			return blocked(err, f.owner, name)
		}
		if err := f.root.Rename(path.Join(f.temp, strconv.Itoa(i)), at); err != nil {
			return blocked(err, f.owner, name)
		}
		for up := path.Dir(at); up != "." && !slices.Contains(folders, up); up = path.Dir(up) {
			folders = append(folders, up)
		}
	}
	if err := f.keepNames(dir, folders); err != nil {
		return err
	}
	return diskError(f.s.seals.Placed(f.root, f.names...)) // on disk before the names, it would call what lay there damaged
}

func (f *Files) keepNames(dir string, folders []string) error {
	if len(f.names) > fewFiles {
		return errs.Wrap(errs.Unavailable, atomicfile.SyncAll(dir), "keep the artifacts of %s", f.owner)
	}
	for _, d := range folders {
		if err := atomicfile.SyncDirIn(f.root, d); err != nil {
			return diskError(err)
		}
	}
	return nil
}

// Close lets go of what has no name.
func (f *Files) Close() error {
	err := f.root.RemoveAll(f.temp)
	f.root.Close()
	return err
}
