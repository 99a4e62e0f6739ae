package dataset

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// note writes down that the remote has a snapshot, once all of it is there.
func (f *far) note(snap Snapshot, x *Exchanged) error {
	name := snap.ID + ".json"
	b, err := json.MarshalIndent(snap, "", "  ")
	if err != nil {
		return err
	}
	old, err := f.records.ReadFile(name)
	if err == nil && string(old) == string(b)+"\n" {
		return nil
	}
	if err != nil {
		x.New++
	}
	path := filepath.Join(f.records.Name(), name)
	return writeError(path, atomicfile.WriteFile(path, append(b, '\n'), 0o644))
}

const maxRemoteRecord = 1 << 20

// snapshots reads what the remote has of the datasets, oldest first. What comes from
// there is checked as what a person types.
func (f *far) snapshots(datasets []string) ([]Snapshot, error) {
	dir, err := f.records.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	slices.Sort(names) // ids sort by time
	var list []Snapshot
	for _, name := range names {
		id, ok := idOf(name)
		if !ok {
			continue
		}
		snap, err := f.read(name)
		if err != nil {
			return nil, err
		}
		snap.ID = id
		if len(datasets) == 0 || slices.Contains(datasets, snap.Dataset) {
			list = append(list, snap)
		}
	}
	return list, nil
}

func idOf(name string) (string, bool) {
	const suffix = ".json"
	if len(name) != 32+len(suffix) || name[32:] != suffix {
		return "", false
	}
	_, err := hex.DecodeString(name[:32])
	return name[:32], err == nil
}

func (f *far) read(name string) (snap Snapshot, err error) {
	file, err := f.records.Open(name)
	if err != nil {
		return snap, err
	}
	defer file.Close()
	err = json.NewDecoder(io.LimitReader(file, maxRemoteRecord)).Decode(&snap)
	if err == nil {
		err = checkName(snap.Dataset)
	}
	if err == nil && (snap.Number < 1 || snap.Tree.IsZero()) {
		err = errors.New("it names no content")
	}
	if err != nil {
		return snap, errs.New(errs.Corrupt, "%s of the remote %s is no snapshot: %w", name, f.Name, err).
			WithHint("push again from a project that has it, or remove the file")
	}
	return snap, nil
}
