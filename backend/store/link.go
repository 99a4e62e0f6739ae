package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// Link is how files of more than Small bytes get into the store and out of it. Those that
// are not copied become objects that are a file each.
type Link string

const (
	LinkCopy    Link = "copy"     // cut into chunks, which are copied
	LinkAuto    Link = "auto"     // cloned where the file system can, else copied
	LinkReflink Link = "reflink"  // cloned; where that cannot be, it is an error
	LinkHard    Link = "hardlink" // one file with two names, which is made read-only
)

// hard and clones say what is tried.
func (l Link) hard() bool   { return l == LinkHard }
func (l Link) clones() bool { return l == LinkAuto || l == LinkReflink }

// errCannot says that a file has to be copied after all.
var errCannot = errors.New("it cannot be linked")

// linker makes a person's files objects without copying them.
type linker struct {
	s      *Store
	how    Link
	began  time.Time   // when the reading began
	cannot atomic.Bool // the file system does not clone
}

func (s *Store) linker(how Link, began time.Time) *linker {
	if !how.hard() && !how.clones() {
		return nil
	}
	return &linker{s: s, how: how, began: began}
}

// wants reports whether a file is to be linked of which the memory says what is known. Of
// what is cloned it is a path's first content only: later versions share chunks.
func (l *linker) wants(known folder.Known) bool { return l != nil && (l.how.hard() || !known.OK) }

// linked is what became of a file.
type linked struct {
	digest ref.Digest
	size   int64
	now    Stamp // how the file looks, which a hard link changes
}

// take makes an open file an object. The caller sees whether it was written to meanwhile
// by now; errCannot asks for it to be copied.
func (l *linker) take(ctx context.Context, f *os.File, full string, was Stamp) (r linked, err error) {
	switch {
	case l == nil || was.Size <= Small || l.cannot.Load():
		return r, errCannot
	case l.how.hard():
		return l.hardlink(ctx, f, full, was)
	}
	if r, err = l.clone(ctx, f, full, was); !errors.Is(err, errors.ErrUnsupported) {
		return r, err
	}
	if l.how == LinkReflink {
		return r, errs.New(errs.Precondition, "%s cannot be cloned: its file system, or that of the project, has no reflinks", full).
			WithHint("write `link: auto` under data in rondo.yaml, or `link: hardlink`; btrfs, xfs and bcachefs have reflinks")
	}
	l.cannot.Store(true)
	return r, errCannot
}

// KeepOpen is what Take does with one file, which is open and of which the memory says
// what is known. It returns how the file looks then.
func (s *Store) KeepOpen(ctx context.Context, f *os.File, full string, was Stamp, known folder.Known, o Scan) (TreeFile, Stamp, error) {
	if known.OK && known.Stamp.Size > Small && s.sameAsWhole(known.Digest, was) {
		return TreeFile{}, was, spoiledError(full)
	}
	l := s.linker(o.Link, o.Began)
	if l.wants(known) {
		r, err := l.take(ctx, f, full, was)
		if !errors.Is(err, errCannot) {
			return TreeFile{Digest: r.digest, Size: r.size}, r.now, err
		}
	}
	d, n, err := s.putOpen(ctx, f, known.Digest)
	if err == nil {
		err = s.cutUpOne(ctx, l, known, d)
	}
	return TreeFile{Digest: d, Size: n}, was, err
}

// clone shares the file's blocks. The clone is made before the content is told, so that
// what is written to the file meanwhile changes the stamp and not the object; the
// file's own pages are read, which mostly are in memory still.
func (l *linker) clone(ctx context.Context, f *os.File, full string, was Stamp) (r linked, err error) {
	tmp, err := atomicfile.Create(filepath.Join(l.s.dir, "whole"), 0o444)
	if err != nil {
		return r, diskError(err)
	}
	defer tmp.Close()
	if err = fault.Check("clone"); err == nil {
		err = folder.Clone(tmp.File, f)
	}
	if err != nil {
		return r, diskError(err)
	}
	read := f
	if !was.Settled(l.began) {
		read = tmp.File
	}
	if r.digest, r.size, err = HashOpen(ctx, read); err != nil {
		return r, err
	}
	if r.now, err = steady(f, was, r.size, full); err != nil || l.s.there(r.digest) {
		return r, err
	}
	if l.s.damagedInPack(r.digest) {
		return r, errors.Join(again(f), errCannot)
	}
	fault.Point("store.cloned")
	return r, l.s.placeWhole(r.digest, tmp.CommitAs)
}

// again lets an open file be read from its beginning.
func again(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// steady returns how a file looks that was read, and refuses one that was written to meanwhile.
func steady(f *os.File, was Stamp, read int64, full string) (now Stamp, err error) {
	fi, err := f.Stat()
	if err != nil {
		return now, folder.Unreadable(full, err)
	}
	if now = StampOf(fi); read != was.Size || !unwritten(was, now) {
		return now, changed(full)
	}
	return now, nil
}

// there reports whether the object need not be stored.
func (s *Store) there(d ref.Digest) bool { return !s.doomed(d) && s.Has(d) }

// placeWhole makes a file of its own of an object, by a function that moves it to a path
// and makes it durable there.
func (s *Store) placeWhole(d ref.Digest, move func(path string) error) error {
	path := filepath.Join(s.dir, objectName(d))
	err := os.Mkdir(filepath.Dir(path), 0o755)
	if err == nil {
		err = atomicfile.SyncDir(s.dir)
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err == nil {
		err = move(path)
	}
	if err != nil {
		return diskError(err)
	}
	fault.Point("store.whole-kept")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acquitOne(d)
	return nil
}

// hardlink gives the file a second name, in the store, and takes the right to write to
// it. A file that may be executed is copied: its mode would be the object's too.
func (l *linker) hardlink(ctx context.Context, f *os.File, full string, was Stamp) (r linked, err error) {
	if was.Exec || !was.Settled(l.began) {
		return r, errCannot
	}
	if r.digest, r.size, err = HashOpen(ctx, f); err != nil {
		return r, err
	}
	if r.now, err = steady(f, was, r.size, full); err != nil || l.s.there(r.digest) {
		return r, err
	}
	err = errCannot
	if !l.s.damagedInPack(r.digest) {
		err = l.s.placeWhole(r.digest, func(path string) error { return linkTo(f, full, path, was) })
	}
	switch {
	case errors.Is(err, errCannot):
		err = errors.Join(again(f), err)
	case err == nil:
		r.now, err = steady(f, was, r.size, full)
	}
	return r, err
}

// linkTo gives the open file, which is expected at full, another name durably.
func linkTo(f *os.File, full, path string, was Stamp) error {
	tmp := filepath.Join(filepath.Dir(path), ".link.tmp"+ref.NewID())
	err := fault.Check("link")
	if err != nil {
		return err
	}
	if os.Link(full, tmp) != nil {
		return errCannot // another file system, one without links, somebody else's file, too many names
	}
	defer os.Remove(tmp) // which a rename to a name of the same file leaves
	here, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(tmp); err != nil || !os.SameFile(here, there) {
		return changed(full)
	}
	if f.Chmod(0o444) != nil {
		return errCannot
	}
	if err = fault.Check("sync"); err == nil {
		err = f.Sync()
	}
	if err == nil {
		_, err = steady(f, was, was.Size, full)
	}
	if err == nil {
		err = fault.Check("rename")
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, f.Chmod(here.Mode().Perm()))
	}
	fault.Point("store.linked")
	return atomicfile.SyncDir(filepath.Dir(path))
}

// sameAsWhole reports whether a file that looks like this is an object that is a file of
// its own: another name of it was made or taken away, which changes the time of the last
// change of all.
func (s *Store) sameAsWhole(d ref.Digest, now Stamp) bool {
	fi, err := os.Lstat(filepath.Join(s.dir, objectName(d)))
	return err == nil && now.Inode != 0 && StampOf(fi) == now
}

// damagedInPack reports whether what is known to be damaged lies in a pack, which is
// where its content is looked for first.
func (s *Store) damagedInPack(d ref.Digest) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, packed := s.packed.get(d)
	return packed && s.suspects.damaged[d]
}

func spoiledError(full string) error {
	return errs.New(errs.Conflict, "%s was changed in place, and it is one file with the copy that a snapshot keeps (link: hardlink): what it held is lost here", full).
		WithHint("give the dataset files of its own with `rondo data unprotect NAME`, then take the snapshot again; `rondo data repair` brings back what a remote has of the old content")
}

// changedInPlace explains a damaged object that has a name in the project too.
func (s *Store) changedInPlace(d ref.Digest, file string, f *os.File) error {
	fi, err := f.Stat()
	if err != nil || folder.Links(fi) < 2 {
		return nil
	}
	s.suspect(d)
	return errs.New(errs.Corrupt, "object %s in %s is damaged: it is one file with one of the project (link: hardlink), which was changed in place", d.Short(), filepath.ToSlash(file)).
		WithHint("keep the change with `rondo data unprotect NAME` and a new snapshot; `rondo data repair` brings the old content back from a remote or a teammate's copy")
}
