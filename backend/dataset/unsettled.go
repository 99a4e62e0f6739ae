package dataset

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// unsettled is a note that a checkout is writing, or has written, what the disk need not
// have yet. docs/formats/unsettled.md describes it.
//
// What a checkout writes is in the store, so it need not be waited for as long as a stop of
// the machine in between is noticed. The order makes that sure:
//
//  1. The note is durable (its file is synced, renamed and its folder synced) before the
//     first name at the dataset's path is removed, moved or changed. What is staged before
//     that lies in .rondo/tmp and is nobody's.
//  2. The files are moved to their places, unsynced.
//  3. The pointer is written, and durable, as ever. Whoever asked is answered.
//  4. The whole file system is synced, by a descriptor from before step 2, which also hears
//     of what went wrong with writing in between.
//  5. The note is removed, and durably so.
//
// So at every moment of a power cut either nothing of the path was touched (before 1 ended,
// whether or not the note is there), or the note is there and names the dataset (from 2 to 4),
// or the files are on the disk (from 5 on, whether or not the note has gone). A note of another
// boot is therefore the only way in which files can be other than they were answered to be,
// and one too many costs a reading of the files. Of store and journal a checkout changes
// nothing. It is a device's own: to another device it says nothing of its disk.
type unsettled struct {
	Format  int        `json:"format"`
	Dataset string     `json:"dataset"`
	Path    string     `json:"path"`
	Folder  string     `json:"folder"` // the project's: copies of it share the device folder
	Number  int        `json:"number"` // of the snapshot
	Tree    ref.Digest `json:"tree"`   // of it
	Single  bool       `json:"single,omitempty"`
	Was     ref.Digest `json:"was,omitzero"` // tree of what lay there before; Zero where nothing did
	Boot    string     `json:"boot"`
	At      time.Time  `json:"at"`
	Stopped string     `json:"stopped,omitempty"` // in words, why the disk cannot be relied upon to have it
	ID      string     `json:"-"`                 // sorts by time
}

const (
	unsettledDir    = "unsettled"
	unsettledFormat = 1
	unsettledSuffix = ".json"
	maxUnsettled    = 64 << 10 // bytes
)

// Ref names the snapshot.
func (u *unsettled) Ref() string { return Ref(u.Dataset, u.Number) }

func (s *Service) unsettledAt(id string) string {
	return filepath.Join(s.opts.Device, unsettledDir, id+unsettledSuffix)
}

// keepUnsettled makes the note durable. Its folder may be new, and so may be the one that it is in.
func (s *Service) keepUnsettled(u *unsettled) error {
	b, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Join(s.opts.Device, unsettledDir)
	_, err = os.Stat(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := atomicfile.WriteFile(s.unsettledAt(u.ID), append(b, '\n'), 0o600); err != nil {
		return err
	}
	if !fresh {
		return nil
	}
	return errors.Join(atomicfile.SyncDir(s.opts.Device), atomicfile.SyncDir(filepath.Dir(s.opts.Device)))
}

// removeUnsettled removes the note durably. One that comes back is only one too many.
func (s *Service) removeUnsettled(id string) {
	err := os.Remove(s.unsettledAt(id))
	if err == nil {
		err = atomicfile.SyncDir(filepath.Join(s.opts.Device, unsettledDir))
	}
	if err != nil && !missing(err) {
		s.opts.Log.Warn("the note of a checkout that the disk has could not be removed; its files will be read once more", "err", err)
	}
}

// readUnsettled reads the notes that are there.
func (s *Service) readUnsettled() (list []*unsettled, err error) {
	dir := filepath.Join(s.opts.Device, unsettledDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		if missing(err) {
			err = nil
		}
		return nil, err
	}
	_, _ = atomicfile.RemoveAllAbandoned(dir, s.opts.Now())
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), unsettledSuffix)
		if !ok {
			continue
		}
		u, err := parseUnsettled(filepath.Join(dir, e.Name()))
		if err != nil {
			s.opts.Log.Warn("the note of a checkout cannot be read, so nothing is known of what the disk has of it: `rondo data status` compares the files",
				"file", e.Name(), "err", err)
			s.forgetLooks()
			continue
		}
		u.ID = id
		list = append(list, u)
	}
	return list, nil
}

func parseUnsettled(path string) (*unsettled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	u := &unsettled{}
	if err := json.NewDecoder(io.LimitReader(f, maxUnsettled)).Decode(u); err != nil {
		return nil, err
	}
	if u.Format != unsettledFormat || u.Dataset == "" || u.Path == "" || u.Tree.IsZero() {
		return nil, errs.New(errs.Corrupt, "it is of format %d and names dataset %q, path %q", u.Format, u.Dataset, u.Path)
	}
	return u, nil
}

// elsewhere reports whether the note is of another copy of the project, which shares this
// one's device folder and is still there.
func (s *Service) elsewhere(u *unsettled) bool {
	if u.Folder == s.opts.Dir {
		return false
	}
	_, err := os.Stat(filepath.Join(u.Folder, ".rondo"))
	return err == nil
}

// forgetLooks lets this device forget how files looked, all of it: a file of the right size
// and time may hold nothing.
func (s *Service) forgetLooks() {
	if err := os.RemoveAll(filepath.Join(s.opts.Device, "stat")); err != nil {
		s.opts.Log.Error("what is remembered of files could not be removed, and may be wrong; remove it by hand", "folder", filepath.Join(s.opts.Device, "stat"), "err", err)
	}
}
